//! Events made of pod statuses: they stand in for lost ones, and never more.

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use pullstudy_events::{
    Clock, Column, ContainerKind, Event, EventLogs, FilledEvents, FoundLogs, Layout, MilestoneKind,
    PodContainer, PodEvents, PublishedTimes, Pull, PullError, PullOutcome, PulledImage,
    ReadOptions, summarise,
};

const IMAGE: &str = "registry.local/study/app:1";

fn fixture() -> String {
    let path = "../../fixtures/events/filled.jsonl";
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn found(log: String) -> FoundLogs {
    let mut found = FoundLogs::default();
    found.add_stream("-", Cursor::new(log));
    found
}

fn read(log: String) -> EventLogs {
    EventLogs::read(found(log), &ReadOptions::default())
}

fn pulls(events: &[Event]) -> Vec<Pull> {
    let lines = events
        .iter()
        .map(|event| serde_json::to_string(event).unwrap() + "\n");
    read(lines.collect()).pulls()
}

#[test]
fn the_published_methods_pass_them_over() {
    let (without, with): (Vec<_>, Vec<_>) = (
        fixture()
            .lines()
            .filter(|line| !line.contains("pullstudy-collector"))
            .map(|line| format!("{line}\n"))
            .collect(),
        fixture().lines().map(|line| format!("{line}\n")).collect(),
    );
    let published = |lines: Vec<String>| {
        let times = PublishedTimes::read(found(lines.concat()), &ReadOptions::default());
        (times.pulls(), times.timelines())
    };
    assert!(without.len() < with.len());
    assert_eq!(published(without), published(with));
}

#[test]
fn a_summary_counts_them_and_has_no_seconds_of_them() {
    let pulls = read(fixture()).pulls();
    let columns = Column::parse_list("image", &Layout::default(), &[]).unwrap();
    let summaries = summarise(&pulls, &columns, Clock::IncludingWaiting);
    let row = &summaries.rows[0];
    assert_eq!((row.count, row.filled), (7, 6));
    let seconds = row.seconds.unwrap();
    assert_eq!((seconds.count, seconds.max), (1, 5.5));
    let warnings: Vec<String> = summaries.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].contains("6 of 7 pulls are known by the pod's status only"),
        "{warnings:?}"
    );
}

#[test]
fn a_start_is_a_moment_and_an_image_that_was_there_is_none() {
    let timelines = read(fixture()).timelines();
    let lost = timelines
        .iter()
        .find(|timeline| timeline.pod.as_deref() == Some("app-0"))
        .unwrap();
    let at = |second: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(1_772_442_900 + second);
    assert_eq!(lost.scheduled_at, Some(at(0)));
    let milestones: Vec<_> = lost
        .milestones
        .iter()
        .map(|milestone| (milestone.kind, milestone.at))
        .collect();
    assert_eq!(
        milestones,
        [
            (MilestoneKind::Pulling, at(1)),
            (MilestoneKind::Started, at(9))
        ]
    );
    assert!(
        lost.milestones
            .iter()
            .all(|milestone| milestone.image.is_some())
    );
}

fn pod() -> PodContainer {
    let text = str::to_owned;
    PodContainer {
        namespace: text("study"),
        pod: text("app-0"),
        pod_uid: text("4f44ba2a-61dc-4970-965f-1f39e3235a47"),
        node: text("node-1"),
        container: text("app"),
    }
}

fn after(milliseconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(1_772_442_900_000 + milliseconds)
}

/// What a kubelet may write of a container, in any number and order.
fn kubelet_events(steps: &[(u8, u64)]) -> Vec<Event> {
    let mut events = PodEvents::new(pod());
    for &(step, milliseconds) in steps {
        let at = after(milliseconds);
        match step {
            0 => events.pulling(IMAGE, at),
            1 => events.pull_failed(IMAGE, "503 Service Unavailable", at),
            2 => events.backing_off(IMAGE, at),
            3 => events.present(IMAGE, at),
            4 => events.started(at),
            _ => {
                let pulled = PulledImage {
                    pull: Duration::from_millis(900),
                    including_waiting: Duration::from_millis(950 + milliseconds),
                    image_size_bytes: 100,
                };
                events.pulled(IMAGE, pulled, at);
            }
        }
    }
    events.into_events()
}

fn filled_events(steps: &[(u8, u64)]) -> Vec<Event> {
    let mut events = FilledEvents::new(pod(), ContainerKind::Container, after(1_000_000));
    for &(step, milliseconds) in steps {
        let at = after(milliseconds);
        match step {
            0 => events.image_was_there(IMAGE, "Always", Some(at)),
            1 => events.image_was_there(IMAGE, "IfNotPresent", Some(at)),
            2 => events.image_was_there(IMAGE, "IfNotPresent", None),
            3 => events.started(at),
            4 => events.scheduled(at),
            _ => events.pull_failed(IMAGE, PullError::ErrImagePull, "not found"),
        }
    }
    events.into_events()
}

fn steps() -> impl Strategy<Value = Vec<(u8, u64)>> {
    prop::collection::vec((0..6_u8, 0..200_000_u64), 0..6)
}

proptest! {
    #[test]
    fn filling_never_adds_to_a_container_whose_pull_is_known(
        (kubelet, filled) in (steps(), steps()),
    ) {
        let events = kubelet_events(&kubelet);
        let before = pulls(&events);
        let is_end = |pull: &Pull| matches!(pull.outcome, PullOutcome::Pulled | PullOutcome::Present);
        let after = pulls(&[events, filled_events(&filled)].concat());
        if before.iter().any(is_end) {
            prop_assert_eq!(before, after);
        } else {
            // One end at most, and never seconds.
            prop_assert!(after.iter().filter(|pull| is_end(pull)).count() <= 1);
            prop_assert!(after.iter().all(|pull| pull.seconds(Clock::IncludingWaiting).is_none()));
        }
    }
}
