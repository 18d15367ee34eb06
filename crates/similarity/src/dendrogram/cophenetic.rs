//! How far apart leaves are in the tree, and how well that tells how far apart they are.

use super::Dendrogram;
use super::spans::Spans;
use crate::matrix::CondensedMatrix;

impl Dendrogram {
    /// Returns for every two leaves the height at which they come together: SciPy's `cophenet`.
    #[must_use]
    pub fn cophenetic_distances(&self) -> CondensedMatrix {
        let mut distances = CondensedMatrix::zeros(self.leaves);
        self.for_each_pair(|a, b, height| distances.set(a, b, height));
        distances
    }

    /// Returns Pearson's correlation of the distances in the tree with those that it was made of.
    ///
    /// There is none where all distances are equal, or all heights, or the distances are of another
    /// number of points.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_similarity::{CondensedMatrix, Linkage, cluster};
    ///
    /// let distances = CondensedMatrix::new(3, vec![0.2, 0.9, 0.9])?;
    /// let correlation = cluster(&distances, Linkage::Average).cophenetic_correlation(&distances);
    /// assert!((correlation.expect("distances differ") - 1.0).abs() < 1e-12);
    /// # Ok::<(), pullstudy_similarity::CondensedMatrixError>(())
    /// ```
    ///
    /// # Source
    ///
    /// R. R. Sokal and F. J. Rohlf, "The comparison of dendrograms by objective methods", Taxon 11 (1962).
    #[must_use]
    pub fn cophenetic_correlation(&self, distances: &CondensedMatrix) -> Option<f64> {
        if distances.len() != self.leaves {
            return None;
        }
        let pairs = distances.values().len() as f64;
        let mean_distance = distances.values().iter().sum::<f64>() / pairs;
        let sides = |left: usize, right: usize| (self.size(left) * self.size(right)) as f64;
        let heights = self.merges.iter();
        let heights = heights.map(|merge| merge.height * sides(merge.left, merge.right));
        let mean_height = heights.sum::<f64>() / pairs;
        let (mut both, mut of_distances, mut of_heights) = (0.0, 0.0, 0.0);
        self.for_each_pair(|a, b, height| {
            let distance = distances.get(a, b) - mean_distance;
            let height = height - mean_height;
            both += distance * height;
            of_distances += distance * distance;
            of_heights += height * height;
        });
        let scale = (of_distances * of_heights).sqrt();
        (scale > 0.0).then(|| both / scale)
    }

    /// Calls `take` with every two leaves and the height at which they come together.
    fn for_each_pair(&self, mut take: impl FnMut(usize, usize, f64)) {
        let spans = Spans::of(self);
        let order = spans.order();
        for merge in &self.merges {
            let (left, right) = spans.sides(merge);
            for &a in &order[left] {
                for &b in &order[right.clone()] {
                    take(a, b, merge.height);
                }
            }
        }
    }
}
