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
        let at = self.left.partition_point(|&place| place < to);
        let (lower, higher) = (&self.left[..at], &self.left[at + 1..]);
        // There is always another cluster, and one is taken even if distances overflowed.
        let first = before.unwrap_or(if at == 0 { higher[0] } else { lower[0] });
        let mut nearest = (first, self.distance(to.min(first), to.max(first)));
        for &place in lower {
            let distance = self.distance(place, to);
            if distance < nearest.1 {
                nearest = (place, distance);
            }
        }
        for &place in higher {
            let distance = self.distance(to, place);
            if distance < nearest.1 {
                nearest = (place, distance);
            }
        }
        nearest
    }

    /// Merges the cluster at `x` into the one at `y`, which is higher.
    fn merge(&mut self, x: u32, y: u32, height: f64, distance: impl Fn(Triple) -> f64) {
        let x_at = self.left.partition_point(|&place| place < x);
        self.left.remove(x_at);
        let y_at = self.left.partition_point(|&place| place < y);
        let left = std::mem::take(&mut self.left);
        let mut update = |i: u32, to_x: usize, to_y: usize| {
            self.distances[to_y] = distance(Triple {
                x_to_i: self.distances[to_x],
                y_to_i: self.distances[to_y],
                x_to_y: height,
                x_size: self.sizes[x as usize],
                y_size: self.sizes[y as usize],
                i_size: self.sizes[i as usize],
            });
        };
        let (row_of_x, row_of_y) = (self.rows[x as usize], self.rows[y as usize]);
        for &i in &left[..x_at] {
            let row = self.rows[i as usize];
            update(i, row + x as usize - 1, row + y as usize - 1);
        }
        for &i in &left[x_at..y_at] {
            let row = self.rows[i as usize];
            update(i, row_of_x + i as usize - 1, row + y as usize - 1);
        }
        for &i in &left[y_at + 1..] {
            update(i, row_of_x + i as usize - 1, row_of_y + i as usize - 1);
        }
        self.left = left;
        self.sizes[y as usize] += self.sizes[x as usize];
    }

    #[inline]
    fn distance(&self, lower: u32, higher: u32) -> f64 {
        self.distances[self.rows[lower as usize] + higher as usize - 1]
    }
}
