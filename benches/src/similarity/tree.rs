//! Trees of two makers, and what they have in common.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use pullstudy_similarity::Dendrogram;

/// Heights less than this apart are the same: rounding differs with the order of sums.
const ROUNDING: f64 = 1e-9;

/// The merges of a tree, from low to high: left, right, height.
pub(super) struct Tree {
    merges: Vec<(usize, usize, f64)>,
}

/// What two trees have in common.
pub(super) struct Agreement {
    /// Clusters that both have, of those that are neither of identical sets nor of all that have nothing in common.
    pub(super) shared: usize,
    /// How many of these the first has.
    pub(super) ours: usize,
    /// How many the second has.
    pub(super) theirs: usize,
    /// By how much the heights of a cluster differ at most.
    pub(super) height_error: f64,
}

impl Tree {
    pub(super) fn of(tree: &Dendrogram) -> Self {
        let merges = tree.merges().iter();
        Self {
            merges: merges
                .map(|merge| (merge.left, merge.right, merge.height))
                .collect(),
        }
    }

    /// Reads a line a merge.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path)?;
        let merge = |line: &str| {
            let words: Vec<&str> = line.split(' ').collect();
            let [left, right, height] = words[..] else {
                bail!("{line:?} is no merge");
            };
            Ok((left.parse()?, right.parse()?, height.parse()?))
        };
        let merges = text.lines().map(merge).collect::<anyhow::Result<_>>();
        Ok(Self {
            merges: merges.with_context(|| path.display().to_string())?,
        })
    }

    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let lines = self
            .merges
            .iter()
            .map(|(left, right, height)| format!("{left} {right} {height:e}\n"));
        Ok(fs::write(path, lines.collect::<String>())?)
    }

    /// Compares the clusters of two trees, whatever the order in which they were made.
    pub(super) fn agreement(&self, other: &Self) -> anyhow::Result<Agreement> {
        ensure!(
            self.merges.len() == other.merges.len(),
            "the trees have {} and {} merges",
            self.merges.len(),
            other.merges.len()
        );
        let (ours, theirs) = (self.clusters(), other.clusters());
        let both = ours.keys().filter(|cluster| theirs.contains_key(cluster));
        let both: HashSet<u64> = both.copied().collect();
        let apart = both
            .iter()
            .map(|cluster| (ours[cluster] - theirs[cluster]).abs());
        Ok(Agreement {
            shared: both.len(),
            ours: ours.len(),
            theirs: theirs.len(),
            height_error: apart.fold(0.0, f64::max),
        })
    }

    /// Returns the height of each cluster, which goes by the sum of numbers that stand for its leaves. Clusters at 0
    /// and at 1 are left out: which of identical sets, or of components, come together first is not said.
    fn clusters(&self) -> HashMap<u64, f64> {
        let leaves = self.merges.len() + 1;
        let mut sums: Vec<u64> = (0..leaves as u64).map(scrambled).collect();
        let mut clusters = HashMap::new();
        for &(left, right, height) in &self.merges {
            let sum = sums[left].wrapping_add(sums[right]);
            sums.push(sum);
            if height > ROUNDING && height < 1.0 - ROUNDING {
                clusters.insert(sum, height);
            }
        }
        clusters
    }
}

fn scrambled(number: u64) -> u64 {
    let z = (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_equal_merges_does_not_matter() {
        let tree = |merges: &[(usize, usize, f64)]| Tree {
            merges: merges.to_vec(),
        };
        let one = tree(&[(0, 1, 0.0), (2, 4, 0.5), (3, 5, 1.0)]);
        let same = tree(&[(0, 1, 0.0), (2, 4, 0.5 + 1e-12), (3, 5, 1.0)]);
        let other = tree(&[(0, 1, 0.0), (3, 4, 0.5), (2, 5, 1.0)]);
        let agreement = one.agreement(&same).unwrap();
        assert_eq!((agreement.shared, agreement.ours), (1, 1));
        assert!(agreement.height_error < 1e-9);
        assert_eq!(one.agreement(&other).unwrap().shared, 0);
    }
}
