//! From many sets to a tree, without the distances of sets that have nothing to do with one another.

use std::num::NonZeroUsize;

use super::joint::Joint;
use super::part::{Part, Renumbering};
use super::{chain, spanning};
use crate::components::components_of;
use crate::dendrogram::Dendrogram;
use crate::distinct::Distinct;
use crate::linkage::Linkage;
use crate::matrix::pairs;
use crate::measure::Measure;
use crate::sets::Sets;
use crate::sets::csr::Csr;
use crate::weighed::Weighed;

/// Why sets are not clustered: there are too many that have to be compared with one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TooManySets {
    /// Sets that share items, directly or by way of others, are too many.
    #[error(
        "the distances of {distinct} different sets that share items take {bytes} bytes, more than {limit_bytes}"
    )]
    Component {
        /// How many different sets the largest component has.
        distinct: usize,
        /// What their distances take.
        bytes: u64,
        /// What they may take.
        limit_bytes: u64,
    },
    /// Ward linkage compares all sets, whether they share items or not, and they are too many.
    #[error(
        "Ward linkage runs on the whole: the distances of all {distinct} different sets take {bytes} bytes, more than {limit_bytes}"
    )]
    Ward {
        /// How many different sets there are.
        distinct: usize,
        /// What their distances take.
        bytes: u64,
        /// What they may take.
        limit_bytes: u64,
    },
}

impl Sets {
    /// What the distances of one component may take in memory for [`Sets::cluster`]: 4 GiB, 32,768 different sets.
    pub const MAX_MATRIX_BYTES: u64 = 4 << 30;

    /// Clusters the sets by their Jaccard distance, `1 - similarity`, computed by so many threads.
    ///
    /// The tree is that of [`cluster`](crate::cluster()) on the distances of all sets, ties aside, for a small
    /// part of the time and memory: identical sets are merged first, at height 0, and stand as one, with their
    /// number for weight; sets without an item in common have distance 1, so that components are clustered one by
    /// one and joined at height 1, the one with the lowest set first. That is exact for all linkages but
    /// [`Linkage::Ward`], which runs on all different sets together. [`Linkage::Single`] keeps no distances at
    /// all.
    ///
    /// # Errors
    ///
    /// [`TooManySets`] if distances would take more than [`Sets::MAX_MATRIX_BYTES`];
    /// [`Sets::cluster_within`] takes another limit.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::num::NonZeroUsize;
    /// use pullstudy_similarity::{Linkage, Measure, Sets};
    ///
    /// let sets = Sets::of([vec!["a", "b"], vec!["x"], vec!["b", "c"], vec!["a", "b"]]);
    /// let tree = sets.cluster(Linkage::Average, Measure::Items, NonZeroUsize::MIN)?;
    /// let heights: Vec<f64> = tree.merges().iter().map(|merge| merge.height).collect();
    /// assert_eq!(heights, [0.0, 1.0 - 1.0 / 3.0, 1.0]);
    /// assert_eq!(tree.cut_height(0.9), [1, 0, 1, 1]);
    /// # Ok::<(), pullstudy_similarity::TooManySets>(())
    /// ```
    pub fn cluster(
        &self,
        linkage: Linkage,
        measure: Measure,
        threads: NonZeroUsize,
    ) -> Result<Dendrogram, TooManySets> {
        self.cluster_within(linkage, measure, threads, Self::MAX_MATRIX_BYTES)
    }

