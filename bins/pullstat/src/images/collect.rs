//! Which images of an archive are looked at: arguments that commands share.

use std::path::PathBuf;

use pullstudy_console::{UsageError, in_words, working};
use pullstudy_image::{Archive, ArchiveError, Platform, StepsWanted};
use pullstudy_survey::{Collection, CollectionOptions, ImageChoice};

/// An archive, and which of its images count.
#[derive(Debug, clap::Args)]
pub(crate) struct CollectArgs {
    /// A folder of manifests: of `pullstat manifests fetch`, or of the published study
    dir: PathBuf,
    /// What counts as an image
    #[arg(long, value_enum, default_value_t)]
    method: Method,
    /// Count one image a repository: `latest`, else the first
    #[arg(long)]
    one_per_repository: bool,
    /// Count only images that run there, such as linux/amd64
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<Platform>,
}

/// Whose rules say what is an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Method {
    /// Every manifest of an image; indexes are followed where their images are there
    #[default]
    Corrected,
    /// As in the published study: manifests with a media type, of tags with a config; no indexes
    Published,
}

impl CollectArgs {
    /// Reads the images that count, and says on standard error where the archive is not whole.
    pub(crate) fn read(&self, steps: StepsWanted) -> anyhow::Result<Collection> {
        working(format_args!("reading {}", self.dir.display()));
        let archive = Archive::open(&self.dir).map_err(|error| usage(&error))?;
        let mut options = CollectionOptions::default();
        options.method = self.method.into();
        options.platform = self.platform.clone();
        options.steps = steps;
        if self.one_per_repository {
            options.choice = ImageChoice::OnePerRepository;
        }
        Ok(Collection::read(&archive, &options))
    }

    pub(crate) fn method(&self) -> Method {
        self.method
    }

    pub(crate) fn one_per_repository(&self) -> bool {
        self.one_per_repository
    }
}

/// A folder that is not there, or holds no archive, is not what was meant.
fn usage(error: &ArchiveError) -> UsageError {
    let words = in_words(error);
    UsageError(match error {
        ArchiveError::NoArchive { .. } => {
            format!("{words}: pullstat manifests fetch makes one from references of images")
        }
        _ => words,
    })
}

impl Method {
    /// Returns the word of the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Corrected => "corrected",
            Self::Published => "published",
        }
    }
}

impl From<Method> for pullstudy_survey::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Corrected => Self::Corrected,
            Method::Published => Self::Published,
        }
    }
}
