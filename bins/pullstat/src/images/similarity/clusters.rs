//! Which images form clusters.

use std::num::NonZeroUsize;

use anyhow::Context;
use pullstudy_similarity::{Dendrogram, Linkage};

use super::comparison::{Comparison, MAX_MATRIX, threads};

/// Half of what they have is in common.
pub(crate) const USUAL_HEIGHT: f64 = 0.5;

/// Where a tree is cut.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cut {
    /// Merges up to this distance are made.
    Height(f64),
    /// So many clusters are left.
    Count(NonZeroUsize),
}

impl Cut {
    /// Returns the distance that was asked for, if one was.
    pub(crate) fn height(self) -> Option<f64> {
        match self {
            Self::Height(height) => Some(height),
            Self::Count(_) => None,
        }
    }
}

/// Images in clusters.
pub(crate) struct Clusters {
    pub(crate) tree: Dendrogram,
    /// Images in the order of the tree, neighbours as alike as it allows where they are not too many.
    pub(crate) order: Vec<usize>,
    /// The cluster of each image.
    pub(crate) of_image: Vec<usize>,
    /// How well the tree tells the distances.
    pub(crate) cophenetic_correlation: Option<f64>,
    pub(crate) cut: Cut,
}

impl Clusters {
    pub(crate) fn of(
        comparison: &Comparison<'_>,
        linkage: Linkage,
        cut: Cut,
    ) -> anyhow::Result<Self> {
        let tree = comparison
            .sets
            .cluster(linkage, comparison.weight, threads());
        let tree = tree.context(
            "there are too many images to be clustered: --linkage single keeps no distances, --one-per-repository \
             leaves fewer images",
        )?;
        let (order, cophenetic_correlation) = order(comparison, &tree)?;
        let clusters = match cut {
            Cut::Height(height) => tree.cut_height(height),
            Cut::Count(count) => tree.cut_count(count),
        };
        Ok(Self {
            of_image: along(&order, &clusters),
            tree,
            order,
            cophenetic_correlation,
            cut,
        })
    }

    pub(crate) fn count(&self) -> usize {
        self.of_image.iter().max().map_or(0, |last| last + 1)
    }

    /// Returns the images of each cluster, in the order of the tree.
    pub(crate) fn members(&self) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); self.count()];
        for &image in &self.order {
            members[self.of_image[image]].push(image);
        }
        members
    }
}

/// Returns the order of the leaves, and how well the tree fits; the latter only where distances are few.
fn order(
    comparison: &Comparison<'_>,
    tree: &Dendrogram,
) -> anyhow::Result<(Vec<usize>, Option<f64>)> {
    if comparison.len() > MAX_MATRIX {
        return Ok((tree.leaf_order(), None));
    }
    // The tree is one of Jaccard distances, whatever else is shown.
    let distances = comparison
        .sets
        .matrix(comparison.weight, threads())
        .into_distances();
    let order = tree.optimal_leaf_order(&distances)?;
    Ok((order, tree.cophenetic_correlation(&distances)))
}

/// Numbers clusters anew, in the order in which they come along the leaves.
fn along(order: &[usize], clusters: &[usize]) -> Vec<usize> {
    let mut numbers = vec![None; clusters.len()];
    let mut next = 0;
    for &image in order {
        let number = &mut numbers[clusters[image]];
        if number.is_none() {
            *number = Some(next);
            next += 1;
        }
    }
    let number = |cluster: &usize| numbers[*cluster].unwrap_or(0);
    clusters.iter().map(number).collect()
}
