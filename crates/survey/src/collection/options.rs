//! Which images of an archive are looked at.

use std::num::NonZeroUsize;

use pullstudy_image::{Platform, StepsWanted};

/// What is taken of an archive.
///
/// # Examples
///
/// ```
/// use pullstudy_survey::{CollectionOptions, ImageChoice, Method};
///
/// let options = CollectionOptions::default();
/// assert_eq!(options.method, Method::Corrected);
/// assert_eq!(options.choice, ImageChoice::All);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CollectionOptions {
    /// What counts as an image.
    pub method: Method,
    /// Which of a repository's images count.
    pub choice: ImageChoice,
    /// If given, only images that run there.
    pub platform: Option<Platform>,
    /// Whether the commands that built the images are kept. They are needed for [`Basis::Command`](super::Basis::Command)
    /// and to say where empty layers come from, and take as much memory as all else.
    pub steps: StepsWanted,
    /// How many threads read; the processor's own number by default.
    pub threads: NonZeroUsize,
}

/// Whose rules say what is an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// Every manifest of schema 2 that describes an image, with or without a media type or a config; indexes are followed
    /// where the archive has what they list.
    #[default]
    Corrected,
    /// As in the published study: manifests with a media type, of tags that have a config. Indexes are not followed.
    Published,
}

/// Which of a repository's images count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageChoice {
    /// Every image of every tag.
    #[default]
    All,
    /// One image a repository: of the tag `latest` if it counts, else of the first tag that does. Of an image for several
    /// platforms it is the one for linux/amd64, else the first.
    OnePerRepository,
}

impl Default for CollectionOptions {
    fn default() -> Self {
        let processors = std::thread::available_parallelism();
        Self {
            method: Method::default(),
            choice: ImageChoice::default(),
            platform: None,
            steps: StepsWanted::default(),
            threads: processors.unwrap_or(NonZeroUsize::MIN),
        }
    }
}
