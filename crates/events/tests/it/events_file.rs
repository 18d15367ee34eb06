//! Files of events.

use std::fs;
use std::time::{Duration, SystemTime};

use pullstudy_events::{BadExperimentName, Event, EventsFile, PodContainer, PodEvents};

fn started_at() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(1_731_219_229_999)
}

fn events(at: SystemTime) -> Vec<Event> {
    let name = |name: &str| name.to_owned();
    let mut pod = PodEvents::new(PodContainer {
        namespace: name("default"),
        pod: name("pull-0"),
        pod_uid: name("4f44ba2a"),
        node: name("node-1"),
        container: name("app"),
    });
    pod.scheduled(at);
    pod.pulling("app:1", at);
    pod.into_events()
}

#[test]
fn events_are_one_object_a_line_and_replace_what_was_there() {
    let root = tempfile::tempdir().unwrap();
    let file = EventsFile::new(root.path(), "run1", 16, started_at()).unwrap();
    let events = events(started_at());
    file.write(&events[..1]).unwrap();
    file.write(&events).unwrap();

    let text =
        fs::read_to_string(root.path().join("run1/16/events-size-16-1731219229.json")).unwrap();
    let read: Vec<Event> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(read, events);
    let names: Vec<_> = fs::read_dir(file.path().parent().unwrap())
        .unwrap()
        .collect();
    assert_eq!(names.len(), 1, "no partial file stays: {names:?}");
}

#[test]
fn a_failure_leaves_the_earlier_file_and_nothing_half_written() {
    let root = tempfile::tempdir().unwrap();
    let file = EventsFile::new(root.path(), "run1", 4, started_at()).unwrap();
    file.write(&events(started_at())).unwrap();
    let before = fs::read(file.path()).unwrap();

    let mut bad = events(started_at());
    bad[1].first_timestamp = Some(SystemTime::UNIX_EPOCH - Duration::from_secs(1));
    let error = file.write(&bad).unwrap_err();
    let said = error.to_string();
    assert!(
        said.starts_with("event ") && said.contains("events-size-4-1731219229.json"),
        "{said}"
    );
    assert_eq!(fs::read(file.path()).unwrap(), before);
    assert_eq!(
        fs::read_dir(file.path().parent().unwrap()).unwrap().count(),
        1
    );
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("run1"), "a file").unwrap();
    let file = EventsFile::new(root.path(), "run1", 4, started_at()).unwrap();
    let said = file.write(&[]).unwrap_err().to_string();
    assert!(
        said.starts_with("failed to write events ") && said.contains("run1/4/"),
        "{said}"
    );
}

#[test]
fn an_experiment_is_a_single_folder() {
    for experiment in ["", ".", "..", "../up", "a/b", "/root"] {
        let error = EventsFile::new("out", experiment, 4, started_at()).unwrap_err();
        assert_eq!(
            error,
            BadExperimentName {
                experiment: experiment.to_owned()
            }
        );
    }
}
