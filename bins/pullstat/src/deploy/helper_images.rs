//! The small images that helpers stand on, where others than the usual are wanted.

use pullstudy_image::Reference;

/// What has a shell.
#[derive(Debug, clap::Args)]
pub(super) struct ToolsImage {
    /// An image with a static busybox at /bin/busybox
    #[arg(long, value_name = "REFERENCE")]
    tools_image: Option<Reference>,
}

impl ToolsImage {
    /// Takes the image that was asked for, if one was.
    pub(super) fn replace(&self, image: &mut Reference) {
        if let Some(wanted) = &self.tools_image {
            image.clone_from(wanted);
        }
    }
}

/// What a pod has when its work is done.
#[derive(Debug, clap::Args)]
pub(super) struct PauseImage {
    /// What keeps the pods there
    #[arg(long, value_name = "REFERENCE")]
    pause_image: Option<Reference>,
}

impl PauseImage {
    /// Takes the image that was asked for, if one was.
    pub(super) fn replace(&self, image: &mut Reference) {
        if let Some(wanted) = &self.pause_image {
            image.clone_from(wanted);
        }
    }
}
