//! From distances to a tree.

mod chain;
pub(crate) mod joint;
mod many_sets;
mod part;
mod spanning;

pub use many_sets::TooManySets;

use crate::dendrogram::Dendrogram;
use crate::linkage::Linkage;
use crate::matrix::CondensedMatrix;

/// Clusters points by their distances, from the nearest two to one cluster of all.
///
/// Merges, their order and their numbers are SciPy's. Single linkage grows a minimum spanning tree, the others
/// follow chains of nearest neighbours; both take time in proportion to the square of the number of points. The
/// distances are copied: [`cluster_in_place`] takes them without.
///
/// # Ties
///
/// Where distances are equal, there is more than one right tree. It is fixed which one is returned: a chain
/// begins at the lowest point that is left, a cluster being where its highest point is; of neighbours equally
/// near, the one the chain came from is followed, else the lowest; of merges equally high, the one found first
/// comes first. Distances without ties give the same tree whatever their order.
///
/// # Examples
///
/// ```
/// use pullstudy_similarity::{CondensedMatrix, Linkage, cluster};
///
/// let points = [0.0_f64, 1.0, 5.0, 7.0];
/// let distances = CondensedMatrix::from_fn(4, |a, b| (points[a] - points[b]).abs())?;
/// let tree = cluster(&distances, Linkage::Average);
/// let merges: Vec<_> = tree.merges().iter().map(|merge| (merge.left, merge.right, merge.height)).collect();
/// assert_eq!(merges, [(0, 1, 1.0), (2, 3, 2.0), (4, 5, 5.5)]);
/// # Ok::<(), pullstudy_similarity::CondensedMatrixError>(())
/// ```
///
/// # Source
///
/// F. Murtagh, "A survey of recent advances in hierarchical clustering algorithms", The Computer Journal 26
/// (1983); D. Müllner, "Modern hierarchical, agglomerative clustering algorithms", arXiv:1109.2378.
#[must_use]
pub fn cluster(distances: &CondensedMatrix, linkage: Linkage) -> Dendrogram {
    match linkage {
        // Reads only.
        Linkage::Single => single(distances),
        _ => cluster_in_place(distances.clone(), linkage),
    }
}

/// Clusters points as [`cluster`] does, and uses the memory of their distances for it.
#[must_use]
pub fn cluster_in_place(mut distances: CondensedMatrix, linkage: Linkage) -> Dendrogram {
    let points = distances.len();
    match linkage {
        Linkage::Single => single(&distances),
        _ => {
            let joints = chain::follow(&mut distances, vec![1.0; points], linkage);
            Dendrogram::from_joints(points, joints)
        }
    }
}

fn single(distances: &CondensedMatrix) -> Dendrogram {
    let joints = spanning::grow(distances.len(), |point, row| distances.copy_row(point, row));
    Dendrogram::from_joints(distances.len(), joints)
}
