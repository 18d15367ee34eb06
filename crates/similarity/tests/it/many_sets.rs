//! Many sets at once give what two at a time give.

use proptest::prelude::*;
use pullstudy_similarity::{
    Measure, SetTooHeavy, Sets, SetsBuilder, containment, jaccard, weighted_containment,
    weighted_jaccard,
};

use crate::made::{MEASURES, small_sets, threads, weight, weighted};

proptest! {
    #[test]
    fn pairs_are_those_of_two_slices(made in small_sets()) {
        let sets = weighted(&made);
        for (i, a) in made.iter().enumerate() {
            for (j, b) in made.iter().enumerate() {
                prop_assert_eq!(sets.similarity(i, j, Measure::Items), jaccard(a, b).unwrap());
                prop_assert_eq!(sets.similarity(i, j, Measure::Weights), weighted_jaccard(a, b, weight).unwrap());
                prop_assert_eq!(sets.containment(i, j, Measure::Items), containment(a, b).unwrap());
                prop_assert_eq!(
                    sets.containment(i, j, Measure::Weights),
                    weighted_containment(a, b, weight).unwrap()
                );
            }
        }
    }

    #[test]
    fn rows_and_matrices_are_made_of_pairs(made in small_sets(), count in 1_usize..4) {
        let sets = weighted(&made);
        for measure in MEASURES {
            let matrix = sets.matrix(measure, threads(count));
            for i in 0..sets.len() {
                let expected: Vec<f64> = (0..sets.len()).map(|j| sets.similarity(i, j, measure)).collect();
                let row: Vec<f64> = (0..sets.len()).map(|j| matrix.get(i, j)).collect();
                prop_assert_eq!(&sets.row(i, measure), &expected);
                prop_assert_eq!(&row, &expected);
            }
        }
    }
}

proptest! {
    #[test]
    fn figures_need_no_matrix(made in small_sets(), count in 1_usize..4) {
        let sets = weighted(&made);
        let near = |a: Option<f64>, b: Option<f64>, bound: f64| match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() < bound,
            (a, b) => a.is_none() && b.is_none(),
        };
        for measure in MEASURES {
            let (figures, matrix) = (sets.figures(measure, threads(count)), sets.matrix(measure, threads(1)));
            prop_assert!(near(figures.mean, matrix.mean(), 1e-12));
            prop_assert!(near(figures.mean_with_diagonal, matrix.mean_with_diagonal(), 1e-12));
            prop_assert!(near(figures.sd, matrix.sd(), 1e-7));
            prop_assert!(near(figures.sd_with_diagonal, matrix.sd_with_diagonal(), 1e-7));
            prop_assert_eq!(figures, sets.figures(measure, threads(1)));
        }
    }
}

#[test]
fn many_blocks_of_rows_are_filled_by_many_threads() {
    let sets = Sets::of((0..200_u32).map(|set| (0..20).map(move |item| set * 7 % 31 + item * 3)));
    let matrix = sets.matrix(Measure::Items, threads(3));
    for (i, j) in [(0, 1), (31, 32), (63, 64), (64, 199), (198, 199), (0, 199)] {
        assert_eq!(matrix.get(j, i), sets.similarity(i, j, Measure::Items));
    }
    assert_eq!(matrix, sets.matrix(Measure::Items, threads(1)));
}

#[test]
fn figures_leave_the_diagonal_out_or_put_it_in() {
    let matrix = Sets::of([[1, 2], [2, 3], [8, 9]]).matrix(Measure::Items, threads(1));
    let (mean, with) = (1.0 / 9.0, (2.0 / 3.0 + 3.0) / 9.0);
    let close = |a: Option<f64>, b: f64| (a.unwrap() - b).abs() < 1e-12;
    assert!(close(matrix.mean(), mean));
    assert!(close(matrix.sd(), (2.0_f64 / 81.0).sqrt()));
    assert!(close(matrix.mean_with_diagonal(), with));
    let squares =
        2.0 * (1.0 / 3.0 - with).powi(2) + 4.0 * with.powi(2) + 3.0 * (1.0 - with).powi(2);
    assert!(close(matrix.sd_with_diagonal(), (squares / 9.0).sqrt()));
}

#[test]
fn figures_that_do_not_exist_are_none() {
    let one = Sets::of([[1]]).matrix(Measure::Items, threads(2));
    assert_eq!((one.mean(), one.sd()), (None, None));
    assert_eq!(one.mean_with_diagonal(), Some(1.0));
    assert_eq!(one.sd_with_diagonal(), Some(0.0));
    let none = Sets::of::<u8>([[0; 0]; 0]).matrix(Measure::Items, threads(2));
    assert_eq!(none.mean_with_diagonal(), None);
    assert_eq!(none.sd_with_diagonal(), None);
}

#[test]
fn what_comes_twice_counts_once_and_is_told() {
    let mut builder = SetsBuilder::new();
    builder
        .push_weighted([("a", 5), ("b", 1), ("a", 5)])
        .unwrap();
    builder.push_weighted([("a", 6)]).unwrap();
    let (sets, items) = builder.finish_with_items();
    assert_eq!(items, ["a", "b"]);
    assert_eq!((sets.items(), sets.memberships()), (2, 3));
    assert_eq!(sets.items_of(0), [0, 1]);
    assert_eq!(sets.sets_with(0), [0, 1]);
    assert_eq!((sets.repeated_items(), sets.conflicting_weights()), (1, 1));
    assert_eq!((sets.weight(0), sets.total(1, Measure::Weights)), (5, 5));
}

#[test]
fn a_set_too_heavy_leaves_no_trace() {
    let mut builder = SetsBuilder::new();
    builder.push_weighted([("a", u64::MAX)]).unwrap();
    let error = builder.push_weighted([("b", 1), ("a", u64::MAX)]);
    assert_eq!(error, Err(SetTooHeavy { set: 1 }));
    assert_eq!(builder.push_weighted([("c", u64::MAX)]), Ok(1));
    let (sets, items) = builder.finish_with_items();
    assert_eq!(items, ["a", "c"]);
    assert_eq!(sets.similarity(0, 1, Measure::Weights), 0.0);
    assert_eq!(sets.row(1, Measure::Weights), [0.0, 1.0]);
}
