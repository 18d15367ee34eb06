//! Where the time until a container runs goes.

use pullstudy_events::MilestoneKind::{Created, Present, Pulled, Pulling, Started};
use pullstudy_events::{ContainerTimeline, MilestoneKind, stages};

use crate::made::{at, place, timeline};

/// Stages with their seconds summed up and how many of them are negative.
fn told(timelines: &[ContainerTimeline]) -> Vec<(&'static str, usize, f64, usize)> {
    let rows = stages(timelines).into_iter();
    rows.map(|row| {
        (
            row.stage.as_str(),
            row.seconds.count,
            row.seconds.sum,
            row.negative,
        )
    })
    .collect()
}

fn one(steps: &[(MilestoneKind, u64)]) -> Vec<(&'static str, usize, f64, usize)> {
    told(&[timeline(&place("run1", 4), "pod", "a:1", steps)])
}

#[test]
fn each_stage_is_from_one_step_to_the_next() {
    let steps = [
        (Pulling, 2_000),
        (Pulled, 5_000),
        (Created, 5_500),
        (Started, 6_000),
    ];
    let mut timeline = timeline(&place("run1", 4), "pod", "a:1", &steps);
    timeline.completed_at = Some(at(16_000));
    assert_eq!(
        told(&[timeline]),
        [
            ("scheduled_to_pulling", 1, 2.0, 0),
            ("pulling_to_pulled", 1, 3.0, 0),
            ("pulled_to_created", 1, 0.5, 0),
            ("created_to_started", 1, 0.5, 0),
            ("scheduled_to_started", 1, 6.0, 0),
            ("started_to_completed", 1, 10.0, 0),
        ]
    );
}

#[test]
fn attempts_that_fail_are_part_of_the_pull() {
    let steps = [
        (Pulling, 1_000),
        (Pulling, 11_000),
        (Pulling, 31_000),
        (Pulled, 33_000),
    ];
    let expected = [
        ("scheduled_to_pulling", 1, 1.0, 0),
        ("pulling_to_pulled", 1, 32.0, 0),
    ];
    assert_eq!(one(&steps), expected);
}

#[test]
fn a_restart_goes_through_the_stages_again() {
    let steps = [
        (Present, 1_000),
        (Created, 2_000),
        (Started, 3_000),
        (Pulling, 100_000),
        (Pulled, 102_000),
        (Created, 103_000),
        (Started, 105_000),
    ];
    let expected = [
        ("pulling_to_pulled", 1, 2.0, 0),
        ("pulled_to_created", 2, 2.0, 0),
        ("created_to_started", 2, 3.0, 0),
        ("scheduled_to_started", 1, 3.0, 0),
    ];
    assert_eq!(one(&steps), expected);
}

#[test]
fn times_that_run_backwards_are_kept_and_counted() {
    let steps = [
        (Pulled, 1_000),
        (Created, 1_000),
        (Pulling, 1_400),
        (Started, 2_000),
    ];
    let expected = [
        ("scheduled_to_pulling", 1, 1.4, 0),
        ("pulling_to_pulled", 1, -0.4, 1),
        ("pulled_to_created", 1, 0.0, 0),
        ("created_to_started", 1, 1.0, 0),
        ("scheduled_to_started", 1, 2.0, 0),
    ];
    assert_eq!(one(&steps), expected);
    // The same where the order of the steps is known by more than their timestamps.
    let steps = [
        (Pulling, 1_400),
        (Pulled, 1_000),
        (Created, 1_000),
        (Started, 2_000),
    ];
    assert_eq!(one(&steps), expected);
}

#[test]
fn a_step_without_the_one_before_gives_no_time() {
    assert_eq!(one(&[(Created, 1_000)]), []);
    assert_eq!(told(&[ContainerTimeline::new(place("run1", 4))]), []);
    // A pull that is under way, after the image was there at first.
    assert_eq!(one(&[(Present, 1_000), (Pulling, 9_000)]), []);
}
