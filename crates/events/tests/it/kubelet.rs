//! A kubelet that is played with chance: whatever its containers go through, the logs tell it, in any order of lines and
//! files, also when they tell it twice.

use std::collections::{BTreeMap, HashMap};
use std::io::Cursor;

use proptest::prelude::*;
use pullstudy_events::{
    EventLogs, FailureClass, FoundLogs, Pull, PullOutcome, ReadOptions, derive_uid,
};
use serde_json::{Value, json};

/// How attempts fail, with what a kubelet says then.
const FAILURES: [(FailureClass, &str); 3] = [
    (FailureClass::KubeletThrottle, "pull QPS exceeded"),
    (
        FailureClass::ServerError,
        "unexpected status: 503 Service Unavailable",
    ),
    (FailureClass::NotFound, "ghcr.io/team/app:1: not found"),
];

const IMAGE: &str = "ghcr.io/team/app:1";

/// Milliseconds between what a kubelet does for one container: it looks at each about once a second.
const PAUSE: u64 = 1_000;

/// One start of a container.
#[derive(Debug, Clone)]
struct Start {
    /// Which of [`FAILURES`] its attempts end with.
    failures: Vec<usize>,
    end: End,
    pause_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Pulled {
        ms: u64,
    },
    Present,
    /// Only of a last start: nothing more is told.
    Failing,
    Unfinished,
}

/// What came of a start.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    pod: String,
    outcome: PullOutcome,
    attempts: u32,
    failures: BTreeMap<FailureClass, u32>,
}

/// Folds equal events as client-go does, and keeps every sighting.
#[derive(Default)]
struct Recorder {
    known: HashMap<(String, String), Value>,
    sightings: Vec<Value>,
    revision: u64,
}

impl Recorder {
    fn event(&mut self, pod: &str, reason: &str, message: String, at_ms: u64) {
        self.revision += 1;
        let nanos = (1_772_442_900_000 + at_ms) * 1_000_000;
        let stamp = timestamp(nanos);
        let uid = derive_uid(pod, &format!("{reason} {message}"));
        let event = self
            .known
            .entry((pod.to_owned(), format!("{reason} {message}")));
        let event = event.or_insert_with(|| {
            json!({
                "metadata": {"name": format!("{pod}.{nanos:x}"), "namespace": "default", "uid": uid},
                "involvedObject": {"kind": "Pod", "namespace": "default", "name": pod,
                    "uid": derive_uid("pod", pod), "fieldPath": "spec.containers{app}"},
                "reason": reason, "message": message, "count": 0, "firstTimestamp": stamp,
                "source": {"component": "kubelet", "host": "node-1"},
            })
        });
        event["count"] = json!(event["count"].as_u64().unwrap() + 1);
        event["lastTimestamp"] = json!(stamp);
        event["metadata"]["resourceVersion"] = json!(self.revision.to_string());
        self.sightings.push(event.clone());
    }

    fn snapshot(&self) -> Vec<Value> {
        self.known.values().cloned().collect()
    }
}

fn timestamp(nanos: u64) -> String {
    let at =
        std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(nanos / 1_000_000_000);
    humantime::format_rfc3339_seconds(at).to_string()
}

/// Plays the starts of one pod's container, and returns what came of them.
fn play(recorder: &mut Recorder, pod: &str, starts: &[Start]) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut now = 500;
    for start in starts {
        let mut row = Row {
            pod: pod.to_owned(),
            outcome: PullOutcome::Failed,
            attempts: 0,
            failures: BTreeMap::new(),
        };
        for &failure in &start.failures {
            let (class, why) = FAILURES[failure];
            recorder.event(pod, "Pulling", format!("Pulling image \"{IMAGE}\""), now);
            now += 300 + start.pause_ms % 7_000;
            recorder.event(
                pod,
                "Failed",
                format!("Failed to pull image \"{IMAGE}\": {why}"),
                now,
            );
            recorder.event(pod, "Failed", "Error: ErrImagePull".to_owned(), now);
            now += PAUSE + start.pause_ms % 900;
            recorder.event(
                pod,
                "BackOff",
                format!("Back-off pulling image \"{IMAGE}\""),
                now,
            );
            recorder.event(pod, "Failed", "Error: ImagePullBackOff".to_owned(), now);
            now += PAUSE + start.pause_ms;
            row.attempts += 1;
            *row.failures.entry(class).or_default() += 1;
        }
        now = end(recorder, &mut rows, row, start, now);
        now += PAUSE + start.pause_ms;
    }
    rows
}

