//! The leaves from left to right.

use super::Dendrogram;
use super::spans::Spans;

impl Dendrogram {
    /// Returns the leaves from left to right, the left side of each merge before the right: SciPy's `leaves_list`.
    #[must_use]
    pub fn leaf_order(&self) -> Vec<usize> {
        Spans::of(self).order()
    }
}
