//! Laws of trees, and `kodama`'s trees as another opinion.

use std::num::NonZeroUsize;

use proptest::prelude::*;
use pullstudy_similarity::{CondensedMatrix, Dendrogram, LeafOrderError, Linkage, cluster};

/// Distances of up to 20 points, no two of them equal.
fn without_ties() -> impl Strategy<Value = CondensedMatrix> {
    (0_usize..20).prop_flat_map(|points| {
        let pairs = points * points.saturating_sub(1) / 2;
        let ranks = Just((0..pairs).collect::<Vec<_>>()).prop_shuffle();
        let parts = prop::collection::vec(0.0..1.0_f64, pairs);
        (ranks, parts).prop_map(move |(ranks, parts)| {
            let distances = ranks
                .iter()
                .zip(parts)
                .map(|(&rank, part)| 1.0 + rank as f64 + part / 2.0);
            CondensedMatrix::new(points, distances.collect()).unwrap()
        })
    })
}

/// Distances of up to 12 points, most of them equal to others.
fn with_ties() -> impl Strategy<Value = CondensedMatrix> {
    (0_usize..12).prop_flat_map(|points| {
        let pairs = points * points.saturating_sub(1) / 2;
        prop::collection::vec((0_u8..5).prop_map(|part| f64::from(part) / 4.0), pairs)
            .prop_map(move |distances| CondensedMatrix::new(points, distances).unwrap())
    })
}

/// What `kodama` makes of the same distances, as left, right and height.
fn kodamas(distances: &CondensedMatrix, linkage: Linkage) -> Vec<(usize, usize, f64)> {
    let method = match linkage {
        Linkage::Single => kodama::Method::Single,
        Linkage::Complete => kodama::Method::Complete,
        Linkage::Average => kodama::Method::Average,
        Linkage::Weighted => kodama::Method::Weighted,
        Linkage::Ward => kodama::Method::Ward,
    };
    let mut values = distances.values().to_vec();
    let tree = kodama::linkage(&mut values, distances.len(), method);
    let steps = tree.steps().iter();
    steps
        .map(|step| (step.cluster1, step.cluster2, step.dissimilarity))
        .collect()
}

fn neighbours(order: &[usize], distances: &CondensedMatrix) -> f64 {
    order
        .windows(2)
        .map(|pair| distances.get(pair[0], pair[1]))
        .sum()
}

/// The least sum over neighbours of all orders that swapping sides can make.
fn least_by_trying_all(tree: &Dendrogram, distances: &CondensedMatrix) -> f64 {
    let mut orders: Vec<Vec<Vec<usize>>> =
        (0..tree.leaves()).map(|leaf| vec![vec![leaf]]).collect();
    for merge in tree.merges() {
        let mut here = Vec::new();
        for left in &orders[merge.left] {
            for right in &orders[merge.right] {
                here.push([left.clone(), right.clone()].concat());
                here.push([right.clone(), left.clone()].concat());
            }
        }
        orders.push(here);
    }
    let sums = orders.pop().into_iter().flatten();
    sums.map(|order| neighbours(&order, distances))
        .fold(f64::INFINITY, f64::min)
}

