//! Comparisons of two sets of pulls.

use proptest::prelude::*;
use pullstudy_events::{
    CompareOptions, ComparedRow, Comparison, MatchBy, Pull, PullOutcome, Verdict, compare,
    compare_all,
};

use crate::made::{place, pull, pulled};

fn pulls(experiment: &str, nodes: u32, image: &str, seconds: &[f64]) -> Vec<Pull> {
    let place = place(experiment, nodes);
    seconds
        .iter()
        .map(|&seconds| pulled(&place, image, seconds))
        .collect()
}

fn compared(a: &[Pull], b: &[Pull]) -> Comparison {
    compare(a, b, &CompareOptions::default())
}

/// Eight values from a start, a little apart.
fn around(start: f64) -> [f64; 8] {
    [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7].map(|step| start + step)
}

#[test]
fn a_ratio_above_one_means_that_the_second_is_faster() {
    let a = pulls("run1", 8, "x/a:1", &around(10.0));
    let b = pulls("run2", 8, "x/a:1", &around(5.0));
    let Comparison {
        rows,
        total,
        only_a,
        only_b,
        ..
    } = compared(&a, &b);
    assert_eq!((only_a.len(), only_b.len(), rows.len()), (0, 0, 1));
    let row = &rows[0];
    assert_eq!(
        (row.nodes, &*row.image, row.matched_by),
        (Some(8), "x/a:1", MatchBy::Reference)
    );
    assert!((row.median_a_seconds - 10.35).abs() < 1e-12);
    assert!((row.median_b_seconds - 5.35).abs() < 1e-12);
    let ratio = row.ratio_a_over_b.unwrap();
    assert!((ratio.estimate - 10.35 / 5.35).abs() < 1e-12);
    assert!(ratio.interval.unwrap().low > 1.5);
    // scipy.stats.mannwhitneyu(a, b): U = 64, p = 2 / comb(16, 8).
    assert_eq!(row.test.u, 64.0);
    assert!((row.test.p - 2.0 / 12_870.0).abs() < 1e-12);
    assert_eq!(row.p_corrected, Some(row.test.p));
    assert!((row.shift_seconds.estimate - 5.0).abs() < 1e-9);
    assert_eq!(row.verdict, Verdict::BFaster);
    assert_eq!((total.count_a, total.count_b), (8, 8));
    assert!((total.sum_ratio_a_over_b.unwrap() - 82.8 / 42.8).abs() < 1e-12);
    assert_eq!(compared(&b, &a).rows[0].verdict, Verdict::AFaster);
}

#[test]
fn what_could_be_chance_is_not_called_a_difference() {
    let a = pulls("run1", 8, "x/a:1", &around(10.0));
    let b = pulls("run2", 8, "x/a:1", &around(10.05));
    let row = &compared(&a, &b).rows[0];
    assert_eq!(row.verdict, Verdict::NoDifferenceShown);
}

#[test]
fn too_few_pulls_show_nothing_however_far_apart() {
    let a = pulls("run1", 3, "x/a:1", &[1.0, 2.0, 3.0]);
    let b = pulls("run2", 3, "x/a:1", &[100.0, 200.0, 300.0]);
    let row = &compared(&a, &b).rows[0];
    assert_eq!((row.verdict, row.p_corrected), (Verdict::TooFew, None));
}

/// Rows of so many pulls on each side, which do not overlap.
fn apart(pulls_a_side: &[u32]) -> Vec<ComparedRow> {
    let side = |start: f64| -> Vec<Pull> {
        let images = pulls_a_side.iter().zip(1..);
        let of_image = |(&count, image): (&u32, u32)| {
            let seconds: Vec<f64> = (0..count).map(|step| start + f64::from(step)).collect();
            pulls("run", 4, &format!("x/a:{image}"), &seconds)
        };
        images.flat_map(of_image).collect()
    };
    compared(&side(100.0), &side(1.0)).rows
}

fn verdicts(rows: &[ComparedRow]) -> Vec<Verdict> {
    rows.iter().map(|row| row.verdict).collect()
}

