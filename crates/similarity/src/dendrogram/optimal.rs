//! The leaves in the order in which neighbours are most alike.

use std::ops::Range;

use super::spans::Spans;
use super::{Dendrogram, Merge};
use crate::matrix::CondensedMatrix;

/// Why no optimal order of the leaves is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LeafOrderError {
    /// It would take too long, and 16 bytes for every two leaves.
    #[error("the optimal order of {leaves} leaves is too long in the making, {limit} is the most")]
    TooManyLeaves {
        /// How many leaves the tree has.
        leaves: usize,
        /// How many it may have.
        limit: usize,
    },
    /// The distances are not those of the leaves.
    #[error("a tree of {leaves} leaves has no use for the distances of {points} points")]
    OtherPoints {
        /// How many leaves the tree has.
        leaves: usize,
        /// How many points the distances have.
        points: usize,
    },
}

impl Dendrogram {
    /// How many leaves a tree may have for [`Dendrogram::optimal_leaf_order`].
    pub const MAX_OPTIMAL_LEAVES: usize = 2_000;

    /// Returns the leaves in that order of the tree in which the distances between neighbours add up to least.
    ///
    /// The sides of any merge may be swapped, nothing else: every cluster stays together. Takes time in
    /// proportion to the cube of the number of leaves.
    ///
    /// # Errors
    ///
    /// [`LeafOrderError`] for more than [`Dendrogram::MAX_OPTIMAL_LEAVES`], and for distances of another number
    /// of points.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_similarity::{CondensedMatrix, Linkage, cluster};
    ///
    /// let points = [0.0_f64, 3.0, 1.0, 9.0];
    /// let distances = CondensedMatrix::from_fn(4, |a, b| (points[a] - points[b]).abs())?;
    /// let tree = cluster(&distances, Linkage::Average);
    /// assert_eq!(tree.leaf_order(), [3, 1, 0, 2]);
    /// assert_eq!(tree.optimal_leaf_order(&distances)?, [3, 1, 2, 0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Source
    ///
    /// Z. Bar-Joseph, D. K. Gifford and T. S. Jaakkola, "Fast optimal leaf ordering for hierarchical
    /// clustering", Bioinformatics 17 (2001).
    pub fn optimal_leaf_order(
        &self,
        distances: &CondensedMatrix,
    ) -> Result<Vec<usize>, LeafOrderError> {
        let (leaves, points) = (self.leaves, distances.len());
        if leaves > Self::MAX_OPTIMAL_LEAVES {
            let limit = Self::MAX_OPTIMAL_LEAVES;
            return Err(LeafOrderError::TooManyLeaves { leaves, limit });
        }
        if leaves != points {
            return Err(LeafOrderError::OtherPoints { leaves, points });
        }
        let mut search = Search::new(self, distances);
        for merge in &self.merges {
            search.solve(merge);
        }
        let places = search.trace_back();
        let order = search.spans.order();
        Ok(places.into_iter().map(|place| order[place]).collect())
    }
}

/// The search for the best order. Leaves are named by their places in the order of the tree as
/// it is, in which every cluster is a range.
struct Search<'a> {
    tree: &'a Dendrogram,
    spans: Spans<'a>,
    /// The distance of every two leaves, as a full matrix.
    distances: Square,
    /// For every two leaves: of the smallest cluster that has both, the least sum of distances between neighbours if
    /// one of the two comes first and the other last.
    sums: Square,
    /// For every leaf: the side of the last cluster solved that it is not on, itself if it is alone.
    far_sides: Vec<Range<usize>>,
}

/// A square matrix.
struct Square {
    side: usize,
    values: Vec<f64>,
}

impl Square {
    fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.side..][..self.side]
    }

    fn set_both(&mut self, a: usize, b: usize, value: f64) {
        self.values[a * self.side + b] = value;
        self.values[b * self.side + a] = value;
    }
}

impl<'a> Search<'a> {
    fn new(tree: &'a Dendrogram, distances: &CondensedMatrix) -> Self {
        let spans = Spans::of(tree);
        let (side, order) = (tree.leaves, spans.order());
        let row = |&a: &usize| order.iter().map(move |&b| (a, b)).collect::<Vec<_>>();
        let pairs = order.iter().flat_map(row);
        Self {
            tree,
            distances: Square {
                side,
                values: pairs.map(|(a, b)| distances.get(a, b)).collect(),
            },
            sums: Square {
                side,
                values: vec![0.0; side * side],
            },
            far_sides: (0..side).map(|place| place..place + 1).collect(),
            spans,
        }
    }

