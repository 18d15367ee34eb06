//! Manifests and configs of many tags, fetched into an archive.

mod ask;
mod options;
mod outcome;
mod pace;
mod tag;

use std::collections::{HashMap, HashSet};
use std::pin::pin;
use std::sync::Arc;

use futures_util::future::{BoxFuture, ready};
use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt, TryStreamExt};
use pullstudy_image::{ArchiveWriter, MissingPart, Reference, RepositoryWriter, WriteArchiveError};

pub use options::{FetchOptions, FetchProgress};
pub use outcome::{FetchOutcome, FetchedTag};

use crate::{Client, ListTagsError};
use ask::Asker;
use tag::TagFetch;

/// Why fetching had to stop. What was fetched before is in the archive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchManifestsError {
    /// The archive cannot be written.
    #[error("failed to fetch manifests of {repository}")]
    Archive {
        /// Registry and repository.
        repository: String,
        /// The cause.
        source: WriteArchiveError,
    },
}

/// What is asked for of one repository.
struct Wish {
    /// Names the repository.
    reference: Reference,
    /// The references as they were given; with tags, digests or neither.
    wanted: Vec<Reference>,
}

/// A repository that is being fetched.
pub(crate) struct Repository {
    pub(crate) reference: Reference,
    pub(crate) writer: RepositoryWriter,
    /// One task at a time fetches a document that several tags share.
    pub(crate) turns: pace::Turns,
    /// The registry's tags, once they are known.
    pub(crate) tags: tokio::sync::OnceCell<Vec<String>>,
}

impl Repository {
    pub(crate) fn failed(&self, source: WriteArchiveError) -> FetchManifestsError {
        let repository = self.reference.name();
        FetchManifestsError::Archive { repository, source }
    }
}

impl Client {
    /// Fetches manifests and configs of tags into an archive, and returns a row a tag, in the order of the repositories.
    ///
    /// Of an index, every platform that the options want is followed, through indexes in it, too. What the archive has
    /// is not asked for again, so a run that was cut short is taken up by running it again. A tag that cannot be had
    /// ends as a row that says why, and so it is recorded in the archive.
    ///
    /// A reference means its digest, or its tag (`latest` where it has none); with
    /// [`all_tags`](FetchOptions::all_tags), every tag of its repository. Once a registry is out of reach, or refuses
    /// everything for a while, it is left alone.
    ///
    /// # Errors
    ///
    /// [`FetchManifestsError`] when the archive cannot be written, and for nothing else.
    pub async fn fetch_manifests(
        &self,
        references: &[Reference],
        archive: &ArchiveWriter,
        options: &FetchOptions,
        progress: &(dyn Fn(FetchProgress<'_>) + Sync),
    ) -> Result<Vec<FetchedTag>, FetchManifestsError> {
        let asker = Asker::new(self, options, progress);
        let (asker, wishes) = (&asker, wishes(references));
        progress(FetchProgress::Planned {
            tags: wishes.iter().map(|wish| wish.wanted.len()).sum(),
        });
        let mut running = Running::new(asker);
        for wish in wishes {
            let jobs = running.beside(asker.open(wish, archive)).await??;
            for job in jobs {
                running.start(job).await?;
            }
        }
        running.finish().await
    }
}

/// What is still to be done for a row.
enum Job {
    Tag(Arc<Repository>, Reference),
    /// Nothing: there is no list of tags, or what it lists is no tag.
    Done(Box<FetchedTag>),
}

type Jobs = Result<Vec<Job>, FetchManifestsError>;

/// Tags that are being fetched, and the rows of those before them.
struct Running<'a> {
    asker: &'a Asker<'a>,
    tags: FuturesOrdered<BoxFuture<'a, Result<FetchedTag, FetchManifestsError>>>,
    rows: Vec<FetchedTag>,
}

impl<'a> Running<'a> {
    fn new(asker: &'a Asker<'a>) -> Self {
        Self {
            asker,
            tags: FuturesOrdered::new(),
            rows: Vec::new(),
        }
    }

    /// Starts a job as soon as there is room for it.
    async fn start(&mut self, job: Job) -> Result<(), FetchManifestsError> {
        while self.tags.len() >= self.asker.options.tags_at_once.get() {
            self.advance().await?;
        }
        let asker = self.asker;
        self.tags.push_back(match job {
            Job::Done(row) => ready(Ok(*row)).boxed(),
            Job::Tag(repository, wanted) => TagFetch::new(repository, wanted).run(asker).boxed(),
        });
        Ok(())
    }

