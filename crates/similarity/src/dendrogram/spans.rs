//! Where clusters lie when the leaves are put side by side.

use std::ops::Range;

use super::{Dendrogram, Merge};

/// Where each cluster begins in the order of the leaves: a cluster's leaves lie side by side.
pub(super) struct Spans<'a> {
    tree: &'a Dendrogram,
    starts: Vec<usize>,
}

impl<'a> Spans<'a> {
    pub(super) fn of(tree: &'a Dendrogram) -> Self {
        let mut starts = vec![0; tree.leaves + tree.merges.len()];
        // A cluster has a higher number than its parts, so from the root down no stack is needed.
        for (number, merge) in tree.merges.iter().enumerate().rev() {
            let node = tree.leaves + number;
            starts[merge.left] = starts[node];
            starts[merge.right] = starts[node] + tree.size(merge.left);
        }
        Self { tree, starts }
    }

    /// Returns the places of a cluster's leaves.
    pub(super) fn span(&self, node: usize) -> Range<usize> {
        let start = self.starts[node];
        start..start + self.tree.size(node)
    }

    /// Returns the places of the leaves of both sides of a merge.
    pub(super) fn sides(&self, merge: &Merge) -> (Range<usize>, Range<usize>) {
        (self.span(merge.left), self.span(merge.right))
    }

    /// Returns which leaf has each place.
    pub(super) fn order(&self) -> Vec<usize> {
        let mut order = vec![0; self.tree.leaves];
        for leaf in 0..self.tree.leaves {
            order[self.starts[leaf]] = leaf;
        }
        order
    }
}
