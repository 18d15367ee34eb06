//! Where the snapshotter comes from.

use std::path::{Path, PathBuf};

use k8s_openapi::api::core::v1 as core;
use pullstudy_image::Reference;

use super::super::error::DeployError;
use super::super::names::host_path;
use super::super::pods::{self, TOOLS, TOOLS_VOLUME};
use super::STAGE;

const SCRIPT: &str = include_str!("fetch.sh");
const PROGRAM: &str = "soci-snapshotter-grpc";

/// Where the program `soci-snapshotter-grpc` comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SociSource {
    /// A release: a `tar.gz` that holds it, or itself. It is for one architecture.
    Url {
        /// `https://…`.
        url: String,
        /// What was downloaded must have this SHA-256.
        sha256: String,
    },
    /// An image that holds it. Images for several architectures work on all of them.
    Image {
        /// The image.
        image: Reference,
        /// Where it lies in the image.
        path: PathBuf,
    },
}

impl SociSource {
    /// The containers that put the program into the stage.
    pub(super) fn containers(
        &self,
        tools: &Reference,
    ) -> Result<Vec<core::Container>, DeployError> {
        match self {
            Self::Url { url, sha256 } => Ok(vec![download(url, sha256, tools)?]),
            Self::Image { image, path } => {
                Ok(vec![pods::tools(tools, &["cp"]), copy(image, path)?])
            }
        }
    }
}

fn download(url: &str, sha256: &str, tools: &Reference) -> Result<core::Container, DeployError> {
    let printable = |byte: u8| byte.is_ascii_graphic() && !b"\"'`\\".contains(&byte);
    let rest = url.strip_prefix("https://");
    if !rest.is_some_and(|rest| rest.contains('/') && rest.bytes().all(printable)) {
        let text = url.to_owned();
        return Err(DeployError::DownloadUrl { text });
    }
    if sha256.len() != 64 || !sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let text = sha256.to_owned();
        return Err(DeployError::Sha256 { text });
    }
    let command = pods::words(&["sh", "-c", SCRIPT, "fetch", url]);
    Ok(core::Container {
        env: Some(vec![
            pods::env("SHA256", &sha256.to_ascii_lowercase()),
            pods::env("STAGE", STAGE),
        ]),
        ..staged(pods::container("fetch", tools, command))
    })
}

fn copy(image: &Reference, path: &Path) -> Result<core::Container, DeployError> {
    let path = host_path("the snapshotter in the image", path)?;
    let command = [format!("{TOOLS}/cp"), path, format!("{STAGE}/{PROGRAM}")];
    Ok(staged(pods::container("fetch", image, command.into())))
}

/// Lets a container write to the stage, with the tools at hand.
fn staged(container: core::Container) -> core::Container {
    core::Container {
        volume_mounts: Some(vec![
            pods::mount(TOOLS_VOLUME, TOOLS, true),
            pods::mount("stage", STAGE, false),
        ]),
        ..container
    }
}