#[test]
fn rows_that_could_not_tell_among_the_others_are_not_tested() {
    // 4 against 4 that do not overlap: p = 2 / 70, enough for one row and not for two.
    assert_eq!(verdicts(&apart(&[4])), [Verdict::BFaster]);
    assert_eq!(verdicts(&apart(&[4, 4])), [Verdict::TooFew; 2]);
    let mut sizes = [1; 15];
    sizes[..5].fill(4);
    let rows = apart(&sizes);
    assert_eq!(verdicts(&rows), [Verdict::TooFew; 15]);
    assert!(rows.iter().all(|row| row.p_corrected.is_none()));
}

#[test]
fn rows_are_corrected_for_those_that_are_tested() {
    // 5 against 5: p = 2 / 252. Of four rows two reach 0.05 / 2.
    let rows = apart(&[5, 4, 5, 4]);
    let (yes, no) = (Verdict::BFaster, Verdict::TooFew);
    assert_eq!(verdicts(&rows), [yes, no, yes, no]);
    for row in [&rows[0], &rows[2]] {
        let corrected = row.p_corrected.unwrap();
        assert!((corrected - 4.0 / 252.0).abs() < 1e-12, "{corrected}");
    }
}

#[test]
fn a_row_that_could_tell_and_does_not_shows_no_difference() {
    let near = |start: f64| pulls("run", 4, "x/near:1", &around(start));
    let far = |start: f64| pulls("run", 4, "x/far:1", &around(start));
    let (mut a, mut b) = (near(10.0), near(10.05));
    a.extend(far(10.0));
    b.extend(far(1.0));
    let rows = compared(&a, &b).rows;
    assert_eq!(
        verdicts(&rows),
        [Verdict::BFaster, Verdict::NoDifferenceShown]
    );
    assert!((rows[0].p_corrected.unwrap() - 4.0 / 12_870.0).abs() < 1e-12);
    assert_eq!(rows[1].p_corrected, Some(rows[1].test.p));
}

#[test]
fn rows_that_cannot_tell_do_not_make_it_harder_for_the_others() {
    let mut a = pulls("run1", 4, "x/a:1", &[9.0, 9.1, 9.2, 9.3]);
    let mut b = pulls("run2", 4, "x/a:1", &[1.0, 1.1, 1.2, 1.3]);
    for image in ["x/b:1", "x/c:1", "x/d:1"] {
        a.extend(pulls("run1", 4, image, &[9.0]));
        b.extend(pulls("run2", 4, image, &[1.0]));
    }
    assert_eq!(
        verdicts(&compared(&a, &b).rows),
        [
            Verdict::BFaster,
            Verdict::TooFew,
            Verdict::TooFew,
            Verdict::TooFew
        ]
    );
}

#[test]
fn what_one_side_lacks_is_listed_and_not_summed_up() {
    let mut a = pulls("run1", 4, "x/a:1", &[1.0, 2.0]);
    a.extend(pulls("run1", 8, "x/a:1", &[3.0, 4.0]));
    let mut b = pulls("run2", 4, "x/a:1", &[1.0]);
    b.extend(pulls("run2", 4, "x/b:1", &[5.0]));
    b.push(pull(&place("run2", 8), "x/a:1", PullOutcome::Present));
    let Comparison {
        rows,
        total,
        only_a,
        only_b,
        ..
    } = compared(&a, &b);
    assert_eq!(rows.len(), 1);
    assert_eq!((total.sum_a_seconds, total.sum_b_seconds), (3.0, 1.0));
    assert_eq!(
        (only_a.len(), only_a[0].nodes, only_a[0].sum_seconds),
        (1, Some(8), 7.0)
    );
    assert_eq!(
        (only_b.len(), &*only_b[0].image, only_b[0].count),
        (1, "x/b:1", 1)
    );
}

#[test]
fn images_of_another_repository_are_matched_by_what_was_asked_for() {
    let a = pulls("run1", 4, "ghcr.io/x/study-run1:9-layers", &[1.0]);
    let b = pulls("run2", 4, "docker.pkg.dev/x/study-run2:9-layers", &[1.0]);
    let rows = |match_by| {
        let options = CompareOptions {
            match_by,
            ..CompareOptions::default()
        };
        compare(&a, &b, &options).rows
    };
    assert!(rows(MatchBy::Name).is_empty());
    for match_by in [MatchBy::Tag, MatchBy::Auto] {
        let rows = rows(match_by);
        assert_eq!(
            (&*rows[0].image, rows[0].matched_by),
            ("9-layers", MatchBy::Tag)
        );
        assert_eq!(rows[0].image_b, "docker.pkg.dev/x/study-run2:9-layers");
    }
}

