//! Laws of the similarity of two sets.

use proptest::prelude::*;
use pullstudy_similarity::{
    UnsortedSet, containment, jaccard, weighted_containment, weighted_jaccard,
};

use crate::made::{small_set, weight};

proptest! {
    #[test]
    fn jaccard_is_what_its_definition_says(a in small_set(), b in small_set()) {
        let shared = a.iter().filter(|item| b.contains(item)).count();
        let union = a.len() + b.len() - shared;
        let expected = if union == 0 { 1.0 } else { shared as f64 / union as f64 };
        prop_assert_eq!(jaccard(&a, &b).unwrap(), expected);
    }

    #[test]
    fn similarity_is_symmetric_and_within_0_and_1(a in small_set(), b in small_set()) {
        for (forth, back) in [
            (jaccard(&a, &b).unwrap(), jaccard(&b, &a).unwrap()),
            (weighted_jaccard(&a, &b, weight).unwrap(), weighted_jaccard(&b, &a, weight).unwrap()),
        ] {
            prop_assert_eq!(forth, back);
            prop_assert!((0.0..=1.0).contains(&forth));
        }
    }

    #[test]
    fn a_set_is_all_of_itself(a in small_set()) {
        prop_assert_eq!(jaccard(&a, &a).unwrap(), 1.0);
        prop_assert_eq!(weighted_jaccard(&a, &a, weight).unwrap(), 1.0);
        prop_assert_eq!(containment(&a, &a).unwrap(), 1.0);
        prop_assert_eq!(weighted_containment(&a, &a, weight).unwrap(), 1.0);
    }

    #[test]
    fn the_distance_is_a_metric(a in small_set(), b in small_set(), c in small_set()) {
        let distance = |x: &[u8], y: &[u8]| 1.0 - jaccard(x, y).unwrap();
        prop_assert!(distance(&a, &c) <= distance(&a, &b) + distance(&b, &c) + 1e-12);
        let distance = |x: &[u8], y: &[u8]| 1.0 - weighted_jaccard(x, y, weight).unwrap();
        prop_assert!(distance(&a, &c) <= distance(&a, &b) + distance(&b, &c) + 1e-12);
    }

    #[test]
    fn equal_weights_change_nothing(a in small_set(), b in small_set()) {
        prop_assert_eq!(weighted_jaccard(&a, &b, |_| 7).unwrap(), jaccard(&a, &b).unwrap());
        prop_assert_eq!(weighted_containment(&a, &b, |_| 7).unwrap(), containment(&a, &b).unwrap());
    }

    #[test]
    fn containment_never_lies_below_jaccard(a in small_set(), b in small_set()) {
        prop_assert!(containment(&a, &b).unwrap() >= jaccard(&a, &b).unwrap());
    }
}

#[test]
fn nothing_equals_nothing_and_lacks_nothing() {
    let nothing: [u8; 0] = [];
    assert_eq!(jaccard(&nothing, &nothing), Ok(1.0));
    assert_eq!(jaccard(&nothing, &[1]), Ok(0.0));
    assert_eq!(containment(&nothing, &[1]), Ok(1.0));
    assert_eq!(containment(&[1], &nothing), Ok(0.0));
    assert_eq!(weighted_jaccard(&[1], &[2], |_| 0), Ok(1.0));
}

#[test]
fn the_largest_weights_do_not_overflow() {
    assert_eq!(
        weighted_jaccard(&[1, 2], &[1, 2, 3, 4], |_| u64::MAX),
        Ok(0.5)
    );
}

#[test]
fn an_unsorted_set_is_told_with_its_position() {
    assert_eq!(jaccard(&[1, 2, 2], &[1]), Err(UnsortedSet { position: 2 }));
    assert_eq!(
        containment(&[1], &[3, 1, 0]),
        Err(UnsortedSet { position: 1 })
    );
}
