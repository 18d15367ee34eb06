//! Complete, average, weighted and Ward linkage, by chains of nearest neighbours.

use super::joint::Joint;
use crate::linkage::{Linkage, Triple};
use crate::matrix::CondensedMatrix;

/// Merges points until one cluster is left, and returns the merges in the order in which they were found.
///
/// A chain leads from a cluster to its nearest neighbour, from that one to its own, and so on,
/// until two are each other's nearest: these are merged. `sizes` says how many points each point stands for. The
/// distances are overwritten.
pub(crate) fn follow(
    distances: &mut CondensedMatrix,
    sizes: Vec<f64>,
    linkage: Linkage,
) -> Vec<Joint> {
    let clusters = Clusters::new(distances, sizes);
    match linkage {
        Linkage::Single => clusters.merge_all(Triple::single),
        Linkage::Complete => clusters.merge_all(Triple::complete),
        Linkage::Average => clusters.merge_all(Triple::average),
        Linkage::Weighted => clusters.merge_all(Triple::weighted),
        Linkage::Ward => clusters.merge_all(Triple::ward),
    }
}

/// The clusters that are left, each in the place of the highest of its points.
struct Clusters<'a> {
    distances: &'a mut [f64],
    /// Where the row of each place begins in `distances`.
    rows: Vec<usize>,
    sizes: Vec<f64>,
    /// The places that are taken, ascending.
    left: Vec<u32>,
}

impl<'a> Clusters<'a> {
    fn new(distances: &'a mut CondensedMatrix, sizes: Vec<f64>) -> Self {
        let points = distances.len();
        Self {
            rows: distances.row_starts(),
            distances: distances.values_mut(),
            sizes,
            left: (0..).take(points).collect(),
        }
    }

    fn merge_all(mut self, distance: impl Fn(Triple) -> f64 + Copy) -> Vec<Joint> {
        let mut joints = Vec::with_capacity(self.left.len().saturating_sub(1));
        let mut chain: Vec<u32> = Vec::new();
        while self.left.len() > 1 {
            let last = chain.pop().unwrap_or(self.left[0]);
            let (next, height) = self.nearest(last, chain.last().copied());
            if chain.last() == Some(&next) {
                chain.pop();
                let (a, b) = (last.min(next), last.max(next));
                self.merge(a, b, height, distance);
                joints.push(Joint { a, b, height });
            } else {
                chain.extend([last, next]);
            }
        }
        joints
    }

    /// Returns the nearest neighbour of `to` and its distance: `before` if none is nearer, else the lowest.
    fn nearest(&self, to: u32, before: Option<u32>) -> (u32, f64) {
        let mut others = self.left.iter().copied().filter(|&place| place != to);
        // One is taken in any case, even if distances overflowed: there is always another cluster.
        let first = before.or_else(|| others.next()).unwrap_or(to);
        let mut nearest = (first, self.distances[self.place(to, first)]);
        for other in others {
            let distance = self.distances[self.place(to, other)];
            if distance < nearest.1 {
                nearest = (other, distance);
            }
        }
        nearest
    }

    /// Merges the cluster at `x` into the one at `y`, which is higher.
    fn merge(&mut self, x: u32, y: u32, height: f64, distance: impl Fn(Triple) -> f64) {
        self.left.retain(|&place| place != x);
        for &i in self.left.iter().filter(|&&place| place != y) {
            let (to_x, to_y) = (self.place(i, x), self.place(i, y));
            self.distances[to_y] = distance(Triple {
                x_to_i: self.distances[to_x],
                y_to_i: self.distances[to_y],
                x_to_y: height,
                x_size: self.sizes[x as usize],
                y_size: self.sizes[y as usize],
                i_size: self.sizes[i as usize],
            });
        }
        self.sizes[y as usize] += self.sizes[x as usize];
    }

    /// Returns where the distance between two different places is.
    #[inline]
    fn place(&self, a: u32, b: u32) -> usize {
        self.rows[a.min(b) as usize] + a.max(b) as usize - 1
    }
}
