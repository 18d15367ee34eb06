//! What is fetched, how fast, and how far it has come.

use std::num::NonZeroUsize;

use super::FetchedTag;
use crate::Platforms;

/// How manifests are fetched.
///
/// # Examples
///
/// ```
/// use pullstudy_registry::{FetchOptions, Platforms};
///
/// let mut options = FetchOptions::default();
/// assert_eq!(options.platforms, Platforms::All);
/// options.requests_per_second = Some(2.5);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FetchOptions {
    /// Which images of an index are fetched. Default: all of them.
    pub platforms: Platforms,
    /// Whether all tags of each reference's repository are meant, whatever its own. Default: no.
    pub all_tags: bool,
    /// Whether tags that the archive has are asked for again, since they may have moved. Default: no.
    pub refresh: bool,
    /// How many requests a registry gets in a second, at most; the client's own tries again come on top. Default: no limit.
    pub requests_per_second: Option<f64>,
    /// How many tags are fetched at once. Default: 4.
    pub tags_at_once: NonZeroUsize,
    /// The time that is recorded with what is fetched, in seconds since 1970. Default: none.
    pub asked_at_unix_seconds: Option<u64>,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            platforms: Platforms::All,
            all_tags: false,
            refresh: false,
            requests_per_second: None,
            tags_at_once: NonZeroUsize::new(4).expect("four is not zero"),
            asked_at_unix_seconds: None,
        }
    }
}

/// How far fetching has come.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum FetchProgress<'a> {
    /// It starts with this many tags; with `all_tags`, this many repositories.
    Planned {
        /// How many.
        tags: usize,
    },
    /// A registry listed the tags of a repository.
    Listed {
        /// Registry and repository.
        repository: &'a str,
        /// How many of the planned were counted for it.
        instead_of: usize,
        /// How many tags it has.
        tags: usize,
    },
    /// A request was sent.
    Requested,
    /// A tag is done.
    Tag(&'a FetchedTag),
}
