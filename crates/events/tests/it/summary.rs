//! Summaries of pulls, and their warnings.

use std::sync::Arc;

use proptest::prelude::*;
use pullstudy_events::{
    Clock, Column, Key, KeyValue, Layout, Pull, PullOutcome, Summaries, summarise, warning_lines,
};

use crate::made::{place, pull, pulled};

fn by(list: &str) -> Vec<Column> {
    Column::parse_list(list, &Layout::default(), &[]).unwrap()
}

fn key(values: &[&str]) -> Key {
    let value = |text: &&str| match text.parse() {
        Ok(number) => KeyValue::Number(number),
        Err(_) => KeyValue::Text((*text).into()),
    };
    Key(values.iter().map(value).collect())
}

fn warnings(summaries: &Summaries) -> Vec<String> {
    summaries.warnings.iter().map(ToString::to_string).collect()
}

#[test]
fn groups_are_sorted_by_their_values_with_numbers_as_numbers() {
    let pulls: Vec<_> = [16, 4, 8]
        .map(|nodes| pulled(&place("run1", nodes), "a:1", 1.0))
        .into();
    let summaries = summarise(&pulls, &by("experiment,nodes"), Clock::PullOnly);
    let keys: Vec<Key> = summaries.rows.into_iter().map(|row| row.key).collect();
    assert_eq!(
        keys,
        [
            key(&["run1", "4"]),
            key(&["run1", "8"]),
            key(&["run1", "16"])
        ]
    );
}

#[test]
fn figures_are_of_what_was_pulled_and_the_rest_is_counted() {
    let place = place("run1", 4);
    let mut pulls: Vec<_> = [1.0, 2.0, 3.0, 10.0]
        .map(|seconds| pulled(&place, "a:1", seconds))
        .into();
    pulls.push(pull(&place, "a:1", PullOutcome::Present));
    pulls.push(pull(&place, "a:1", PullOutcome::Failed));
    pulls.push(pull(&place, "a:1", PullOutcome::Unfinished));
    let row = &summarise(&pulls, &by("image"), Clock::IncludingWaiting).rows[0];
    assert_eq!(
        (row.count, row.present, row.failed, row.unfinished),
        (4, 1, 1, 1)
    );
    assert_eq!(row.failure_rate, Some(0.2));
    let seconds = row.seconds.unwrap();
    assert_eq!(
        (seconds.sum, seconds.mean, seconds.median),
        (16.0, 4.0, 2.5)
    );
    // statistics.stdev([1, 2, 3, 10]) in Python.
    assert!((seconds.sd.unwrap() - 4.08248290463863).abs() < 1e-12);
}

#[test]
fn a_group_without_a_pull_has_a_row_without_figures() {
    let pulls = [pull(&place("run1", 1), "a:1", PullOutcome::Present)];
    let row = &summarise(&pulls, &by("experiment"), Clock::PullOnly).rows[0];
    assert_eq!((row.count, row.seconds, row.failure_rate), (0, None, None));
}

#[test]
fn no_columns_make_one_group_and_no_pulls_none() {
    let pulls = [
        pulled(&place("a", 1), "a:1", 1.0),
        pulled(&place("b", 1), "b:1", 1.0),
    ];
    assert_eq!(summarise(&pulls, &[], Clock::PullOnly).rows[0].count, 2);
    assert_eq!(summarise(&[], &[], Clock::PullOnly), Summaries::default());
}

#[test]
fn waiting_beyond_a_twentieth_is_told() {
    let mut one = pulled(&place("run1", 1), "a:1", 9.0);
    one.including_waiting_seconds = Some(10.0);
    let pulls = [one];
    let summaries = summarise(&pulls, &by("nodes"), Clock::IncludingWaiting);
    assert_eq!(
        warnings(&summaries),
        [
            "nodes 1: 10.0 % of the seconds is waiting behind other images, so the figures say more of the queue \
             than of this image; --clock pull-only leaves it out"
        ]
    );
    assert_eq!(summaries.rows[0].seconds.unwrap().sum, 10.0);
    let summaries = summarise(&pulls, &by("nodes"), Clock::PullOnly);
    assert_eq!(warnings(&summaries), [""; 0]);
    assert_eq!(summaries.rows[0].seconds.unwrap().sum, 9.0);
}

#[test]
fn waiting_of_a_twentieth_is_not() {
    let mut one = pulled(&place("run1", 1), "a:1", 9.5);
    one.including_waiting_seconds = Some(10.0);
    assert_eq!(
        warnings(&summarise(&[one], &[], Clock::IncludingWaiting)),
        [""; 0]
    );
}

