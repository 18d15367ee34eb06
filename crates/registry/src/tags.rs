//! The tags of a repository.

use std::collections::HashSet;

use pullstudy_image::Reference;
use serde::Deserialize;

use crate::whole::{Place, WholeError};
use crate::{Client, TransportError};

/// Tags a page. Registries that give fewer say so; 1000 is the most that some take.
const PAGE_TAGS: usize = 1000;

/// Registries that cut pages short without a word do it at a round number.
const ROUND: usize = 50;

/// Registries that know no pages send everything at once: 100,000 tags or more.
const MAX_PAGE_BYTES: usize = 16 << 20;

/// What all tags of a repository may take: some half a million of them.
const MAX_NAMES_BYTES: usize = 16 << 20;

/// A registry that gives one tag a page could go on for ever.
const MAX_PAGES: usize = 5_000;

/// So many pages in a row without anything new end the list.
const FRUITLESS_PAGES: usize = 3;

/// How many near tags are worth naming.
const NEAR_TAGS: usize = 3;

/// Tags are no longer (distribution-spec 1.1, "Pulling manifests"); what is need not be compared.
const MAX_TAG_CHARS: usize = 128;

/// Why the tags of a repository could not be listed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListTagsError {
    /// The registry could not be reached, or answered with a failure.
    #[error("failed to list the tags of {repository}")]
    Transport {
        /// Registry and repository.
        repository: String,
        /// The cause.
        source: TransportError,
    },
    /// The registry has no such repository.
    #[error("{repository} does not exist; check its name")]
    NotFound {
        /// Registry and repository.
        repository: String,
    },
    /// The answer is no list of tags.
    #[error("the registry gave no list of tags for {repository}")]
    Parse {
        /// Registry and repository.
        repository: String,
        /// What the JSON reader stumbled on.
        source: serde_json::Error,
    },
    /// The list has no end, or none that memory would see.
    #[error(
        "{repository} lists more tags than are believed: {pages} pages, {bytes} bytes of names"
    )]
    Endless {
        /// Registry and repository.
        repository: String,
        /// Pages read.
        pages: usize,
        /// What the names read so far take.
        bytes: usize,
    },
}

impl ListTagsError {
    /// Tells whether a second try may succeed.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Transport { source, .. } if source.is_retryable())
    }
}

/// A page of the list. `tags` is null where there are none (distribution 2.8).
#[derive(Deserialize)]
struct Page {
    tags: Option<Vec<String>>,
}

/// All tags so far.
#[derive(Default)]
struct Listing {
    tags: Vec<String>,
    known: HashSet<String>,
    bytes: usize,
    pages: usize,
    places: HashSet<Place>,
    fruitless: usize,
}

impl Client {
    /// Lists the tags of the reference's repository, each once and in the registry's order. Its own tag does not matter.
    ///
    /// Follows pages by the registry's `Link`. Where it gives none but the page looks cut short, the next page is asked
    /// for by `last`. Registries that ignore pages, repeat them, or refuse to be asked for a number of tags are coped
    /// with; a page on another host is asked for without credentials. Nothing says that a tag is one this crate would
    /// write: what the registry lists is returned.
    ///
    /// # Errors
    ///
    /// [`ListTagsError`]; [`ListTagsError::Endless`] where a registry does not come to an end.
    pub async fn tags(&self, reference: &Reference) -> Result<Vec<String>, ListTagsError> {
        let mut listing = Listing::default();
        let mut place = Some(Place::Path(format!("tags/list?n={PAGE_TAGS}")));
        while let Some(current) = place {
            listing.places.insert(current.clone());
            if listing.pages >= MAX_PAGES || listing.bytes > MAX_NAMES_BYTES {
                return Err(ListTagsError::Endless {
                    repository: reference.name(),
                    pages: listing.pages,
                    bytes: listing.bytes,
                });
            }
            place = self.tags_page(reference, &current, &mut listing).await?;
        }
        Ok(listing.tags)
    }

    /// Adds a page to the list and returns where it goes on.
    async fn tags_page(
        &self,
        reference: &Reference,
        place: &Place,
        listing: &mut Listing,
    ) -> Result<Option<Place>, ListTagsError> {
        let answer = self
            .whole(reference, place, "application/json", MAX_PAGE_BYTES)
            .await;
        let answer = match answer {
            Err(WholeError::Transport(error)) if listing.refused_number(&error) => {
                return Ok(Some(Place::Path("tags/list".to_owned())));
            }
            answer => answer.map_err(|error| failed(reference, error))?,
        };
        listing.pages += 1;
        listing.places.insert(answer.place());
        let page: Page =
            serde_json::from_slice(&answer.body).map_err(|source| ListTagsError::Parse {
                repository: reference.name(),
                source,
            })?;
        let tags = page.tags.unwrap_or_default();
        let (count, last) = (tags.len(), tags.last().cloned());
        let fresh = listing.add(tags);
        let next = answer.next().or_else(|| unannounced(count, fresh, last));
        Ok(next.filter(|next| listing.goes_on_at(next)))
    }

    /// Finds the tags of the reference's repository that are nearest to the reference's own, for an error that says
    /// that it is not there. At most three, the nearest first; none where the tags cannot be listed.
    pub async fn near_tags(&self, reference: &Reference) -> Vec<String> {
        let tags = self.tags(reference).await.unwrap_or_default();
        near_tags(reference.tag_or_latest(), &tags)
    }
}

