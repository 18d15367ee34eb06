//! Clustering sets by components gives the tree of the whole.

use std::collections::BTreeSet;

use proptest::prelude::*;
use pullstudy_similarity::{Dendrogram, Linkage, Measure, Sets, SetsBuilder, TooManySets, cluster};

use crate::made::{MEASURES, small_sets, threads, weighted};

/// Linkages that are decomposed.
const DECOMPOSED: [Linkage; 4] = [
    Linkage::Single,
    Linkage::Complete,
    Linkage::Average,
    Linkage::Weighted,
];

/// Sets of items whose weights let no two distances be equal but 0 and 1, some sets identical, some without items.
fn sets_without_ties(common: Option<u64>) -> impl Strategy<Value = Sets> {
    let set = prop::collection::btree_set(0_u64..10, 0..5);
    let sets = prop::collection::vec(set, 0..20);
    (sets, prop::collection::vec(1_u64 << 30..1 << 40, 10)).prop_map(move |(sets, weights)| {
        let mut builder = SetsBuilder::new();
        for set in sets {
            let items = set
                .into_iter()
                .map(|item| (item, weights[usize::try_from(item).unwrap()]));
            let items: BTreeSet<(u64, u64)> =
                items.chain(common.map(|weight| (99, weight))).collect();
            builder.push_weighted(items).unwrap();
        }
        builder.finish()
    })
}

fn whole(sets: &Sets, measure: Measure, linkage: Linkage) -> Dendrogram {
    cluster(&sets.matrix(measure, threads(1)).into_distances(), linkage)
}

/// Whether all leaves come together at the same heights.
fn is_same_tree(one: &Dendrogram, other: &Dendrogram) -> bool {
    let (one, other) = (one.cophenetic_distances(), other.cophenetic_distances());
    let pairs = one.values().iter().zip(other.values());
    one.len() == other.len() && pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-9)
}

/// The members of every cluster that was ever made, leaves first.
fn members(tree: &Dendrogram) -> Vec<Vec<usize>> {
    let mut members: Vec<Vec<usize>> = (0..tree.leaves()).map(|leaf| vec![leaf]).collect();
    for merge in tree.merges() {
        members.push([members[merge.left].clone(), members[merge.right].clone()].concat());
    }
    members
}

proptest! {
    #[test]
    fn components_make_the_tree_of_the_whole(sets in sets_without_ties(None), count in 1_usize..4) {
        for linkage in DECOMPOSED {
            let tree = sets.cluster(linkage, Measure::Weights, threads(count)).unwrap();
            prop_assert!(is_same_tree(&tree, &whole(&sets, Measure::Weights, linkage)));
        }
    }

    #[test]
    fn single_linkage_makes_one_tree_whatever_the_ties(made in small_sets()) {
        let sets = weighted(&made);
        for measure in MEASURES {
            let tree = sets.cluster(Linkage::Single, measure, threads(1)).unwrap();
            prop_assert!(is_same_tree(&tree, &whole(&sets, measure, Linkage::Single)));
        }
    }

    #[test]
    fn ward_takes_identical_sets_together(sets in sets_without_ties(Some(1 << 35))) {
        let tree = sets.cluster(Linkage::Ward, Measure::Weights, threads(2)).unwrap();
        prop_assert!(is_same_tree(&tree, &whole(&sets, Measure::Weights, Linkage::Ward)));
    }

    #[test]
    fn heights_are_what_the_linkage_says_of_the_members(made in small_sets()) {
        let sets = weighted(&made);
        for measure in MEASURES {
            for linkage in [Linkage::Single, Linkage::Complete, Linkage::Average] {
                let tree = sets.cluster(linkage, measure, threads(1)).unwrap();
                let members = members(&tree);
                for merge in tree.merges() {
                    let right = &members[merge.right];
                    let pairs = members[merge.left].iter().flat_map(|&a| right.iter().map(move |&b| (a, b)));
                    let distances: Vec<f64> = pairs.map(|(a, b)| 1.0 - sets.similarity(a, b, measure)).collect();
                    let expected = match linkage {
                        Linkage::Single => distances.iter().copied().fold(1.0, f64::min),
                        Linkage::Complete => distances.iter().copied().fold(0.0, f64::max),
                        _ => distances.iter().sum::<f64>() / distances.len() as f64,
                    };
                    prop_assert!((merge.height - expected).abs() < 1e-9);
                }
            }
        }
    }
}

#[test]
fn threads_and_order_do_not_matter() {
    let sets = Sets::of(
        (0..300_u32).map(|set| (0..6).map(move |item| (set * 37 + item * item * 11) % 101)),
    );
    for linkage in Linkage::ALL {
        let one = sets.cluster(linkage, Measure::Items, threads(1)).unwrap();
        assert_eq!(
            one,
            sets.cluster(linkage, Measure::Items, threads(3)).unwrap()
        );
    }
}

#[test]
fn too_many_sets_are_told_before_anything_is_computed() {
    let sets = Sets::of([vec![1, 2], vec![2, 3], vec![3, 4], vec![9], vec![9]]);
    let limited = |linkage| sets.cluster_within(linkage, Measure::Items, threads(1), 20);
    let of_component = TooManySets::Component {
        distinct: 3,
        bytes: 24,
        limit_bytes: 20,
    };
    assert_eq!(limited(Linkage::Average), Err(of_component));
    let of_ward = TooManySets::Ward {
        distinct: 4,
        bytes: 48,
        limit_bytes: 20,
    };
    assert_eq!(limited(Linkage::Ward), Err(of_ward));
    assert_eq!(
        of_ward.to_string(),
        "Ward linkage runs on the whole: the distances of all 4 different sets take 48 bytes, more than 20"
    );
    assert!(limited(Linkage::Single).is_ok());
}

#[test]
fn no_sets_and_sets_of_nothing_have_a_tree() {
    for linkage in Linkage::ALL {
        let none = Sets::of::<u8>([[0; 0]; 0]);
        assert!(
            none.cluster(linkage, Measure::Items, threads(1))
                .unwrap()
                .merges()
                .is_empty()
        );
        let nothing = Sets::of::<u8>([vec![], vec![], vec![]]);
        let tree = nothing
            .cluster(linkage, Measure::Weights, threads(1))
            .unwrap();
        assert_eq!(
            tree.merges().last().map(|merge| (merge.height, merge.size)),
            Some((0.0, 3))
        );
    }
}
