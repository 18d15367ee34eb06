//! Practices over many files, with and without the owner that has most of them.

use std::collections::{BTreeMap, BTreeSet};

use pullstudy_image::Reference;

use super::base::{BaseImage, BaseMeaning, is_official};
use super::facts::DockerfileFacts;
use super::find::FoundDockerfiles;
use super::practice::Practice;
use super::read::{DockerfileReport, ReadDockerfiles, read_all};
use super::unread::UnreadReason;

/// Dockerfiles, read.
#[derive(Debug)]
pub struct Dockerfiles {
    reports: Vec<DockerfileReport>,
}

/// Of how many files something is so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Share {
    /// Of so many it is.
    pub files: usize,
    /// Of so many it could be.
    pub of: usize,
}

/// A practice over all files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PracticeShare {
    /// Which one.
    pub practice: Practice,
    /// Over all files.
    pub all: Share,
    /// Over all files but those of the owner that has most; of several, of the first by name.
    pub without_largest_owner: Share,
}

/// An image that Dockerfiles are based on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BaseUse {
    /// The image, with the tag `latest` where neither tag nor digest is named.
    pub reference: Reference,
    /// In so many FROM.
    pub uses: usize,
    /// In so many files.
    pub files: usize,
    /// By so many owners.
    pub owners: usize,
    /// Whether it is one of Docker's official images.
    pub is_official: bool,
}

/// A base image that the file alone does not tell.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownBase {
    /// As it is written.
    pub written: String,
    /// The variable that it depends on; none if it is no reference, or depends on a substitution that is not known.
    pub variable: Option<String>,
    /// In so many FROM.
    pub uses: usize,
}

impl Share {
    /// So many of so many.
    #[must_use]
    pub fn new(files: usize, of: usize) -> Self {
        Self { files, of }
    }

    fn add(&mut self, is_so: Option<bool>) {
        self.of += usize::from(is_so.is_some());
        self.files += usize::from(is_so == Some(true));
    }

    /// Returns the share, from 0 to 1; none of no file.
    #[must_use]
    pub fn share(self) -> Option<f64> {
        (self.of > 0).then(|| self.files as f64 / self.of as f64)
    }
}

impl Dockerfiles {
    /// Reads the files that were found. What cannot be read is a report too.
    #[must_use]
    pub fn read(found: &FoundDockerfiles, options: &ReadDockerfiles<'_>) -> Self {
        Self {
            reports: read_all(found, options),
        }
    }

    /// Returns the reports of all files, sorted by path.
    #[must_use]
    pub fn reports(&self) -> &[DockerfileReport] {
        &self.reports
    }

    /// Returns what was read of each file that could be.
    fn read_ones(&self) -> impl Iterator<Item = (&DockerfileReport, &DockerfileFacts)> {
        let read = |report: &'_ DockerfileReport| report.outcome.is_ok();
        self.reports
            .iter()
            .filter(move |report| read(report))
            .filter_map(|report| Some((report, report.outcome.as_ref().ok()?)))
    }

    /// Returns how many files could not be read, by reason.
    #[must_use]
    pub fn unread(&self) -> BTreeMap<UnreadReason, usize> {
        let mut counts = BTreeMap::new();
        for why in self
            .reports
            .iter()
            .filter_map(|report| report.outcome.as_ref().err())
        {
            *counts.entry(why.reason).or_default() += 1;
        }
        counts
    }

    /// Returns the owners of files that could be read, with the number of these files.
    #[must_use]
    pub fn owners(&self) -> BTreeMap<&str, usize> {
        let mut owners = BTreeMap::new();
        for (report, _) in self.read_ones() {
            *owners.entry(report.owner.as_str()).or_default() += 1;
        }
        owners
    }

    /// Returns the owner of most files that could be read, the first of several by name.
    #[must_use]
    pub fn largest_owner(&self) -> Option<(&str, usize)> {
        let owners = self.owners().into_iter();
        owners.rev().max_by_key(|&(_, files)| files)
    }

    /// Returns how many files follow each practice.
    #[must_use]
    pub fn practices(&self) -> Vec<PracticeShare> {
        let largest = self.largest_owner().map(|(owner, _)| owner);
        let share = |practice: Practice| {
            let (mut all, mut without) = (Share::default(), Share::default());
            for (report, facts) in self.read_ones() {
                let is_so = practice.of(facts);
                all.add(is_so);
                if Some(report.owner.as_str()) != largest {
                    without.add(is_so);
                }
            }
            PracticeShare {
                practice,
                all,
                without_largest_owner: without,
            }
        };
        Practice::ALL.into_iter().map(share).collect()
    }

    /// Returns the images that files are based on, most used first, then by name.
    ///
    /// Those that only COPY takes files from are not among them.
    #[must_use]
    pub fn bases(&self) -> Vec<BaseUse> {
        let mut bases: BTreeMap<Reference, Found<'_>> = BTreeMap::new();
        for (report, facts) in self.read_ones() {
            for reference in facts.bases.iter().filter_map(BaseImage::reference) {
                bases.entry(tagged(reference)).or_default().add(report);
            }
        }
        let base = |(reference, found): (Reference, Found<'_>)| BaseUse {
            is_official: is_official(&reference),
            reference,
            uses: found.uses,
            files: found.files.len(),
            owners: found.owners.len(),
        };
        let mut bases: Vec<BaseUse> = bases.into_iter().map(base).collect();
        bases.sort_by_key(|base| std::cmp::Reverse(base.uses));
        bases
    }

    /// Returns the base images that files alone do not tell, most used first, then as they are written.
    #[must_use]
    pub fn unknown_bases(&self) -> Vec<UnknownBase> {
        let mut unknown: BTreeMap<(&str, Option<&str>), usize> = BTreeMap::new();
        for base in self.read_ones().flat_map(|(_, facts)| &facts.bases) {
            let variable = match &base.meaning {
                BaseMeaning::Image(_) | BaseMeaning::Scratch => continue,
                BaseMeaning::Unresolved { variable } => variable.as_deref(),
                BaseMeaning::Invalid => None,
            };
            *unknown.entry((&base.written, variable)).or_default() += 1;
        }
        let mut unknown: Vec<_> = unknown.into_iter().collect();
        unknown.sort_by_key(|&(_, uses)| std::cmp::Reverse(uses));
        let base = |((written, variable), uses): ((&str, Option<&str>), usize)| UnknownBase {
            written: written.to_owned(),
            variable: variable.map(str::to_owned),
            uses,
        };
        unknown.into_iter().map(base).collect()
    }
}

/// Where a base image is used.
#[derive(Default)]
struct Found<'r> {
    uses: usize,
    files: BTreeSet<&'r str>,
    owners: BTreeSet<&'r str>,
}

impl<'r> Found<'r> {
    fn add(&mut self, report: &'r DockerfileReport) {
        self.uses += 1;
        self.files.insert(&report.file);
        self.owners.insert(&report.owner);
    }
}

/// `ubuntu` and `ubuntu:latest` are one image.
fn tagged(reference: &Reference) -> Reference {
    let is_named = reference.tag().is_some() || reference.digest().is_some();
    let latest = (!is_named).then(|| reference.with_tag("latest").ok());
    latest.flatten().unwrap_or_else(|| reference.clone())
}
