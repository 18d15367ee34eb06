//! Quantiles of downloads that are alike where one node made them.

use std::collections::BTreeMap;

use pullstudy_stats::Sample;

/// Ratios with the number of the node that each is of.
pub(super) struct AlikeByNode {
    ratios: Vec<f64>,
    nodes: Vec<usize>,
}

impl AlikeByNode {
    pub(super) fn new(of: impl IntoIterator<Item = (f64, usize)>) -> Self {
        let (ratios, nodes) = of.into_iter().unzip();
        Self { ratios, nodes }
    }

    /// Returns quantiles between which nine of ten further ones are expected, not those of the sample: position p (n + 1) of
    /// n that are independent, which lies outside the sample when they are few, and is its end then. `None` for no ratios.
    pub(super) fn expected_range(&self) -> Option<(f64, f64)> {
        let (n, independent) = (self.ratios.len() as f64, self.independent());
        let sample = Sample::new(self.ratios.clone()).ok()?;
        let expected = |share: f64| {
            let below = (share * (independent + 1.0) - 0.5) / independent;
            let position = (below * n - 0.5).clamp(0.0, n - 1.0);
            let percent = if n > 1.0 {
                100.0 * position / (n - 1.0)
            } else {
                50.0
            };
            sample.quantile(percent.clamp(0.0, 100.0)).ok()
        };
        Some((expected(0.05)?, expected(0.95)?))
    }

    /// How many independent ones tell as much.
    ///
    /// # Source
    ///
    /// L. Kish, Survey Sampling (1965): n / (1 + (m - 1) r) for clusters of m whose members correlate with r.
    fn independent(&self) -> f64 {
        let n = self.ratios.len() as f64;
        let mut by_node: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        for (ratio, node) in self.ratios.iter().zip(&self.nodes) {
            by_node.entry(*node).or_default().push(*ratio);
        }
        let groups: Vec<Vec<f64>> = by_node.into_values().collect();
        let each = n / groups.len().max(1) as f64;
        let alike = correlation_within(&groups);
        // No surer than each for itself, no less sure than one a node.
        (n / (1.0 + (each - 1.0) * alike)).max(1.0)
    }
}

/// The correlation of members of a group, 0 to 1, by the moments of an analysis of variance; 1 where it cannot be told.
fn correlation_within(groups: &[Vec<f64>]) -> f64 {
    let n = groups.iter().map(Vec::len).sum::<usize>() as f64;
    let count = groups.len() as f64;
    if count < 2.0 || n <= count {
        return 1.0;
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let all = groups.iter().flatten().sum::<f64>() / n;
    let (mut between, mut within, mut squares) = (0.0, 0.0, 0.0);
    for group in groups {
        let (size, of_group) = (group.len() as f64, mean(group));
        between += size * (of_group - all).powi(2);
        within += group
            .iter()
            .map(|value| (value - of_group).powi(2))
            .sum::<f64>();
        squares += size * size;
    }
    let (between, within) = (between / (count - 1.0), within / (n - count));
    let size = (n - squares / n) / (count - 1.0);
    let of_groups = ((between - within) / size).max(0.0);
    if of_groups + within > 0.0 {
        of_groups / (of_groups + within)
    } else {
        1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_node_made_counts_once_if_it_is_the_same() {
        let of = |spread: f64| {
            let ratios = (0..40).map(|at| {
                let node = at / 4;
                (node as f64 + spread * (at % 4) as f64, node)
            });
            AlikeByNode::new(ratios).independent()
        };
        assert_eq!(of(0.0), 10.0);
        assert!(of(0.1) < 10.1);
        // Nodes that differ by less than their own downloads do.
        assert_eq!(of(1e6), 40.0);
    }

    #[test]
    fn downloads_for_themselves_are_as_they_always_were() {
        // Position p (n + 1) of n, from 1: 2 of 39 at 5 %, and 38.
        let range = AlikeByNode::new((1..=39).map(|at| (f64::from(at), at as usize)));
        let (low, high) = range.expected_range().unwrap();
        assert!((low - 2.0).abs() < 1e-9 && (high - 38.0).abs() < 1e-9);
        assert_eq!(AlikeByNode::new([]).expected_range(), None);
    }
}
