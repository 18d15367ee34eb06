//! What images begin with.

use std::collections::{HashMap, HashSet};

use super::LayerStack;

/// The base of each image, empty where it has none.
pub(super) struct Ends<'a> {
    pub(super) bases: Vec<&'a [u32]>,
}

impl<'a> Ends<'a> {
    /// Returns each base once, in the order of their first images, with the number of images.
    pub(super) fn counted(&self) -> Vec<(&'a [u32], usize)> {
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

/// A node for each run of first steps.
pub(super) struct Trie {
    /// By the node before and the step; 0 is where all begin.
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
    pub(super) fn of(stacks: &[LayerStack<'_>]) -> Self {
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
                trie.insert(stack.steps, repository);
            }
        }
        trie
    }

    fn insert(&mut self, steps: &[u32], repository: u32) {
        let mut node = 0;
        for &step in steps {
            let new = u32::try_from(self.owners.len()).expect("layers fit in memory");
            node = *self.nodes.entry((node, step)).or_insert(new);
            if node == new {
                self.owners.push(Owner::One(repository));
            } else if self.owners[node as usize] != Owner::One(repository) {
                self.owners[node as usize] = Owner::Many;
            }
        }
    }

    pub(super) fn ends<'a>(&self, stacks: &[LayerStack<'a>]) -> Ends<'a> {
        let bases = stacks.iter().map(|stack| {
            let length = self.shared(stack.steps);
            &stack.layers[..length.min(stack.layers.len())]
        });
        Ends {
            bases: bases.collect(),
        }
    }

    /// Returns how many first steps are also those of another repository.
    fn shared(&self, steps: &[u32]) -> usize {
        let mut node = 0;
        let is_shared = |&step: &u32| {
            let next = self.nodes.get(&(node, step)).copied();
            node = next.unwrap_or(0);
            next.is_some_and(|next| self.owners[next as usize] == Owner::Many)
        };
        steps.iter().copied().take_while(is_shared).count()
    }
}
