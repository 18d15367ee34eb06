//! Advice over a set of images: which layers to share, reorder, merge or split so that less is pulled.

mod advice;
mod commands;
mod contents;
mod drop_empty;
mod groups;
mod merge;
mod plan;
mod split;
mod swap;

use std::num::NonZero;

pub use advice::{Advice, AdviceKind, Certainty};
pub use plan::Load;
use plan::Plan;

use crate::Collection;

/// What advice takes for granted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AdviseOptions {
    /// How many layers a runtime downloads at a time: 3 in containerd and Docker.
    pub downloads: NonZero<usize>,
    /// Layers below this size are worth merging.
    pub small_bytes: u64,
    /// Layers are merged up to this size together: a download of so many bytes takes about as long as a layer costs beside
    /// its bytes, so that more would make pulls slower.
    pub merged_bytes: u64,
    /// A layer is not split into parts smaller than this.
    pub part_bytes: u64,
}

impl Default for AdviseOptions {
    /// Three downloads at a time, small below 1 MB, merged up to 5 MB, parts from 50 MB on.
    fn default() -> Self {
        Self {
            downloads: NonZero::new(3).unwrap_or(NonZero::<usize>::MIN),
            small_bytes: 1_000_000,
            merged_bytes: 5_000_000,
            part_bytes: 50_000_000,
        }
    }
}

/// Advice over a set of images, and what it would come to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Advised {
    /// By kind in the order in which they were worked out; within one, what saves most comes first.
    pub advice: Vec<Advice>,
    /// What it takes to pull the images as they are.
    pub now: Load,
    /// What it would take if all advice were followed.
    pub then: Load,
    /// What it would take if only advice whose saving is exact were followed.
    pub then_exact: Load,
    /// Bytes of layers that the same command made, beyond the largest, and of which nothing is advised: the command came
    /// behind copied files that differ, and may need them.
    pub unadvised_bytes: u64,
    /// Images whose history does not tell which step made which layer: no commands of them are compared.
    pub without_commands: usize,
}

/// Works out which layers to share, reorder, merge or split so that less is pulled.
///
/// Each kind of advice is worked out on the images as the kinds before would leave them, so that no byte is saved twice:
/// the bytes saved add up to the difference of [`Advised::now`] and [`Advised::then`], and so do those on critical paths. The collection must have been read
/// with the steps of its images; without them, nothing is said of commands.
///
/// # Method
///
/// 1. [`AdviceKind::DropEmpty`]: layers whose digest is that of a known empty layer, or whose diff_id is that of a tar of
///    nothing, are left out.
/// 2. [`AdviceKind::ShareContents`]: layers of one diff_id and different digests become the smallest of them.
/// 3. [`AdviceKind::BuildOnce`]: layers that the same steps made, where all steps before are the same too, become the
///    largest of them. Steps are the same if their commands are, and those before that change what a command sees (ENV,
///    ARG, USER, SHELL, WORKDIR); a COPY or ADD whose command does not tell the contents is the same only if its layer is.
/// 4. [`AdviceKind::Reorder`]: layers of a RUN with the same command, in images that begin with the same layer, become the
///    largest of them, if the same files were copied before, or if the command needs no copied files: it only installs
///    packages of the system or unpacks what it downloads. Here and before, layers less than half as large as the largest are
///    left alone.
/// 5. [`AdviceKind::Merge`]: layers below [`AdviseOptions::small_bytes`] that follow one another in exactly the same images
///    become one layer, of at most [`AdviseOptions::merged_bytes`]. What different images share stays apart.
/// 6. [`AdviceKind::Split`]: a layer of an image whose critical path is more than a tenth longer than an equal share of all
///    downloads becomes parts of one size, if that makes the critical paths of its images shorter by more than a twentieth.
///
/// # Examples
///
/// ```
/// use pullstudy_survey::{AdviseOptions, Collection, advise};
///
/// let advised = advise(&Collection::default(), &AdviseOptions::default());
/// assert!(advised.advice.is_empty());
/// assert_eq!(advised.now, advised.then);
/// ```
#[must_use]
pub fn advise(collection: &Collection, options: &AdviseOptions) -> Advised {
    let mut plan = Plan::of(collection, options.downloads);
    let now = plan.load();
    let mut advice = drop_empty::advise(collection, &mut plan);
    advice.extend(contents::advise(collection, &mut plan));
    let mut exact = plan.clone();
    merge::advise(&mut exact, options);
    advice.extend(commands::build_once(collection, &mut plan));
    let (reordered, unadvised_bytes) = commands::reorder(collection, &mut plan);
    advice.extend(reordered);
    advice.extend(merge::advise(&mut plan, options));
    advice.extend(split::advise(&mut plan, options));
    let told = |image: &crate::CollectedImage| image.steps_of_layers().is_some();
    Advised {
        advice,
        now,
        then: plan.load(),
        then_exact: exact.load(),
        unadvised_bytes,
        without_commands: collection
            .images()
            .iter()
            .filter(|image| !told(image))
            .count(),
    }
}
