//! Tags of repositories, and where the list of them ends early.

use super::Distribution;
use crate::{CollectedRepository, Collection};

/// How many tags repositories have. These are tags, not images: some stand for several images, some for none.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TagCounts {
    /// Tags a repository, as the archive has them; nothing where there is no repository.
    pub per_repository: Option<Distribution>,
    /// Repositories of which the published crawl listed 500, its most: they may have any number more.
    pub capped: Vec<String>,
    /// Repositories whose tags the registry did not list, with the reason.
    pub unlisted: Vec<String>,
}

/// The published crawl listed no more tags than this of a repository.
///
/// # Source
///
/// The study's own files: no list is longer, and many are exactly so long.
const PUBLISHED_CAP: usize = 500;

impl TagCounts {
    pub(super) fn of(collection: &Collection) -> Self {
        let repositories = collection.repositories();
        let counts = repositories.iter().map(|repository| repository.tags as u64);
        let capped = repositories
            .iter()
            .filter(|repository| is_capped(repository));
        let unlisted = repositories.iter().filter_map(|repository| {
            let reason = repository.missing_tags.as_ref()?;
            Some(format!("{}: {reason}", repository.name))
        });
        Self {
            per_repository: Distribution::of(counts),
            capped: capped
                .map(|repository| repository.name.to_string())
                .collect(),
            unlisted: unlisted.collect(),
        }
    }
}

fn is_capped(repository: &CollectedRepository) -> bool {
    repository.is_published && repository.listed_tags >= PUBLISHED_CAP
}