    /// Clusters the sets as [`Sets::cluster`] does, within another limit of memory for distances.
    ///
    /// # Errors
    ///
    /// [`TooManySets`] if distances would take more than `limit_bytes`; nothing is computed then.
    pub fn cluster_within(
        &self,
        linkage: Linkage,
        measure: Measure,
        threads: NonZeroUsize,
        limit_bytes: u64,
    ) -> Result<Dendrogram, TooManySets> {
        let distinct = Distinct::of(self, measure);
        let components = match linkage {
            Linkage::Ward => [(0..).take(distinct.len()).collect()].into_iter().collect(),
            _ => components_of(&distinct.sets, self.items()),
        };
        check_memory(&components, linkage, limit_bytes)?;
        let mut joints = identical(&distinct.groups);
        let mut renumbering = Renumbering::new(self.items());
        for members in components.iter().filter(|members| members.len() > 1) {
            let part = renumbering.part(&distinct, members);
            let groups = members.iter().map(|&set| distinct.groups.get(set as usize));
            let groups: Vec<&[u32]> = groups.collect();
            joints.extend(cluster_part(&part, &groups, linkage, threads));
        }
        joints.extend(between(&components, &distinct.groups));
        Ok(Dendrogram::from_joints(self.len(), joints))
    }
}

/// Clusters different sets, each of which stands for a group of identical ones.
fn cluster_part(
    part: &Part,
    groups: &[&[u32]],
    linkage: Linkage,
    threads: NonZeroUsize,
) -> impl Iterator<Item = Joint> {
    let sets = part.weighed();
    let found = match linkage {
        Linkage::Single => grow_tree(&sets),
        _ => {
            let sizes = groups.iter().map(|group| group.len() as f64).collect();
            follow_chains(&sets, sizes, linkage, threads)
        }
    };
    found.into_iter().map(|joint| Joint {
        a: groups[joint.a as usize][0],
        b: groups[joint.b as usize][0],
        height: joint.height,
    })
}

fn grow_tree(sets: &Weighed<'_>) -> Vec<Joint> {
    let mut shared = vec![0; sets.len()];
    spanning::grow(sets.len(), |set, row| {
        sets.row(set, &mut shared, row);
        row.iter_mut().for_each(|value| *value = 1.0 - *value);
    })
}

fn follow_chains(
    sets: &Weighed<'_>,
    sizes: Vec<f64>,
    linkage: Linkage,
    threads: NonZeroUsize,
) -> Vec<Joint> {
    let mut distances = sets.condensed(threads, |similarity| 1.0 - similarity);
    if linkage == Linkage::Ward {
        // What is left of its recurrence when points at distance 0 were merged before.
        distances.scale(|a, b| (2.0 * sizes[a] * sizes[b] / (sizes[a] + sizes[b])).sqrt());
    }
    chain::follow(&mut distances, sizes, linkage)
}

/// Merges the sets of each group, which are identical.
fn identical(groups: &Csr) -> Vec<Joint> {
    let pairs = groups.iter().flat_map(|group| group.windows(2));
    let joints = pairs.map(|pair| Joint {
        a: pair[0],
        b: pair[1],
        height: 0.0,
    });
    joints.collect()
}

/// Merges components, which have nothing in common.
fn between(components: &Csr, groups: &Csr) -> Vec<Joint> {
    let lowest = |members: &[u32]| groups.get(members[0] as usize)[0];
    let lowest: Vec<u32> = components
        .iter()
        .filter(|members| !members.is_empty())
        .map(lowest)
        .collect();
    let joints = lowest.windows(2).map(|pair| Joint {
        a: pair[0],
        b: pair[1],
        height: 1.0,
    });
    joints.collect()
}

/// Fails if the distances within the largest component do not fit.
fn check_memory(components: &Csr, linkage: Linkage, limit_bytes: u64) -> Result<(), TooManySets> {
    let distinct = components.iter().map(<[u32]>::len).max().unwrap_or(0);
    let bytes = pairs(distinct) as u64 * size_of::<f64>() as u64;
    match linkage {
        Linkage::Single => Ok(()),
        _ if bytes <= limit_bytes => Ok(()),
        Linkage::Ward => Err(TooManySets::Ward {
            distinct,
            bytes,
            limit_bytes,
        }),
        _ => Err(TooManySets::Component {
            distinct,
            bytes,
            limit_bytes,
        }),
    }
}
