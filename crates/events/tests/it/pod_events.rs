//! The events of one pod.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use pullstudy_events::{Event, EventType, PodContainer, PodEvents, PulledImage, derive_uid};
use serde_json::json;

const IMAGE: &str = "127.0.0.1:5000/app:1";

fn at(millis: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(1_731_219_229_000 + millis)
}

fn pod() -> PodEvents {
    PodEvents::new(PodContainer {
        namespace: "default".to_owned(),
        pod: "pull-0".to_owned(),
        pod_uid: derive_uid("run", "default/pull-0"),
        node: "node-1".to_owned(),
        container: "app".to_owned(),
    })
}

fn messages(events: &[Event]) -> Vec<(&str, &str, u32)> {
    let mut parts = Vec::new();
    for event in events {
        parts.push((
            &*event.reason,
            event.message.as_deref().expect("it has a message"),
            event.count.expect("it has a count"),
        ));
    }
    parts
}

#[test]
fn an_event_has_the_exporters_shape() {
    let mut pod = pod();
    pod.pulling(IMAGE, at(750));
    let event = serde_json::to_value(pod.into_events().remove(0)).unwrap();
    let expected = json!({
        "metadata": {
            // 1731219229.75 s in hexadecimal nanoseconds, as Python's hex() gives it.
            "name": "pull-0.180686b79192f980", "namespace": "default",
            "uid": event["metadata"]["uid"], "creationTimestamp": "2024-11-10T06:13:49Z",
        },
        "reason": "Pulling", "message": "Pulling image \"127.0.0.1:5000/app:1\"",
        "source": {"component": "kubelet", "host": "node-1"},
        "firstTimestamp": "2024-11-10T06:13:49Z", "lastTimestamp": "2024-11-10T06:13:49Z",
        "count": 1, "type": "Normal", "eventTime": null,
        "reportingComponent": "kubelet", "reportingInstance": "node-1", "clusterName": "",
        "involvedObject": {
            "kind": "Pod", "namespace": "default", "name": "pull-0",
            "uid": derive_uid("run", "default/pull-0"), "apiVersion": "v1",
            "fieldPath": "spec.containers{app}", "deleted": false,
        },
    });
    assert_eq!(event, expected);
}

#[test]
fn retries_are_folded_as_a_kubelet_folds_them() {
    let mut pod = pod();
    pod.pulling(IMAGE, at(0));
    pod.pull_failed(IMAGE, "rpc error: code = NotFound", at(500));
    pod.backing_off(IMAGE, at(1000));
    pod.pulling(IMAGE, at(11_000));
    pod.pull_failed(IMAGE, "rpc error: code = NotFound", at(11_500));
    let events = pod.into_events();

    let pulling = "Pulling image \"127.0.0.1:5000/app:1\"";
    let failed = "Failed to pull image \"127.0.0.1:5000/app:1\": rpc error: code = NotFound";
    let expected = [
        ("Pulling", pulling, 1),
        ("Failed", failed, 1),
        ("Failed", "Error: ErrImagePull", 1),
        (
            "BackOff",
            "Back-off pulling image \"127.0.0.1:5000/app:1\"",
            1,
        ),
        ("Failed", "Error: ImagePullBackOff", 1),
        ("Pulling", pulling, 2),
        ("Failed", failed, 2),
        ("Failed", "Error: ErrImagePull", 2),
    ];
    assert_eq!(messages(&events), expected);
    assert_eq!(events[0].metadata, events[5].metadata);
    assert_eq!(
        (events[5].first_timestamp, events[5].last_timestamp),
        (Some(at(0)), Some(at(11_000)))
    );
    let types: Vec<_> = events[..5]
        .iter()
        .map(|event| event.event_type.clone())
        .collect();
    use EventType::{Normal, Warning};
    assert_eq!(types, [Normal, Warning, Warning, Normal, Warning]);
}

#[test]
fn distinct_events_have_distinct_uids() {
    let mut pod = pod();
    pod.scheduled(at(0));
    pod.pulling(IMAGE, at(0));
    let size = PulledImage {
        pull: Duration::from_micros(860_999),
        including_waiting: Duration::from_micros(161_517_999),
        image_size_bytes: 5,
    };
    pod.pulled(IMAGE, size, at(900));
    pod.present(IMAGE, at(950));
    pod.created(at(950));
    pod.started(at(999));
    let events = pod.into_events();
    let uids: BTreeSet<&str> = events
        .iter()
        .map(|event| event.metadata.uid.as_str())
        .collect();
    assert_eq!(uids.len(), events.len());
    assert_eq!(
        messages(&events)[2..4],
        [
            (
                "Pulled",
                "Successfully pulled image \"127.0.0.1:5000/app:1\" in 860ms \
                 (2m41.517s including waiting). Image size: 5 bytes.",
                1
            ),
            (
                "Pulled",
                "Container image \"127.0.0.1:5000/app:1\" already present on machine",
                1
            ),
        ]
    );
}

#[test]
fn the_scheduler_speaks_of_the_whole_pod() {
    let mut pod = pod();
    pod.scheduled(at(0));
    let event = pod.into_events().remove(0);
    assert_eq!(
        event.message.as_deref(),
        Some("Successfully assigned default/pull-0 to node-1")
    );
    assert_eq!(event.source.component.as_deref(), Some("default-scheduler"));
    assert_eq!(
        (event.source.host, event.involved_object.field_path),
        (None, None)
    );
    assert_eq!(event.reporting_instance, "");
}