/// Two pulls on each of four nodes, which took the same time because they shared a download.
fn on_shared_nodes(experiment: &str, start: f64) -> Vec<Pull> {
    let mut pulls = pulls(experiment, 4, "x/a:1", &around(start));
    for (position, pull) in pulls.iter_mut().enumerate() {
        pull.node = Some(format!("node-{}", position / 2).into());
    }
    pulls
}

#[test]
fn pulls_that_share_a_node_are_told_and_count_once_if_asked() {
    let (a, b) = (on_shared_nodes("run1", 10.0), on_shared_nodes("run2", 5.0));
    let by_pull = compared(&a, &b);
    assert_eq!((by_pull.rows[0].count_a, by_pull.shared), (8, 8));
    let options = CompareOptions {
        per_node: true,
        ..CompareOptions::default()
    };
    let by_node = compare(&a, &b, &options);
    let row = &by_node.rows[0];
    assert_eq!((row.count_a, row.count_b, by_node.shared), (4, 4, 0));
    // Means of two are 10.05, 10.25, 10.45, 10.65.
    assert!((row.median_a_seconds - 10.35).abs() < 1e-12);
    // scipy.stats.mannwhitneyu: 2 / comb(8, 4), where eight against eight had 2 / comb(16, 8).
    assert!((row.test.p - 2.0 / 70.0).abs() < 1e-12);
}

#[test]
fn nothing_compares_to_nothing() {
    let comparison = compared(&[], &[]);
    assert!(comparison.rows.is_empty() && comparison.total.sum_ratio_a_over_b.is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_order_of_pulls_changes_nothing(
        a in prop::collection::vec((0_u32..3, 0.1..100.0_f64), 1..12),
        b in prop::collection::vec((0_u32..3, 0.1..100.0_f64), 1..12),
    ) {
        let side = |values: &[(u32, f64)]| -> Vec<Pull> {
            values.iter().flat_map(|&(image, seconds)| pulls("run", 4, &format!("x/a:{image}"), &[seconds])).collect()
        };
        let (mut a, mut b) = (side(&a), side(&b));
        let there = compared(&a, &b);
        a.reverse();
        b.reverse();
        prop_assert_eq!(&compared(&a, &b), &there);
    }

    #[test]
    fn turned_around_the_verdicts_turn_around(
        a in prop::collection::vec(0.1..100.0_f64, 1..12),
        b in prop::collection::vec(0.1..100.0_f64, 1..12),
    ) {
        let (a, b) = (pulls("a", 4, "x/a:1", &a), pulls("b", 4, "x/a:1", &b));
        let turned = match compared(&a, &b).rows[0].verdict {
            Verdict::AFaster => Verdict::BFaster,
            Verdict::BFaster => Verdict::AFaster,
            other => other,
        };
        prop_assert_eq!(compared(&b, &a).rows[0].verdict, turned);
    }
}

#[test]
fn what_is_compared_together_is_corrected_together() {
    let near = pulls("near", 8, "x/a:1", &around(10.0));
    let far = pulls("far", 8, "x/a:1", &around(10.35));
    let farther = pulls("farther", 8, "x/a:1", &around(12.0));
    let options = CompareOptions::default();
    let both = compare_all(&[(&near, &far), (&near, &farther)], &options);
    let alone = [
        compare(&near, &far, &options),
        compare(&near, &farther, &options),
    ];
    for (together, alone) in both.iter().zip(&alone) {
        let (together, alone) = (&together.rows[0], &alone.rows[0]);
        assert_eq!(together.test, alone.test);
        assert_eq!(together.shift_seconds, alone.shift_seconds);
        assert!(together.p_corrected >= alone.p_corrected);
    }
    // Holm: the smaller p is doubled, the larger one stays.
    let doubled = alone[1].rows[0].test.p * 2.0;
    assert_eq!(both[1].rows[0].p_corrected, Some(doubled));
    assert_eq!(both[0].rows[0].p_corrected, Some(alone[0].rows[0].test.p));
}