impl Listing {
    /// Adds the tags that are new, and returns how many.
    fn add(&mut self, tags: Vec<String>) -> usize {
        let before = self.tags.len();
        for tag in tags {
            if self.known.insert(tag.clone()) {
                // The name stands in the list and in the set.
                self.bytes += 2 * (tag.len() + size_of::<String>());
                self.tags.push(tag);
            }
        }
        let fresh = self.tags.len() - before;
        self.fruitless = if fresh == 0 { self.fruitless + 1 } else { 0 };
        fresh
    }

    /// A page that was read already leads in a circle.
    fn goes_on_at(&self, next: &Place) -> bool {
        self.fruitless < FRUITLESS_PAGES && !self.places.contains(next)
    }

    /// Tells whether the registry refuses the number of tags in the first request.
    fn refused_number(&self, error: &TransportError) -> bool {
        let refused = matches!(
            error,
            TransportError::Status {
                status: 400 | 406 | 413 | 416 | 422,
                ..
            }
        );
        refused && self.pages == 0 && self.places.len() == 1
    }
}

/// Where the list may go on though the registry does not say so. Asking costs one request, and ends with nothing new
/// where the registry ignores `last` or has no more.
fn unannounced(count: usize, fresh: usize, last: Option<String>) -> Option<Place> {
    let looks_cut = count <= PAGE_TAGS && count.is_multiple_of(ROUND);
    let plain = |tag: &String| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        tag.bytes().all(plain)
    };
    let last = last.filter(plain)?;
    let path = format!("tags/list?n={PAGE_TAGS}&last={last}");
    (fresh > 0 && looks_cut).then_some(Place::Path(path))
}

fn failed(reference: &Reference, error: WholeError) -> ListTagsError {
    let repository = reference.name();
    match error {
        WholeError::Transport(source) if source.is_not_found() => {
            ListTagsError::NotFound { repository }
        }
        WholeError::Transport(source) => ListTagsError::Transport { repository, source },
        WholeError::TooLarge => ListTagsError::Endless {
            repository,
            pages: 1,
            bytes: MAX_PAGE_BYTES,
        },
    }
}

/// Returns the tags that `tag` may have been meant to be, the nearest first; at most three.
///
/// Near is what a slip of the finger or two away is, or begins with the other.
///
/// # Examples
///
/// ```
/// let tags = ["latest", "1.36.1", "1.37"].map(str::to_owned);
/// assert_eq!(pullstudy_registry::near_tags("lastest", &tags), ["latest"]);
/// assert_eq!(pullstudy_registry::near_tags("1.36", &tags), ["1.37", "1.36.1"]);
/// assert!(pullstudy_registry::near_tags("jammy", &tags).is_empty());
/// ```
pub fn near_tags(tag: &str, tags: &[String]) -> Vec<String> {
    let short = tags.iter().filter(|other| other.len() <= MAX_TAG_CHARS);
    let mut near: Vec<_> = short
        .filter_map(|other| Some((distance(tag, other)?, other)))
        .collect();
    near.sort();
    near.truncate(NEAR_TAGS);
    near.into_iter().map(|(_, tag)| tag.clone()).collect()
}

/// The number of slips between two tags, if they are few.
fn distance(wanted: &str, tag: &str) -> Option<usize> {
    let (wanted, tag) = (wanted.to_ascii_lowercase(), tag.to_ascii_lowercase());
    let slips = strsim::osa_distance(&wanted, &tag);
    let begins = tag.starts_with(&wanted) || (wanted.starts_with(&tag) && tag.len() > 1);
    // Less than all of it: `2` is no slip of `1`.
    let few = wanted.chars().count().div_ceil(3);
    let few = few.min(tag.chars().count().saturating_sub(1));
    match slips {
        slips if slips <= few => Some(slips),
        slips if begins => Some(slips.max(few + 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(tag: &str, tags: &[&str]) -> Vec<String> {
        let tags: Vec<_> = tags.iter().map(|&tag| tag.to_owned()).collect();
        near_tags(tag, &tags)
    }

    #[test]
    fn the_nearest_tags_come_first_and_the_far_ones_not_at_all() {
        let tags = [
            "latest",
            "1.36",
            "1.36.1",
            "1.35",
            "v1.36",
            "musl",
            "1.36-musl",
        ];
        assert_eq!(near("1.63", &tags)[0], "1.36");
        assert_eq!(near("LATEST", &tags), ["latest"]);
        assert_eq!(near("1.36-mulc", &tags)[0], "1.36-musl");
        assert_eq!(near("edge", &tags), [""; 0]);
        assert_eq!(near("", &["a"]), ["a"]);
        assert_eq!(near("x", &[]), [""; 0]);
        assert_eq!(near("2", &["1", "3"]), [""; 0]);
        let long = "x".repeat(100_000);
        assert_eq!(near("xx", &[&long]), [""; 0]);
    }

    #[test]
    fn a_page_of_a_round_number_may_be_cut_short() {
        let next = |count, last: &str| unannounced(count, 1, Some(last.to_owned()));
        let path = Place::Path("tags/list?n=1000&last=v1.0".to_owned());
        assert_eq!(next(100, "v1.0"), Some(path.clone()));
        assert_eq!(next(1000, "v1.0"), Some(path));
        for (count, last) in [(99, "v1.0"), (5000, "v1.0"), (100, "a&n=0")] {
            assert_eq!(next(count, last), None, "{count} {last}");
        }
        assert_eq!(unannounced(100, 0, Some("a".to_owned())), None);
        assert_eq!(unannounced(0, 0, None), None);
    }
}