    /// Finds the sums for every leaf on the left of a merge and every one on its right.
    fn solve(&mut self, merge: &Merge) {
        let (left, right) = self.spans.sides(merge);
        for u in left.clone() {
            for (w, sum) in right.clone().zip(self.sums_from(u, &right)) {
                self.sums.set_both(u, w, sum);
            }
        }
        self.far_sides[left.clone()].fill(right.clone());
        self.far_sides[right].fill(left);
    }

    /// Returns the least sums from a first leaf `u` on the left to each last leaf on the right.
    ///
    /// First the cheapest way from `u` through its side and over to each leaf `k` on the right, then on from each
    /// `k`: that is what makes it the cube of the number of leaves, not the fourth power.
    fn sums_from(&self, u: usize, right: &Range<usize>) -> Vec<f64> {
        let mut over = vec![f64::INFINITY; right.len()];
        for m in self.far_sides[u].clone() {
            let so_far = self.sums.row(u)[m];
            lower(&mut over, so_far, &self.distances.row(m)[right.clone()]);
        }
        let mut through = vec![f64::INFINITY; right.len()];
        for (so_far, k) in over.into_iter().zip(right.clone()) {
            let last = self.far_sides[k].clone();
            let places = last.start - right.start..last.end - right.start;
            lower(&mut through[places], so_far, &self.sums.row(k)[last]);
        }
        through
    }

    /// Returns the places in the best order.
    fn trace_back(&self) -> Vec<usize> {
        let mut places = Vec::with_capacity(self.tree.leaves);
        let mut open = Vec::from_iter(self.best_ends());
        while let Some((node, first, last)) = open.pop() {
            let Some(merge) = node.checked_sub(self.tree.leaves) else {
                places.push(first);
                continue;
            };
            let merge = &self.tree.merges[merge];
            let (mut near, mut far) = (merge.left, merge.right);
            if !self.spans.span(near).contains(&first) {
                (near, far) = (far, near);
            }
            let (end, start) = self.best_crossing((near, first), (far, last));
            open.extend([(far, start, last), (near, first, end)]);
        }
        places
    }

    /// Returns the root with its best first and last leaf.
    fn best_ends(&self) -> Option<(usize, usize, usize)> {
        let Some(root) = self.tree.merges.last() else {
            return (self.tree.leaves == 1).then_some((0, 0, 0));
        };
        let (left, right) = self.spans.sides(root);
        let ends = left.flat_map(|u| right.clone().map(move |w| (u, w)));
        let (u, w) = cheapest(ends, |(u, w)| self.sums.row(u)[w])?;
        Some((self.tree.leaves + self.tree.merges.len() - 1, u, w))
    }

    /// Returns the last leaf of the first side and the first leaf of the other side that a best order has.
    fn best_crossing(&self, near: (usize, usize), far: (usize, usize)) -> (usize, usize) {
        let ends = self.other_ends(near).flat_map(|m| {
            let starts = self.other_ends(far);
            starts.map(move |k| (m, k))
        });
        let sum = |(m, k): (usize, usize)| {
            self.sums.row(near.1)[m] + self.distances.row(m)[k] + self.sums.row(k)[far.1]
        };
        cheapest(ends, sum).unwrap_or((near.1, far.1))
    }

    /// Returns the leaves at which an order of a cluster may end that begins with `leaf`.
    fn other_ends(&self, (node, leaf): (usize, usize)) -> Range<usize> {
        match node.checked_sub(self.tree.leaves) {
            None => leaf..leaf + 1,
            Some(merge) => {
                let (left, right) = self.spans.sides(&self.tree.merges[merge]);
                if left.contains(&leaf) { right } else { left }
            }
        }
    }
}

/// Lowers each of `sums` to `so_far` and one of `more`, if that is less.
fn lower(sums: &mut [f64], so_far: f64, more: &[f64]) {
    for (sum, more) in sums.iter_mut().zip(more) {
        let candidate = so_far + more;
        *sum = if candidate < *sum { candidate } else { *sum };
    }
}

/// Returns the first of the candidates that cost least.
fn cheapest(
    candidates: impl Iterator<Item = (usize, usize)>,
    cost: impl Fn((usize, usize)) -> f64,
) -> Option<(usize, usize)> {
    candidates.min_by(|&one, &other| cost(one).total_cmp(&cost(other)))
}
