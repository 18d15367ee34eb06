//! How far apart events lie.

use pullstudy_events::MilestoneKind::{Created, Present, Pulled, Pulling, Started};
use pullstudy_events::{ContainerTimeline, SpreadEvent, SpreadRow, spread};

use crate::made::{at, place, timeline};

fn row<'a>(rows: &'a [SpreadRow], nodes: u32, image: &str, event: SpreadEvent) -> &'a SpreadRow {
    let is_it = |row: &&SpreadRow| {
        (row.nodes, row.image.as_deref(), row.event) == (Some(nodes), Some(image), event)
    };
    rows.iter().find(is_it).expect("there is such a row")
}

#[test]
fn a_range_is_from_the_first_to_the_last() {
    let place = place("run1", 4);
    let steps = |ms| {
        [
            (Pulling, 0),
            (Pulled, ms),
            (Created, ms),
            (Started, ms + 500),
        ]
    };
    let timelines: Vec<_> = [1_000, 2_000, 3_000, 10_000]
        .map(|ms| timeline(&place, &format!("pod {ms}"), "a:1", &steps(ms)))
        .into();
    let rows = spread(&timelines);
    let events: Vec<&str> = rows.iter().map(|row| row.event.as_str()).collect();
    assert_eq!(
        events,
        ["scheduled", "pulling", "pulled", "created", "started"]
    );
    let pulled = row(&rows, 4, "a:1", SpreadEvent::Pulled);
    assert_eq!(
        (pulled.count, pulled.range_seconds, pulled.iqr_seconds),
        (4, 9.0, 3.0)
    );
    // statistics.stdev([1, 2, 3, 10]) in Python.
    assert!((pulled.sd_seconds.unwrap() - 4.08248290463863).abs() < 1e-12);
    assert_eq!(
        row(&rows, 4, "a:1", SpreadEvent::Pulling).range_seconds,
        0.0
    );
}

#[test]
fn a_pod_is_scheduled_once_for_each_of_its_images() {
    let place = place("run1", 4);
    let timelines = [
        timeline(&place, "pod", "init:1", &[(Present, 5)]),
        timeline(&place, "pod", "app:1", &[(Pulling, 6)]),
        timeline(&place, "pod", "app:1", &[(Present, 7)]),
        timeline(&place, "other", "app:1", &[(Pulled, 8)]),
    ];
    let rows = spread(&timelines);
    assert_eq!(row(&rows, 4, "init:1", SpreadEvent::Scheduled).count, 1);
    assert_eq!(row(&rows, 4, "app:1", SpreadEvent::Scheduled).count, 2);
    // What was present counts as pulled.
    assert_eq!(row(&rows, 4, "app:1", SpreadEvent::Pulled).count, 2);
}

#[test]
fn an_image_that_no_event_tells_is_null() {
    let mut silent = ContainerTimeline::new(place("run1", 4));
    silent.scheduled_at = Some(at(0));
    let rows = spread(&[silent.clone(), silent]);
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].image.clone(), rows[0].count, rows[0].sd_seconds),
        (None, 2, Some(0.0))
    );
}

#[test]
fn a_larger_cluster_is_set_against_draws_of_the_smallest() {
    let of_cluster = |nodes: u32| {
        let place = place("run1", nodes);
        (0..nodes).map(move |node| {
            timeline(
                &place,
                &format!("{nodes} {node}"),
                "a:1",
                &[(Pulled, 1_000 * u64::from(node))],
            )
        })
    };
    let timelines: Vec<_> = of_cluster(4).chain(of_cluster(2)).collect();
    let rows = spread(&timelines);
    let large = row(&rows, 4, "a:1", SpreadEvent::Pulled)
        .expected_range
        .unwrap();
    // Two of 0, 1, 2, 3: ranges 1, 2, 3, 1, 2, 1.
    assert_eq!(large.draws, 2);
    assert!((large.mean - 10.0 / 6.0).abs() < 1e-12, "{large:?}");
    let small = row(&rows, 2, "a:1", SpreadEvent::Pulled);
    assert_eq!(small.expected_range.unwrap().mean, small.range_seconds);
}