#[test]
fn fewer_pulls_than_nodes_are_told_where_groups_are_of_images_on_clusters() {
    let place = place("run4", 3);
    let pulls = [
        pulled(&place, "a:1", 1.0),
        pulled(&place, "a:1", 1.0),
        pull(&place, "a:1", PullOutcome::Present),
    ];
    let told = |list: &str| warnings(&summarise(&pulls, &by(list), Clock::PullOnly));
    assert_eq!(
        told("nodes,image"),
        [
            "nodes 3, image a:1: 2 pulls on a cluster of 3 nodes (1 present, 0 failed or unfinished), so the \
             figures do not tell of every node; `pullstat pulls` lists those there are"
        ]
    );
    for list in ["nodes", "image", "nodes,image,outcome", "nodes,image,pod"] {
        assert_eq!(told(list), [""; 0], "{list}");
    }
}

#[test]
fn an_image_that_was_present_everywhere_measures_nothing_and_lacks_nothing() {
    let place = place("run4", 3);
    let mut pulls = vec![pull(&place, "a:1", PullOutcome::Present)];
    let told = |pulls: &[Pull]| warnings(&summarise(pulls, &by("nodes,image"), Clock::PullOnly));
    assert_eq!(told(&pulls), [""; 0]);
    pulls.push(pull(&place, "a:1", PullOutcome::Failed));
    let told = told(&pulls);
    assert!(
        told[0].contains("0 pulls on a cluster of 3 nodes (1 present, 1 failed or unfinished)"),
        "{told:?}"
    );
}

#[test]
fn a_time_that_holds_the_queue_is_told_where_the_pull_alone_was_asked_for() {
    let mut pulls = [5.0, 9.0, 10.0].map(|seconds| pulled(&place("run1", 1), "a:1", seconds));
    pulls[0].including_waiting_seconds = None;
    let told = |pulls: &[Pull], clock| warnings(&summarise(pulls, &by("image"), clock));
    assert_eq!(
        told(&pulls, Clock::PullOnly),
        [
            "image a:1: 1 of 3 pulls tell one time only, as kubelets before 1.25 do; it holds the queue behind \
             other images, so the figures are not of the pull alone, and how much is waiting is not known"
        ]
    );
    assert_eq!(told(&pulls, Clock::IncludingWaiting), [""; 0]);
    // Of those that tell both, 1.5 of 20.5.
    pulls[1].including_waiting_seconds = Some(10.5);
    let told = told(&pulls, Clock::IncludingWaiting);
    assert!(told[0].contains("7.3 % of the seconds"), "{told:?}");
}

#[test]
fn columns_without_a_value_are_left_out_of_the_name_of_a_group() {
    let mut silent = pulled(&place("run1", 1), "a:1", 1.0);
    (silent.pull_seconds, silent.including_waiting_seconds) = (None, None);
    let told = |list: &str| warnings(&summarise(&[silent.clone()], &by(list), Clock::PullOnly));
    let what = "the only pull has no seconds";
    for (list, group) in [
        ("node,image,pod", "image a:1"),
        ("node", "all pulls"),
        ("node,pod", "all pulls"),
    ] {
        let told = told(list);
        assert!(told[0].starts_with(&format!("{group}: {what}")), "{told:?}");
    }
}

#[test]
fn pulls_that_share_a_node_are_told() {
    let place = place("run1", 4);
    let mut pulls: Vec<_> = (0..4).map(|_| pulled(&place, "x/a:1", 1.0)).collect();
    for (position, pull) in pulls.iter_mut().enumerate() {
        pull.node = Some(format!("node-{}", position / 2).into());
    }
    let summaries = summarise(&pulls, &by("nodes,image"), Clock::IncludingWaiting);
    assert_eq!(summaries.rows[0].pulled_nodes, 2);
    let told = warnings(&summaries);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("4 pulls on 2 of 4 nodes"), "{told:?}");
    // By node each group is one node's.
    let summaries = summarise(&pulls, &by("nodes,image,node"), Clock::IncludingWaiting);
    assert!(warnings(&summaries).is_empty());
}

#[test]
fn pulls_that_all_stand_in_several_files_are_told() {
    let place = place("run1", 1);
    let mut pulls = [pulled(&place, "a:1", 1.0), pulled(&place, "a:1", 1.0)];
    pulls[0].files = 2;
    assert_eq!(warnings(&summarise(&pulls, &[], Clock::PullOnly)), [""; 0]);
    pulls[1].files = 3;
    let told = warnings(&summarise(&pulls, &[], Clock::PullOnly));
    assert!(
        told[0].starts_with("all pulls: all 2 pulls stand in two files or more"),
        "{told:?}"
    );
    let told = warnings(&summarise(&pulls[1..], &[], Clock::PullOnly));
    assert!(
        told[0].starts_with("all pulls: the only pull stands in two files or more"),
        "{told:?}"
    );
}