    /// Waits for something else without letting the tags rest.
    async fn beside<T>(
        &mut self,
        other: impl Future<Output = T>,
    ) -> Result<T, FetchManifestsError> {
        let mut other = pin!(other);
        loop {
            tokio::select! {
                result = &mut other => return Ok(result),
                advanced = self.advance(), if !self.tags.is_empty() => advanced?,
            }
        }
    }

    async fn advance(&mut self) -> Result<(), FetchManifestsError> {
        if let Some(row) = self.tags.try_next().await? {
            (self.asker.progress)(FetchProgress::Tag(&row));
            self.rows.push(row);
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<Vec<FetchedTag>, FetchManifestsError> {
        while !self.tags.is_empty() {
            self.advance().await?;
        }
        Ok(self.rows)
    }
}

/// Groups references by repository, in the order in which repositories first appear, without repetitions.
fn wishes(references: &[Reference]) -> Vec<Wish> {
    let mut wishes: Vec<Wish> = Vec::new();
    let mut positions: HashMap<String, usize> = HashMap::new();
    let mut known = HashSet::new();
    for reference in references
        .iter()
        .filter(|reference| known.insert(*reference))
    {
        let position = *positions.entry(reference.name()).or_insert(wishes.len());
        if position == wishes.len() {
            wishes.push(Wish {
                reference: reference.clone(),
                wanted: Vec::new(),
            });
        }
        wishes[position].wanted.push(reference.clone());
    }
    wishes
}

impl Asker<'_> {
    /// Opens a repository's folder and finds its tags.
    async fn open(&self, wish: Wish, archive: &ArchiveWriter) -> Jobs {
        let writer = archive.repository(&wish.reference);
        let writer = writer.map_err(|source| FetchManifestsError::Archive {
            repository: wish.reference.name(),
            source,
        })?;
        let repository = Arc::new(Repository {
            reference: wish.reference,
            writer,
            turns: pace::Turns::default(),
            tags: tokio::sync::OnceCell::new(),
        });
        let jobs = if self.options.all_tags {
            self.all_tags(&repository, &wish.wanted).await?
        } else {
            jobs(&repository, wish.wanted)
        };
        Ok(jobs)
    }

    async fn all_tags(&self, repository: &Arc<Repository>, wanted: &[Reference]) -> Jobs {
        let reference = &repository.reference;
        let asked_at = self.options.asked_at_unix_seconds;
        let listed = match self.admitted(reference.registry()).await {
            Ok(()) => self.client.tags(reference).await.map_err(|error| {
                if let ListTagsError::Transport { source, .. } = &error {
                    self.note(source);
                }
                outcome::no_list(&error)
            }),
            Err(missing) => Err(missing.into_part(MissingPart::Tags)),
        };
        match listed {
            Ok(tags) => {
                let stored = repository.writer.put_tags(&tags, asked_at);
                stored.map_err(|source| repository.failed(source))?;
                (self.progress)(FetchProgress::Listed {
                    repository: &reference.name(),
                    instead_of: wanted.len(),
                    tags: tags.len(),
                });
                Ok(tagged(repository, &tags))
            }
            Err(missing) => {
                let stored = repository
                    .writer
                    .put_missing_tags(missing.clone(), asked_at);
                stored.map_err(|source| repository.failed(source))?;
                let row = FetchedTag::without_tags(reference, missing);
                Ok(vec![Job::Done(Box::new(row))])
            }
        }
    }
}

fn jobs(repository: &Arc<Repository>, wanted: Vec<Reference>) -> Vec<Job> {
    let fetch = |wanted| Job::Tag(Arc::clone(repository), wanted);
    wanted.into_iter().map(fetch).collect()
}

/// Jobs for tags as the registry listed them; one that is no tag ends as a row, too.
fn tagged(repository: &Arc<Repository>, tags: &[String]) -> Vec<Job> {
    let _ = repository.tags.set(tags.to_vec());
    let job = |tag: &String| match repository.reference.with_tag(tag) {
        Ok(reference) => Job::Tag(Arc::clone(repository), reference),
        Err(error) => Job::Done(Box::new(FetchedTag::no_tag(
            &repository.reference,
            tag,
            &error,
        ))),
    };
    tags.iter().map(job).collect()
}
