//! What would be saved if images shared one base.

mod platform;
mod steps;
mod trie;

use std::collections::BTreeSet;

pub use platform::PlatformBase;
use trie::{Ends, Trie};

/// An image, as far as its base goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerStack<'a> {
    /// Its repository.
    pub repository: &'a str,
    /// The numbers of its layers, first to last.
    pub layers: &'a [u32],
    /// What made each layer, as numbers: equal where the same step did. The layers themselves, if no steps are known.
    pub steps: &'a [u32],
}

/// What images begin with, and what would be saved if all began with the same.
///
/// # What a base is
///
/// Manifests do not say where a base ends. Here it is the longest run of first steps that an image has in common with an
/// image of another repository: tags of one repository share more than their base, and one and the same image in
/// two repositories is counted once. So a base may hold steps that two teams only have from a third, and an image
/// that nothing else here is built like has none.
///
/// Steps are the same if their layers are, by digest. [`PlatformBase::of`] also takes those for the same that began alike
/// and ran the same command: a base that was built twice, or from a newer system, gives other layers, and is pulled
/// twice. What was copied from elsewhere is only the same with the same digest.
///
/// # What is assumed
///
/// That all images run on the same system and processor, and that every image with a base could be built on one of these instead, without any other layer growing or shrinking,
/// and that a node keeps every layer it has pulled. The layers above the base are taken as they are; built anew they
/// would have other digests, but the same images would share them. Images without a base stay as they are.
/// The saving is an upper bound of what a common base could bring; whether the one chosen has in it what each image
/// needs, layers cannot tell.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SharedBase {
    /// How many images were looked at.
    pub images: usize,
    /// How many of them have a base.
    pub images_with_base: usize,
    /// How many different bases there are. One may continue another.
    pub bases: usize,
    /// What the layers of all bases weigh, each counted once.
    pub bases_bytes: u128,
    /// The layers of the one base that all would share, first to last; empty if there is none.
    pub base: Vec<u32>,
    /// What it weighs, a layer that is in it twice counted once.
    pub base_bytes: u128,
    /// How many images begin with it now.
    pub images_on_base: usize,
    /// What all layers weigh, each counted once: what a node pulls that pulls all images.
    pub unique_bytes: u128,
    /// The same, if all images with a base were built on this one.
    pub unique_bytes_with_one_base: u128,
}

impl SharedBase {
    /// Looks for what images begin with; the one base is that of most bytes, of equals that of most images, then the
    /// first.
    ///
    /// The largest base makes for the least saving, and is the likeliest to have in it what the others have.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_survey::{LayerStack, SharedBase};
    ///
    /// let stacks = [("a", [1, 5]), ("b", [1, 6]), ("c", [2, 7]), ("d", [2, 8])];
    /// let stacks = stacks.each_ref().map(|(repository, layers)| LayerStack { repository, layers, steps: layers });
    /// let size_bytes = |layer: u32| u64::from(layer) * 100;
    /// let shared = SharedBase::largest(&stacks, size_bytes);
    /// assert_eq!((shared.bases, &*shared.base), (2, &[2][..]));
    /// assert_eq!(shared.saved_bytes(), 100);
    /// ```
    #[must_use]
    pub fn largest(stacks: &[LayerStack<'_>], size_bytes: impl Fn(u32) -> u64) -> Self {
        let trie = Trie::of(stacks);
        let ends = trie.ends(stacks);
        let mut bases: Vec<(u128, usize, &[u32])> = ends
            .counted()
            .into_iter()
            .map(|(base, images)| (weigh(base, &size_bytes), images, base))
            .collect();
        // A stable sort: of equals the first stays first.
        bases.sort_by_key(|&(bytes, images, _)| std::cmp::Reverse((bytes, images)));
        let base = bases.first().map_or(&[][..], |&(.., base)| base);
        Self::with(stacks, &ends, base, &size_bytes)
    }

    /// As [`SharedBase::largest`], with these layers as the one base. Of an image that begins with them, they are the base.
    #[must_use]
    pub fn on(stacks: &[LayerStack<'_>], base: &[u32], size_bytes: impl Fn(u32) -> u64) -> Self {
        let trie = Trie::of(stacks);
        let mut ends = trie.ends(stacks);
        for (stack, end) in stacks.iter().zip(&mut ends.bases) {
            if stack.layers.starts_with(base) {
                *end = &stack.layers[..base.len()];
            }
        }
        Self::with(stacks, &ends, base, &size_bytes)
    }

    /// Returns how much less a node pulls that pulls all images.
    #[must_use]
    pub fn saved_bytes(&self) -> u128 {
        self.unique_bytes
            .saturating_sub(self.unique_bytes_with_one_base)
    }

    fn with(
        stacks: &[LayerStack<'_>],
        ends: &Ends<'_>,
        base: &[u32],
        size_bytes: &impl Fn(u32) -> u64,
    ) -> Self {
        let bases = ends.counted();
        let rest = stacks.iter().zip(&ends.bases);
        let rest = rest.flat_map(|(stack, end)| &stack.layers[end.len()..]);
        let with_base = ends.bases.iter().filter(|end| !end.is_empty()).count();
        // Where no image has a base, nothing is put on one.
        let base = if with_base > 0 { base } else { &[] };
        Self {
            images: stacks.len(),
            images_with_base: with_base,
            bases: bases.len(),
            bases_bytes: weigh(bases.iter().flat_map(|(base, _)| *base), size_bytes),
            base: base.to_vec(),
            base_bytes: weigh(base, size_bytes),
            images_on_base: stacks
                .iter()
                .filter(|stack| !base.is_empty() && stack.layers.starts_with(base))
                .count(),
            unique_bytes: weigh(stacks.iter().flat_map(|stack| stack.layers), size_bytes),
            unique_bytes_with_one_base: weigh(base.iter().chain(rest), size_bytes),
        }
    }
}

/// Returns what layers weigh, each once.
fn weigh<'a>(layers: impl IntoIterator<Item = &'a u32>, size_bytes: &impl Fn(u32) -> u64) -> u128 {
    let unique: BTreeSet<u32> = layers.into_iter().copied().collect();
    unique
        .into_iter()
        .map(|layer| u128::from(size_bytes(layer)))
        .sum()
}
