//! From a tree to flat clusters.

use std::num::NonZeroUsize;

use super::Dendrogram;

impl Dendrogram {
    /// Returns for each leaf the number of its cluster when all merges up to a height are made.
    ///
    /// Points in one cluster are at most `height` apart in the tree, as with SciPy's `fcluster` by distance. The
    /// numbers count from 0 along the [leaf order](Dendrogram::leaf_order).
    #[must_use]
    pub fn cut_height(&self, height: f64) -> Vec<usize> {
        self.clusters(self.merges.partition_point(|merge| merge.height <= height))
    }

    /// Returns for each leaf the number of its cluster when there are to be `count` clusters, or fewer where ties
    /// leave no choice.
    ///
    /// Merges of one height are made together or not at all, as with SciPy's `fcluster` by `maxclust`. Numbers as
    /// for [`Dendrogram::cut_height`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::num::NonZeroUsize;
    /// use pullstudy_similarity::{CondensedMatrix, Linkage, cluster};
    ///
    /// let two_pairs = CondensedMatrix::new(4, vec![0.1, 1.0, 1.0, 1.0, 1.0, 0.1])?;
    /// let tree = cluster(&two_pairs, Linkage::Average);
    /// let three = NonZeroUsize::new(3).expect("three is not zero");
    /// assert_eq!(tree.cut_count(three), [0, 0, 1, 1]);
    /// # Ok::<(), pullstudy_similarity::CondensedMatrixError>(())
    /// ```
    #[must_use]
    pub fn cut_count(&self, count: NonZeroUsize) -> Vec<usize> {
        match self.leaves.saturating_sub(count.get()) {
            0 => self.clusters(0),
            merges => self.cut_height(self.merges[merges - 1].height),
        }
    }

    /// Numbers the clusters that the first merges make.
    fn clusters(&self, merges: usize) -> Vec<usize> {
        let mut tops: Vec<usize> = (0..self.leaves + merges).collect();
        for (number, merge) in self.merges[..merges].iter().enumerate().rev() {
            let node = self.leaves + number;
            tops[merge.left] = tops[node];
            tops[merge.right] = tops[node];
        }
        let mut numbers = vec![None; tops.len()];
        let mut next = 0..;
        let mut clusters = vec![0; self.leaves];
        for leaf in self.leaf_order() {
            let number = numbers[tops[leaf]].get_or_insert_with(|| next.next().unwrap_or(0));
            clusters[leaf] = *number;
        }
        clusters
    }
}
