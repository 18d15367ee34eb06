//! The tree of merges.

mod cophenetic;
mod cut;
mod leaf_order;
mod optimal;
mod spans;

pub use optimal::LeafOrderError;

use crate::cluster::joint::Joint;
use crate::union_find::UnionFind;

/// Two clusters that became one.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Merge {
    /// The cluster with the lower number. Numbers below the number of leaves are leaves; the cluster of merge `k` has
    /// number `leaves + k`.
    pub left: usize,
    /// The cluster with the higher number.
    pub right: usize,
    /// How far apart the two are.
    pub height: f64,
    /// How many leaves they have together.
    pub size: usize,
}

/// The tree of merges of a hierarchical clustering: SciPy's linkage matrix `Z`.
///
/// Made by [`cluster`](crate::cluster()) and [`Sets::cluster`](crate::Sets::cluster).
///
/// # Examples
///
/// ```
/// use pullstudy_similarity::{CondensedMatrix, Linkage, cluster};
///
/// let distances = CondensedMatrix::new(3, vec![0.9, 0.2, 0.7])?;
/// let tree = cluster(&distances, Linkage::Single);
/// assert_eq!(tree.leaves(), 3);
/// assert_eq!(tree.leaf_order(), [1, 0, 2]);
/// assert_eq!(tree.cut_height(0.5), [1, 0, 1]);
/// # Ok::<(), pullstudy_similarity::CondensedMatrixError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Dendrogram {
    leaves: usize,
    merges: Vec<Merge>,
}

impl Dendrogram {
    /// Sorts joints by height, those equally high as they come, and numbers the clusters they make.
    pub(crate) fn from_joints(leaves: usize, mut joints: Vec<Joint>) -> Self {
        joints.sort_by(|one, other| one.height.total_cmp(&other.height));
        let mut union = UnionFind::new(leaves + joints.len());
        let mut tree = Self {
            leaves,
            merges: Vec::with_capacity(joints.len()),
        };
        let first = u32::try_from(leaves).expect("points are numbered in 32 bits");
        for (cluster, joint) in (first..).zip(joints) {
            let (a, b) = (union.root(joint.a), union.root(joint.b));
            union.join_under(a, cluster);
            union.join_under(b, cluster);
            tree.push(a.min(b) as usize, a.max(b) as usize, joint.height);
        }
        tree
    }

    fn push(&mut self, left: usize, right: usize, height: f64) {
        self.merges.push(Merge {
            left,
            right,
            height,
            size: self.size(left) + self.size(right),
        });
    }

    /// Returns how many points were clustered.
    #[must_use]
    pub fn leaves(&self) -> usize {
        self.leaves
    }

    /// Returns the merges, from low to high: one fewer than there are leaves.
    #[must_use]
    pub fn merges(&self) -> &[Merge] {
        &self.merges
    }

    /// Returns how many leaves the cluster with this number has.
    fn size(&self, node: usize) -> usize {
        match node.checked_sub(self.leaves) {
            Some(merge) => self.merges[merge].size,
            None => 1,
        }
    }
}