fn end(
    recorder: &mut Recorder,
    rows: &mut Vec<Row>,
    mut row: Row,
    start: &Start,
    mut now: u64,
) -> u64 {
    let pod = row.pod.clone();
    if matches!(start.end, End::Pulled { .. } | End::Unfinished) {
        recorder.event(&pod, "Pulling", format!("Pulling image \"{IMAGE}\""), now);
        row.attempts += 1;
        row.outcome = PullOutcome::Unfinished;
    }
    if let End::Pulled { ms } = start.end {
        now += ms;
        let message =
            format!("Successfully pulled image \"{IMAGE}\" in {ms}ms ({ms}ms including waiting)");
        recorder.event(&pod, "Pulled", message, now);
        row.outcome = PullOutcome::Pulled;
    }
    if row.attempts > 0 {
        rows.push(row);
    }
    if start.end == End::Present {
        let message = format!("Container image \"{IMAGE}\" already present on machine");
        recorder.event(&pod, "Pulled", message, now);
    }
    if matches!(start.end, End::Present | End::Pulled { .. }) {
        recorder.event(&pod, "Created", "Created container app".to_owned(), now);
        recorder.event(&pod, "Started", "Started container app".to_owned(), now);
        let message = "Back-off restarting failed container".to_owned();
        recorder.event(&pod, "BackOff", message, now + 900);
    }
    now
}

fn start(last: bool) -> impl Strategy<Value = Start> {
    let pulled = (300_u64..20_000).prop_map(|ms| End::Pulled { ms });
    let end = if last {
        prop_oneof![
            pulled,
            Just(End::Present),
            Just(End::Failing),
            Just(End::Unfinished)
        ]
        .boxed()
    } else {
        prop_oneof![3 => pulled, 1 => Just(End::Present)].boxed()
    };
    let failures = prop::collection::vec(0..FAILURES.len(), 0..3);
    (failures, end, 0_u64..90_000).prop_map(|(failures, end, pause_ms)| Start {
        failures,
        end,
        pause_ms,
    })
}

fn history() -> impl Strategy<Value = Vec<Start>> {
    (prop::collection::vec(start(false), 0..3), start(true)).prop_map(|(mut starts, last)| {
        starts.push(last);
        starts
    })
}

fn lines(events: &[Value]) -> String {
    events.iter().map(|event| format!("{event}\n")).collect()
}

fn pulls(logs: &[Vec<Value>]) -> Vec<Pull> {
    let mut found = FoundLogs::default();
    for (position, log) in logs.iter().enumerate() {
        found.add_stream(&position.to_string(), Cursor::new(lines(log)));
    }
    let pulls = EventLogs::read(found, &ReadOptions::default()).pulls();
    let is_pull = |pull: &Pull| pull.outcome != PullOutcome::Present;
    pulls.into_iter().filter(is_pull).collect()
}

/// What the logs tell, in the order of the pods and of their starts.
fn told(pulls: &[Pull]) -> Vec<Row> {
    let mut rows: Vec<Row> = pulls
        .iter()
        .map(|pull| Row {
            pod: pull.pod.as_deref().unwrap_or_default().to_owned(),
            outcome: pull.outcome,
            attempts: pull.attempts,
            failures: pull.failures.clone(),
        })
        .collect();
    rows.sort_by(|a, b| a.pod.cmp(&b.pod));
    rows
}

/// Splits events into two logs, of which the second has some of the first once more.
fn split(mut events: Vec<Value>, at: prop::sample::Index, again: usize) -> [Vec<Value>; 2] {
    let second = events.split_off(at.index(events.len() + 1));
    let replayed = events.iter().rev().take(again).cloned();
    let second = replayed.chain(second).collect();
    [events, second]
}

proptest! {
    #[test]
    fn a_watch_tells_every_pull_in_any_order_and_twice(
        histories in prop::collection::vec(history(), 1..4),
        shuffle in any::<u64>(),
        at in any::<prop::sample::Index>(),
        again in 0_usize..20,
    ) {
        let mut recorder = Recorder::default();
        let mut expected = Vec::new();
        for (position, starts) in histories.iter().enumerate() {
            expected.extend(play(&mut recorder, &format!("pod-{position}"), starts));
        }
        let in_order = pulls(std::slice::from_ref(&recorder.sightings));
        prop_assert_eq!(&told(&in_order), &expected);

        let mut events = recorder.sightings.clone();
        events.sort_by_key(|event| derive_uid(&shuffle.to_string(), &event.to_string()));
        let shuffled = pulls(&split(events, at, again));
        prop_assert_eq!(&told(&shuffled), &expected);
        for (a, b) in in_order.iter().zip(&shuffled) {
            prop_assert_eq!((a.pulled_at, a.lost_seconds), (b.pulled_at, b.lost_seconds));
        }
    }

    #[test]
    fn the_last_state_of_the_events_tells_all_pulls_that_ended_and_all_attempts(starts in history()) {
        let mut recorder = Recorder::default();
        let expected = play(&mut recorder, "pod", &starts);
        let told = told(&pulls(&[recorder.snapshot()]));
        let pulled = |rows: &[Row]| {
            rows.iter().filter(|row| row.outcome == PullOutcome::Pulled).count()
        };
        let attempts = |rows: &[Row]| rows.iter().map(|row| row.attempts).sum::<u32>();
        prop_assert_eq!(pulled(&told), pulled(&expected));
        prop_assert_eq!(attempts(&told), attempts(&expected), "{:?}", told);
    }
}