proptest! {
    #[test]
    fn trees_are_kodamas_where_no_distances_are_equal(distances in without_ties()) {
        for linkage in Linkage::ALL {
            let tree = cluster(&distances, linkage);
            let expected = kodamas(&distances, linkage);
            prop_assert_eq!(tree.merges().len(), expected.len());
            for (merge, (left, right, height)) in tree.merges().iter().zip(expected) {
                prop_assert_eq!((merge.left, merge.right), (left, right));
                prop_assert!((merge.height - height).abs() < 1e-9 * height);
            }
        }
    }

    #[test]
    fn a_tree_has_every_leaf_once_and_rises(distances in with_ties()) {
        for linkage in Linkage::ALL {
            let tree = cluster(&distances, linkage);
            let mut leaves = tree.leaf_order();
            leaves.sort_unstable();
            prop_assert_eq!(leaves, (0..distances.len()).collect::<Vec<_>>());
            prop_assert!(tree.merges().is_sorted_by_key(|merge| merge.height));
            prop_assert_eq!(tree.merges().last().map_or(tree.leaves(), |merge| merge.size), tree.leaves());
        }
    }

    #[test]
    fn distances_in_a_tree_are_an_ultrametric(distances in with_ties()) {
        for linkage in Linkage::ALL {
            let tree = cluster(&distances, linkage).cophenetic_distances();
            let points = 0..tree.len();
            for (a, b, c) in points.clone().flat_map(|a| (0..a).flat_map(move |b| (0..b).map(move |c| (a, b, c)))) {
                let mut sides = [tree.get(a, b), tree.get(b, c), tree.get(a, c)];
                sides.sort_by(f64::total_cmp);
                prop_assert_eq!(sides[1], sides[2]);
            }
        }
    }

    #[test]
    fn single_linkage_never_exceeds_and_complete_never_falls_short(distances in with_ties()) {
        let single = cluster(&distances, Linkage::Single).cophenetic_distances();
        let complete = cluster(&distances, Linkage::Complete).cophenetic_distances();
        for ((&low, &high), &distance) in single.values().iter().zip(complete.values()).zip(distances.values()) {
            prop_assert!(low <= distance && distance <= high);
        }
    }

    #[test]
    fn an_ultrametric_is_its_own_tree(distances in with_ties()) {
        let ultrametric = cluster(&distances, Linkage::Single).cophenetic_distances();
        for linkage in [Linkage::Single, Linkage::Complete, Linkage::Average, Linkage::Weighted] {
            let tree = cluster(&ultrametric, linkage);
            prop_assert_eq!(&tree.cophenetic_distances(), &ultrametric);
        }
    }

    #[test]
    fn cuts_by_count_make_no_more_and_nest(distances in with_ties()) {
        let tree = cluster(&distances, Linkage::Average);
        for count in 1..=distances.len() {
            let clusters = tree.cut_count(NonZeroUsize::new(count).unwrap());
            let made = clusters.iter().max().map_or(0, |last| last + 1);
            prop_assert!(made <= count);
            let height = tree.merges().iter().rev().nth(made.wrapping_sub(1)).map_or(-1.0, |merge| merge.height);
            prop_assert_eq!(tree.cut_height(height), clusters);
        }
    }

    #[test]
    fn no_order_of_the_tree_has_nearer_neighbours(distances in with_ties()) {
        prop_assume!(distances.len() < 8);
        for linkage in Linkage::ALL {
            let tree = cluster(&distances, linkage);
            let order = tree.optimal_leaf_order(&distances).unwrap();
            if distances.len() > 1 {
                let best = least_by_trying_all(&tree, &distances);
                prop_assert!((neighbours(&order, &distances) - best).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn the_optimal_order_keeps_clusters_together(distances in without_ties()) {
        let tree = cluster(&distances, Linkage::Complete);
        let order = tree.optimal_leaf_order(&distances).unwrap();
        for merge in tree.merges() {
            let clusters = tree.cut_height(merge.height);
            let mut in_order: Vec<usize> = order.iter().map(|&leaf| clusters[leaf]).collect();
            in_order.dedup();
            let together = in_order.len();
            in_order.sort_unstable();
            in_order.dedup();
            prop_assert_eq!(in_order.len(), together);
        }
    }
}

#[test]
fn few_points_have_a_tree_too() {
    for linkage in Linkage::ALL {
        let none = cluster(&CondensedMatrix::new(0, vec![]).unwrap(), linkage);
        assert_eq!(
            (none.leaves(), none.merges(), none.leaf_order()),
            (0, &[][..], vec![])
        );
        let distances = CondensedMatrix::new(1, vec![]).unwrap();
        let one = cluster(&distances, linkage);
        assert_eq!((one.merges(), one.leaf_order()), (&[][..], vec![0]));
        assert_eq!(one.optimal_leaf_order(&distances), Ok(vec![0]));
        assert_eq!(one.cut_count(NonZeroUsize::MIN), [0]);
        assert_eq!(one.cophenetic_correlation(&distances), None);
    }
}

#[test]
fn distances_that_overflow_still_make_a_tree() {
    let largest = CondensedMatrix::new(5, vec![f64::MAX; 10]).unwrap();
    for linkage in Linkage::ALL {
        let tree = cluster(&largest, linkage);
        assert_eq!(tree.merges().last().map(|merge| merge.size), Some(5));
        assert_eq!(tree.leaf_order().len(), 5);
    }
}

#[test]
fn an_order_that_cannot_be_had_is_an_error() {
    let two = CondensedMatrix::new(2, vec![1.0]).unwrap();
    let three = CondensedMatrix::new(3, vec![1.0; 3]).unwrap();
    let error = cluster(&two, Linkage::Single).optimal_leaf_order(&three);
    let expected = LeafOrderError::OtherPoints {
        leaves: 2,
        points: 3,
    };
    assert_eq!(error, Err(expected));
    let many = CondensedMatrix::from_fn(2001, |_, b| b as f64).unwrap();
    let error = cluster(&many, Linkage::Single).optimal_leaf_order(&many);
    let expected = LeafOrderError::TooManyLeaves {
        leaves: 2001,
        limit: 2000,
    };
    assert_eq!(error, Err(expected));
}
