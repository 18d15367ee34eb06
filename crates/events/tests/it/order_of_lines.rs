//! The same pulls whatever the order of logs and of lines.

use proptest::prelude::*;
use pullstudy_events::{Health, Pull};
use serde_json::{Value, json};

use crate::made_logs::{event, lines, read_files};

const MESSAGES: [(&str, &str); 11] = [
    ("Pulling", "Pulling image \"app:1\""),
    ("Pulling", "Pulling image \"app:2\""),
    (
        "Pulled",
        "Successfully pulled image \"app:1\" in 1.5s (2s including waiting). Image size: 100 bytes.",
    ),
    ("Pulled", "Successfully pulled image \"app:2\""),
    (
        "Pulled",
        "Container image \"app:1\" already present on machine",
    ),
    (
        "Failed",
        "Failed to pull image \"app:1\": 429 Too Many Requests",
    ),
    ("Failed", "Error: ErrImagePull"),
    ("BackOff", "Back-off pulling image \"app:1\""),
    ("Scheduled", "Successfully assigned default/pod to node-1"),
    ("Created", "Created container app"),
    ("Started", "Started container app"),
];

/// An event of one of a few pods, with what may differ between two sightings of it.
fn sighting() -> impl Strategy<Value = Value> {
    let differs = (1_u32..4, prop::bool::ANY, prop::bool::ANY);
    (0..MESSAGES.len(), 0_u32..3, 0_u32..6, differs).prop_map(
        |(said, pod, second, (count, has_owner, has_uid))| {
            let (reason, message) = MESSAGES[said];
            let mut event = event(&format!("pod-{pod}"), reason, message, second);
            event["count"] = json!(count);
            event["lastTimestamp"] = json!(format!("2024-11-10T06:01:{:02}Z", second + count));
            if has_owner {
                event["involvedObject"]["ownerReferences"] =
                    json!([{"kind": "Job", "name": "job", "uid": "1"}]);
            }
            if !has_uid {
                event["metadata"]["uid"] = json!(null);
            }
            event
        },
    )
}

fn read(logs: &[Vec<Value>]) -> (Vec<Pull>, Health) {
    let name = |position| format!("run1/{}/events-{position}.json", position + 2);
    let files: Vec<_> = logs
        .iter()
        .enumerate()
        .map(|(position, log)| (name(position), lines(log)))
        .collect();
    let files: Vec<_> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text))
        .collect();
    read_files(&files)
}

/// Folders have a name of their own each time.
fn without_folder(mut pulls: Vec<Pull>) -> Vec<Pull> {
    for pull in &mut pulls {
        let mut place = (*pull.place).clone();
        place.file = place.file.rsplit('/').next().unwrap_or_default().to_owned();
        pull.place = place.into();
    }
    pulls
}

/// As text, in an order that does not hang on places.
fn without_place(pulls: Vec<Pull>) -> Vec<String> {
    let mut pulls: Vec<String> = pulls
        .into_iter()
        .map(|mut pull| {
            pull.place = pullstudy_events::Place::new("-").into();
            pull.files = 1;
            format!("{pull:?}")
        })
        .collect();
    pulls.sort();
    pulls
}

fn counts(health: &Health) -> [u64; 8] {
    let total = &health.total;
    [
        health.distinct_events,
        health.repeated_events,
        health.pulls,
        health.pulled,
        health.present,
        health.failed,
        health.retried,
        total.events,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_lines_in_a_log_does_not_matter(
        (log, shuffled) in prop::collection::vec(sighting(), 1..40)
            .prop_flat_map(|log| (Just(log.clone()), Just(log).prop_shuffle())),
    ) {
        let (pulls, health) = read(&[log]);
        let (others, other) = read(&[shuffled]);
        prop_assert_eq!(without_folder(pulls), without_folder(others));
        prop_assert_eq!(counts(&health), counts(&other));
        prop_assert_eq!(health.total.reasons, other.total.reasons);
    }

    #[test]
    fn the_log_in_which_a_line_stands_does_not_matter(
        (log, logs) in prop::collection::vec(sighting(), 1..40).prop_flat_map(|log| {
            let shuffled = Just(log.clone()).prop_shuffle();
            let logs = prop::collection::vec(0_usize..3, log.len());
            (Just(log), (shuffled, logs))
        }),
    ) {
        let (lines, places) = logs;
        let mut split = vec![Vec::new(); 3];
        for (line, place) in lines.into_iter().zip(places) {
            split[place].push(line);
        }
        let (pulls, health) = read(&[log]);
        let (others, other) = read(&split);
        prop_assert_eq!(without_place(pulls), without_place(others));
        prop_assert_eq!(counts(&health), counts(&other));
        prop_assert_eq!(health.total.reasons, other.total.reasons);
    }
}
