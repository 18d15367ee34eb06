//! Trees, cuts and orders beside SciPy's, ties included. `scipy/make.py` wrote what SciPy makes of them.

use std::num::NonZeroUsize;

use pullstudy_similarity::{CondensedMatrix, Dendrogram, Linkage, Measure, SetsBuilder, cluster};
use serde_json::Value;

use crate::made::{SplitMix, threads};

const LINKAGES: [(&str, Linkage); 5] = [
    ("single", Linkage::Single),
    ("complete", Linkage::Complete),
    ("average", Linkage::Average),
    ("weighted", Linkage::Weighted),
    ("ward", Linkage::Ward),
];

/// Calls `check` with each small problem: its name, distances, tree and what SciPy says of it.
fn for_each_tree(check: impl Fn(&str, &CondensedMatrix, &Dendrogram, &Value)) {
    let problems: Value = serde_json::from_str(include_str!("scipy/small.json")).unwrap();
    for (number, problem) in problems.as_array().unwrap().iter().enumerate() {
        let points = usize::try_from(problem["points"].as_u64().unwrap()).unwrap();
        let distances = CondensedMatrix::new(points, floats(&problem["distances"])).unwrap();
        for (name, linkage) in LINKAGES {
            let tree = cluster(&distances, linkage);
            check(
                &format!("{name} of problem {number}"),
                &distances,
                &tree,
                &problem["trees"][name],
            );
        }
    }
}

#[test]
fn merges_and_leaves_are_in_the_same_order() {
    for_each_tree(|name, _, tree, expected| {
        assert_merges(name, tree, &expected["merges"]);
        assert_eq!(
            tree.leaf_order(),
            numbers(&expected["leaf_order"]),
            "{name}"
        );
    });
}

#[test]
fn cuts_make_the_same_clusters() {
    for_each_tree(|name, _, tree, expected| {
        // Not what the file says: a height read back may differ in its last digit.
        let height = tree.merges()[tree.leaves() / 2 - 1].height;
        let by_height = tree.cut_height(height);
        assert_eq!(
            by_first(&by_height),
            by_first(&numbers(&expected["by_height"])),
            "{name}"
        );
        for (count, expected) in [1, 2, 3, tree.leaves()]
            .into_iter()
            .zip(expected["by_count"].as_array().unwrap())
        {
            let by_count = tree.cut_count(NonZeroUsize::new(count).unwrap());
            assert_eq!(by_first(&by_count), by_first(&numbers(expected)), "{name}");
        }
    });
}

#[test]
fn cophenetic_correlations_are_equal() {
    for_each_tree(|name, distances, tree, expected| {
        match (
            tree.cophenetic_correlation(distances),
            expected["correlation"].as_f64(),
        ) {
            (Some(actual), Some(expected)) => assert_close(name, actual, expected),
            // What rounding leaves of a variance of nothing.
            (actual, expected) => assert_eq!(actual, expected, "{name}"),
        }
    });
}

/// Nearer in about a fifth of the problems: SciPy 1.17.1 cuts its search short. `trees` tries all orders.
#[test]
fn neighbours_in_the_optimal_order_are_at_least_as_near() {
    for_each_tree(|name, distances, tree, expected| {
        let order = tree.optimal_leaf_order(distances).unwrap();
        let sum: f64 = order
            .windows(2)
            .map(|pair| distances.get(pair[0], pair[1]))
            .sum();
        let scipys = expected["neighbours"].as_f64().unwrap();
        assert!(sum <= scipys + 1e-12, "{name}: {sum}, not {scipys}");
    });
}

#[test]
fn a_thousand_sets_have_the_same_merges() {
    let distances = thousand_sets()
        .matrix(Measure::Weights, threads(2))
        .into_distances();
    let expected: Value = serde_json::from_str(include_str!("scipy/thousand.json")).unwrap();
    for (name, linkage) in LINKAGES {
        assert_merges(name, &cluster(&distances, linkage), &expected[name]);
    }
}

/// The rule of `thousand` in `scipy/make.py`.
fn thousand_sets() -> pullstudy_similarity::Sets {
    let mut random = SplitMix(2);
    let weights: Vec<u64> = (0..400).map(|_| 1 + random.next() % (1 << 40)).collect();
    let mut builder = SetsBuilder::new();
    for _ in 0..1000 {
        let length = 1 + random.next() % 12;
        let items: Vec<u64> = (0..length)
            .map(|_| (random.next() % 400).min(random.next() % 400))
            .collect();
        let weighted = items
            .iter()
            .map(|&item| (item, weights[usize::try_from(item).unwrap()]));
        builder.push_weighted(weighted).unwrap();
    }
    builder.finish()
}

fn assert_merges(name: &str, tree: &Dendrogram, expected: &Value) {
    let expected = expected.as_array().unwrap();
    assert_eq!(tree.merges().len(), expected.len(), "{name}");
    for (merge, expected) in tree.merges().iter().zip(expected) {
        let expected = floats(expected);
        assert_eq!(
            [merge.left as f64, merge.right as f64],
            expected[..2],
            "{name}"
        );
        assert_close(name, merge.height, expected[2]);
    }
}

fn assert_close(name: &str, actual: f64, expected: f64) {
    assert!(
        (actual - expected).abs() <= 1e-12 * expected.abs().max(1.0),
        "{name}: {actual}, not {expected}"
    );
}

/// Names each cluster by its first member: two programs number clusters differently.
fn by_first(clusters: &[usize]) -> Vec<usize> {
    let first = |cluster| clusters.iter().position(|other| other == cluster).unwrap();
    clusters.iter().map(first).collect()
}

fn floats(list: &Value) -> Vec<f64> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_f64().unwrap())
        .collect()
}

fn numbers(list: &Value) -> Vec<usize> {
    let numbers = list.as_array().unwrap().iter();
    numbers
        .map(|value| usize::try_from(value.as_u64().unwrap()).unwrap())
        .collect()
}
