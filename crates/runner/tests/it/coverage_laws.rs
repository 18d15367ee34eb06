//! Laws of coverage: every pod expected has its rows once, and what is filled agrees with what readers make of it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::time::SystemTime;

use proptest::prelude::*;
use pullstudy_events::{EventLogs, FoundLogs, Pull, PullOutcome, ReadOptions};
use pullstudy_runner::{Coverage, CoverageRow, ExpectedPods, SeenBy};
use serde_json::{Value, json};

const IMAGE: &str = "registry.local/study/app:1";

/// A second of the step, up to a few minutes.
type Second = u32;

/// A container as it happened, and what is left of it.
#[derive(Clone, Debug)]
struct MadeContainer {
    is_pulled_always: bool,
    state: MadeState,
    pulling: Option<Second>,
    failed: Option<Second>,
    /// Whether the image was pulled, or present.
    ended: Option<(bool, Second)>,
    started: Option<Second>,
}

#[derive(Clone, Debug)]
enum MadeState {
    None,
    Waiting(&'static str),
    Running(Second),
    Terminated(Second),
}

#[derive(Clone, Debug)]
struct MadePod {
    is_seen: bool,
    containers: Vec<MadeContainer>,
}

fn state() -> impl Strategy<Value = MadeState> {
    let reasons = [
        "ContainerCreating",
        "ErrImagePull",
        "ImagePullBackOff",
        "CreateContainerError",
    ];
    prop_oneof![
        Just(MadeState::None),
        prop::sample::select(reasons.to_vec()).prop_map(MadeState::Waiting),
        (0..200_u32).prop_map(MadeState::Running),
        (0..200_u32).prop_map(MadeState::Terminated),
    ]
}

fn made_container() -> impl Strategy<Value = MadeContainer> {
    let second = || prop::option::of(0..200_u32);
    let ended = prop::option::of((any::<bool>(), 0..200_u32));
    (any::<bool>(), state(), second(), second(), ended, second()).prop_map(
        |(is_pulled_always, state, pulling, failed, ended, started)| MadeContainer {
            is_pulled_always,
            state,
            pulling,
            failed,
            ended,
            started,
        },
    )
}

fn made_pods() -> impl Strategy<Value = Vec<MadePod>> {
    let containers = prop::collection::vec(made_container(), 1..3);
    let pod = (any::<bool>(), containers).prop_map(|(is_seen, containers)| MadePod {
        is_seen,
        containers,
    });
    prop::collection::vec(pod, 0..5)
}

fn at(second: Second) -> String {
    format!("2026-03-02T09:{:02}:{:02}Z", 15 + second / 60, second % 60)
}

fn pod_name(number: usize) -> String {
    format!("pull-0001-{number}-x2x9z")
}

fn container_name(number: usize) -> String {
    format!("app-{number}")
}

fn pod(number: usize, made: &MadePod) -> Value {
    let containers = || made.containers.iter().enumerate();
    let spec = containers().map(|(position, container)| {
        let policy = if container.is_pulled_always {
            "Always"
        } else {
            "IfNotPresent"
        };
        json!({"name": container_name(position), "image": IMAGE, "imagePullPolicy": policy})
    });
    let statuses = containers().map(|(position, container)| {
        let (state, image_id) = match &container.state {
            MadeState::None => (json!({}), ""),
            MadeState::Waiting(reason) => (json!({"waiting": {"reason": reason, "message": "x"}}), ""),
            MadeState::Running(since) => (json!({"running": {"startedAt": at(*since)}}), "sha256:0"),
            MadeState::Terminated(since) => (
                json!({"terminated": {"exitCode": 0, "startedAt": at(*since), "finishedAt": at(210)}}),
                "sha256:0",
            ),
        };
        json!({
            "name": container_name(position), "image": IMAGE, "imageID": image_id, "ready": false,
            "restartCount": 0, "state": state,
        })
    });
    json!({
        "metadata": {"name": pod_name(number), "namespace": "study", "uid": format!("uid of {number}")},
        "spec": {"nodeName": "node-1", "containers": spec.collect::<Vec<_>>()},
        "status": {"containerStatuses": statuses.collect::<Vec<_>>()},
    })
}

fn events(number: usize, made: &MadePod) -> Vec<Value> {
    let of_container = |(position, container): (usize, &MadeContainer)| {
        let event = |reason: &str, message: String, second: Second| {
            json!({
                "metadata": {"name": format!("{number}.{reason}"), "namespace": "study",
                    "uid": format!("{number} {position} {reason}")},
                "involvedObject": {"kind": "Pod", "namespace": "study", "name": pod_name(number),
                    "uid": format!("uid of {number}"), "fieldPath": format!("spec.containers{{{}}}", container_name(position))},
                "reason": reason, "message": message, "source": {"component": "kubelet", "host": "node-1"},
                "firstTimestamp": at(second), "lastTimestamp": at(second), "count": 1, "type": "Normal",
                "eventTime": null, "reportingComponent": "kubelet", "reportingInstance": "node-1",
            })
        };
        let pulling = container
            .pulling
            .map(|second| event("Pulling", format!("Pulling image \"{IMAGE}\""), second));
        let failed = container.failed.map(|second| {
            event(
                "Failed",
                format!("Failed to pull image \"{IMAGE}\": 503 Service Unavailable"),
                second,
            )
        });
        let ended = container.ended.map(|(is_pulled, second)| {
            let message = match is_pulled {
                true => {
                    format!("Successfully pulled image \"{IMAGE}\" in 3s (3s including waiting)")
                }
                false => format!("Container image \"{IMAGE}\" already present on machine"),
            };
            event("Pulled", message, second)
        });
        let started = container
            .started
            .map(|second| event("Started", "Started container".to_owned(), second));
        [pulling, failed, ended, started].into_iter().flatten()
    };
    let containers = made.containers.iter().enumerate();
    containers.flat_map(of_container).collect()
}

fn pulls(events: &[Value]) -> Vec<Pull> {
    let log: String = events.iter().map(|event| format!("{event}\n")).collect();
    let mut found = FoundLogs::default();
    found.add_stream("-", Cursor::new(log));
    EventLogs::read(found, &ReadOptions::default()).pulls()
}

/// The pulls of each container.
fn by_container(pulls: Vec<Pull>) -> BTreeMap<(String, String), Vec<Pull>> {
    let mut containers: BTreeMap<_, Vec<Pull>> = BTreeMap::new();
    for pull in pulls {
        let text = |text: &Option<std::sync::Arc<str>>| text.as_deref().unwrap().to_owned();
        let key = (text(&pull.pod_uid), text(&pull.container));
        containers.entry(key).or_default().push(pull);
    }
    containers
}

fn key(row: &CoverageRow) -> Option<(String, String)> {
    Some((row.pod_uid.clone()?, row.container.clone()?))
}

fn is_end(pull: &Pull) -> bool {
    matches!(pull.outcome, PullOutcome::Pulled | PullOutcome::Present)
}

struct Scene {
    coverage: Coverage,
    events: Vec<Value>,
}

fn scene(expected: u32, made: &[MadePod]) -> Scene {
    let numbered = || made.iter().enumerate();
    let seen = numbered().filter(|(_, made)| made.is_seen);
    let pods: Vec<Value> = seen.map(|(number, made)| pod(number, made)).collect();
    let events: Vec<Value> = numbered()
        .flat_map(|(number, made)| events(number, made))
        .collect();
    let expected = [ExpectedPods::of_job("pull-0001", IMAGE, expected)];
    let coverage = Coverage::of_json(&expected, &pods, &[], &events, SystemTime::UNIX_EPOCH);
    Scene { coverage, events }
}

impl Scene {
    /// What readers make of the events together with what is filled.
    fn read(&self) -> Vec<Pull> {
        let filled = self.coverage.fill().into_iter();
        let filled = filled.map(|event| serde_json::to_value(event).unwrap());
        pulls(
            &self
                .events
                .iter()
                .cloned()
                .chain(filled)
                .collect::<Vec<_>>(),
        )
    }
}

proptest! {
    #[test]
    fn every_pod_expected_is_told_of_once((expected, made) in (0..7_u32, made_pods())) {
        let Coverage { rows, totals, .. } = scene(expected, &made).coverage;
        let containers: Vec<_> = rows.iter().filter_map(key).collect();
        let distinct: BTreeSet<_> = containers.iter().collect();
        prop_assert_eq!(distinct.len(), containers.len());
        let missing = rows.iter().filter(|row| row.seen_by == SeenBy::Nothing).count() as u64;
        let found: BTreeSet<_> = rows.iter().filter(|row| row.is_expected).filter_map(|row| row.pod.as_ref()).collect();
        prop_assert_eq!(found.len() as u64 + missing, u64::from(expected).max(found.len() as u64));
        prop_assert_eq!((totals.pods_never_created, totals.pods), (missing, found.len() as u64));
        // Whoever was there, or said anything, is found.
        let told = made.iter().enumerate().filter(|(number, made)| made.is_seen || !events(*number, made).is_empty());
        prop_assert_eq!(found.len(), told.count());
    }

    #[test]
    fn filling_adds_no_pull_to_one_that_events_tell(made in made_pods()) {
        let scene = scene(5, &made);
        let after = by_container(scene.read());
        for (container, pulls) in by_container(pulls(&scene.events)) {
            if pulls.iter().any(is_end) {
                prop_assert_eq!(Some(&pulls), after.get(&container));
            } else {
                let ends = after[&container].iter().filter(|pull| is_end(pull)).count();
                prop_assert!(ends <= 1);
            }
        }
    }

    #[test]
    fn readers_and_coverage_agree(made in made_pods()) {
        let scene = scene(5, &made);
        let read = by_container(scene.read());
        for row in &scene.coverage.rows {
            let Some(container) = key(row) else { continue };
            let outcomes: BTreeSet<&str> = read.get(&container).into_iter().flatten().map(|pull| pull.outcome.as_str()).collect();
            let has = |outcome: PullOutcome| outcomes.contains(outcome.as_str());
            match row.outcome {
                // The status may tell of a later failure than the events do.
                Some(PullOutcome::Failed) => prop_assert!(has(PullOutcome::Failed) || has(PullOutcome::Unfinished)),
                Some(outcome) => prop_assert!(has(outcome), "{:?} {:?}", row, outcomes),
                None => prop_assert!(!has(PullOutcome::Pulled) && !has(PullOutcome::Present), "{:?} {:?}", row, outcomes),
            }
            let is_pulled = row.outcome == Some(PullOutcome::Pulled);
            prop_assert_eq!(is_pulled, has(PullOutcome::Pulled), "{:?} {:?}", row, outcomes);
        }
    }
}
