//! What would be saved if images shared one base.

use std::collections::{BTreeSet, HashMap, HashSet};

/// An image, as far as its base goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerStack<'a> {
    /// Its repository.
    pub repository: &'a str,
    /// The numbers of its layers, first to last.
    pub layers: &'a [u32],
}

/// What images begin with, and what would be saved if all began with the same.
///
/// # What a base is
///
/// Manifests do not say where a base ends. Here it is the longest run of first layers that an image has in common
/// with an image of another repository: tags of one repository share more than their base, and one and
/// the same image in two repositories is counted once. So a base may hold steps that two teams only have from a third,
/// and an image that nothing else here is built like has none.
///
/// # What is assumed
///
/// That every image with a base could be built on one of these instead, without any other layer growing or shrinking,
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
    /// let stacks = stacks.each_ref().map(|(repository, layers)| LayerStack { repository, layers });
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

/// The base of each image, empty where it has none.
struct Ends<'a> {
    bases: Vec<&'a [u32]>,
}

impl<'a> Ends<'a> {
    /// Returns each base once, in the order of their first images, with the number of images.
    fn counted(&self) -> Vec<(&'a [u32], usize)> {
        let mut places: HashMap<&[u32], usize> = HashMap::new();
        let mut counted = Vec::new();
        for &base in self.bases.iter().filter(|base| !base.is_empty()) {
            let place = *places.entry(base).or_insert_with(|| {
                counted.push((base, 0));
                counted.len() - 1
            });
            counted[place].1 += 1;
        }
        counted
    }
}

/// What images begin with: a node for each run of first layers.
struct Trie {
    /// By the node before and the layer; 0 is where all begin.
    nodes: HashMap<(u32, u32), u32>,
    owners: Vec<Owner>,
}

/// Whose images go through a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// Those of the repository with this number.
    One(u32),
    /// Those of several.
    Many,
}

impl Trie {
    fn of(stacks: &[LayerStack<'_>]) -> Self {
        let mut trie = Self {
            nodes: HashMap::new(),
            owners: vec![Owner::Many],
        };
        let (mut seen, mut repositories) = (HashSet::new(), HashMap::new());
        for stack in stacks {
            let next = u32::try_from(repositories.len()).expect("repositories fit in memory");
            let repository = *repositories.entry(stack.repository).or_insert(next);
            // The same image elsewhere is no image built on it.
            if seen.insert(stack.layers) {
                trie.insert(stack.layers, repository);
            }
        }
        trie
    }

    fn insert(&mut self, layers: &[u32], repository: u32) {
        let mut node = 0;
        for &layer in layers {
            let new = u32::try_from(self.owners.len()).expect("layers fit in memory");
            node = *self.nodes.entry((node, layer)).or_insert(new);
            if node == new {
                self.owners.push(Owner::One(repository));
            } else if self.owners[node as usize] != Owner::One(repository) {
                self.owners[node as usize] = Owner::Many;
            }
        }
    }

    fn ends<'a>(&self, stacks: &[LayerStack<'a>]) -> Ends<'a> {
        let bases = stacks.iter().map(|stack| self.base_of(stack.layers));
        Ends {
            bases: bases.collect(),
        }
    }

    fn base_of<'a>(&self, layers: &'a [u32]) -> &'a [u32] {
        let mut node = 0;
        let is_shared = |&layer: &u32| {
            let next = self.nodes.get(&(node, layer)).copied();
            node = next.unwrap_or(0);
            next.is_some_and(|next| self.owners[next as usize] == Owner::Many)
        };
        let length = layers.iter().copied().take_while(is_shared).count();
        &layers[..length]
    }
}