#[test]
fn pulls_without_seconds_are_told() {
    let mut silent = pulled(&place("run1", 1), "a:1", 1.0);
    (silent.pull_seconds, silent.including_waiting_seconds) = (None, None);
    let pulls = [silent, pulled(&place("run1", 1), "a:1", 1.0)];
    let summaries = summarise(&pulls, &[], Clock::PullOnly);
    assert_eq!(
        (
            summaries.rows[0].count,
            summaries.rows[0].seconds.unwrap().count
        ),
        (2, 1)
    );
    assert!(warnings(&summaries)[0].contains("1 of 2 pulls have no seconds"));
}

#[test]
fn columns_are_made_of_the_image_and_the_place() {
    let mut place = (*place("run1", 4)).clone();
    place.columns.insert("cloud".to_owned(), "aws".to_owned());
    let pull = pulled(&Arc::new(place), "ghcr.io/x/ensemble-amg:skylake", 1.0);
    let layout: Layout = "{cloud}/{experiment}/{nodes}".parse().unwrap();
    let groupings = [
        "app=ensemble-([a-z]+)".parse().unwrap(),
        "other=nothing".parse().unwrap(),
    ];
    let list = "cloud,app,other,repository,tag,name,node";
    let columns = Column::parse_list(list, &layout, &groupings).unwrap();
    let values: Vec<Option<String>> = columns
        .iter()
        .map(|column| column.value(&pull).to_text())
        .collect();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        values,
        [
            text("aws"),
            text("amg"),
            None,
            text("ghcr.io/x/ensemble-amg"),
            text("skylake"),
            text("ensemble-amg:skylake"),
            None,
        ]
    );
    let names: Vec<&str> = columns.iter().map(Column::name).collect();
    assert_eq!(names.join(","), list);
}

#[test]
fn columns_that_do_not_exist_or_come_twice_are_refused() {
    let layout: Layout = "{cloud}/{nodes}".parse().unwrap();
    let refused = |list: &str| {
        Column::parse_list(list, &layout, &[])
            .unwrap_err()
            .to_string()
    };
    let known = "experiment, nodes, image, node, namespace, pod, container, file, outcome, repository, tag, name, cloud";
    assert_eq!(
        refused("nodes,clouds"),
        format!("there is no column \"clouds\" (is \"cloud\" meant?); there are {known}")
    );
    assert_eq!(
        refused("nodes,"),
        format!("there is no column \"\"; there are {known}")
    );
    assert_eq!(refused("nodes, nodes"), "column \"nodes\" is named twice");
    assert!("cloud".parse::<Column>().is_err());
}

#[test]
fn a_person_is_told_the_worst_of_each_kind() {
    let pulls: Vec<_> = [("a:1", 9.0), ("b:1", 2.0), ("c:1", 5.0), ("d:1", 10.0)]
        .map(|(image, seconds)| {
            let mut pull = pulled(&place("run1", 2), image, seconds);
            pull.including_waiting_seconds = Some(10.0);
            pull
        })
        .into();
    let summaries = summarise(&pulls, &by("nodes,image"), Clock::IncludingWaiting);
    assert_eq!(summaries.warnings.len(), 7);
    let lines = warning_lines(&summaries.warnings, 1);
    assert_eq!(lines.len(), 4);
    assert!(
        lines[0].starts_with("nodes 2, image b:1: 80.0 %"),
        "{lines:?}"
    );
    assert_eq!(
        lines[1],
        "2 more groups with much waiting behind other images"
    );
    assert!(
        lines[2].starts_with("nodes 2, image a:1: 1 pull on a cluster of 2 nodes"),
        "{lines:?}"
    );
    assert_eq!(lines[3], "3 more groups with fewer pulls than nodes");
    assert_eq!(warning_lines(&[], 1), [""; 0]);
}

const OUTCOMES: [PullOutcome; 4] = [
    PullOutcome::Pulled,
    PullOutcome::Present,
    PullOutcome::Failed,
    PullOutcome::Unfinished,
];

proptest! {
    #[test]
    fn the_order_of_pulls_changes_nothing_and_none_is_lost(
        made in prop::collection::vec((1_u32..3, 0_usize..2, 0_usize..4, 0.0..100.0_f64, 0.0..9.0_f64), 0..30),
    ) {
        let one = |&(nodes, image, outcome, seconds, waiting): &(u32, usize, usize, f64, f64)| {
            let mut pull = pulled(&place("run1", nodes), ["a:1", "b:1"][image], seconds);
            pull.outcome = OUTCOMES[outcome];
            pull.including_waiting_seconds = Some(seconds + waiting);
            pull
        };
        let mut pulls: Vec<_> = made.iter().map(one).collect();
        let summaries = summarise(&pulls, &by("nodes,image"), Clock::IncludingWaiting);
        let counted = summaries.rows.iter().map(|row| row.count + row.present + row.failed + row.unfinished);
        prop_assert_eq!(counted.sum::<usize>(), pulls.len());
        pulls.reverse();
        prop_assert_eq!(summarise(&pulls, &by("nodes,image"), Clock::IncludingWaiting), summaries);
    }
}
