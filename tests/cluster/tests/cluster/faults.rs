//! What goes wrong with pods, by the names of their images.

use pullstudy_test_cluster::until;
use serde_json::{Value, json};

use crate::scene::{Namespace, PATIENCE, pod, text};

fn waiting(namespace: &Namespace, pod: &str, reason: &str) -> Value {
    until(reason, PATIENCE, || {
        let pod = namespace.pod(pod);
        let waiting = &pod["status"]["containerStatuses"][0]["state"]["waiting"];
        (waiting["reason"] == reason).then(|| waiting.clone())
    })
    .unwrap()
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn an_image_that_does_not_exist_is_tried_again_and_again() {
    let namespace = Namespace::new("missing");
    namespace.create(&pod("one", "registry.test/missing:1"));
    let refused = waiting(&namespace, "one", "ErrImagePull");
    assert!(text(&refused["message"]).ends_with("registry.test/missing:1: not found"));
    let held = waiting(&namespace, "one", "ImagePullBackOff");
    assert!(
        text(&held["message"])
            .starts_with("Back-off pulling image \"registry.test/missing:1\": ErrImagePull: ")
    );
    let pulling = until("a second attempt", PATIENCE, || {
        let mut events = namespace.list("events").into_iter();
        events.find(|event| event["reason"] == "Pulling" && event["count"] != 1)
    })
    .unwrap();
    assert!(text(&pulling["firstTimestamp"]) < text(&pulling["lastTimestamp"]));
    let events = namespace.events_of("one");
    let reasons: Vec<&str> = events
        .iter()
        .map(|event| event.split(": ").next().unwrap())
        .collect();
    assert_eq!(
        reasons,
        ["BackOff", "Failed", "Failed", "Failed", "Pulling"],
        "{events:?}"
    );
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn a_pull_may_succeed_after_a_failure() {
    let namespace = Namespace::new("flaky");
    namespace.create(&pod("one", "registry.test/flaky:1"));
    namespace.wait_for_phase("one", "Succeeded");
    let events = namespace.list("events");
    let count = |reason: &str| {
        let event = events.iter().find(|event| event["reason"] == reason);
        event.map(|event| event["count"].clone())
    };
    assert_eq!(count("Pulling"), Some(json!(2)));
    assert_eq!(count("Pulled"), Some(json!(1)));
    assert_eq!(count("BackOff"), Some(json!(1)));
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn an_image_that_is_present_is_not_pulled() {
    let namespace = Namespace::new("present");
    namespace.create(&pod("one", "registry.test/present:1"));
    namespace.wait_for_phase("one", "Succeeded");
    let events = namespace.events_of("one");
    let pulled = "Pulled: Container image \"registry.test/present:1\" already present on machine and can be \
                  accessed by the pod";
    assert_eq!(
        events,
        [
            "Created: Container created",
            pulled,
            "Started: Container started"
        ]
    );
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn events_can_be_lost_while_the_status_tells() {
    let namespace = Namespace::new("silent");
    namespace.create(&pod("one", "registry.test/silent:1"));
    let pod = namespace.wait_for_phase("one", "Succeeded");
    assert_eq!(namespace.events_of("one"), [""; 0]);
    assert_ne!(pod["status"]["containerStatuses"][0]["imageID"], "");
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn a_pull_may_never_end_and_its_pod_can_be_deleted() {
    let namespace = Namespace::new("stuck");
    namespace.create(&pod("one", "registry.test/stuck:1"));
    until("the pull's beginning", PATIENCE, || {
        (namespace.events_of("one").len() == 1).then_some(())
    })
    .unwrap();
    assert_eq!(namespace.pod("one")["status"]["phase"], "Pending");
    let delete = ["delete", "pod", "one", "-n", &namespace.name];
    crate::scene::CLUSTER.kubectl(&delete).unwrap();
    assert!(namespace.list("pods").is_empty());
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn containers_fail_and_pods_are_evicted() {
    let namespace = Namespace::new("failed");
    namespace.create(&pod("exits", "registry.test/failing:1"));
    namespace.create(&pod("evicted", "registry.test/evicted:1"));
    let exits = namespace.wait_for_phase("exits", "Failed");
    assert_eq!(
        exits["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"],
        1
    );
    let evicted = namespace.wait_for_phase("evicted", "Failed");
    assert_eq!(evicted["status"]["reason"], "Evicted");
    assert!(
        namespace
            .events_of("evicted")
            .iter()
            .any(|event| event.starts_with("Evicted: "))
    );
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn a_pod_that_no_node_can_take_stays_pending() {
    let namespace = Namespace::new("nowhere");
    let mut wanted = pod("one", "registry.test/image:1");
    wanted["spec"]["nodeSelector"] = json!({ "no": "such-node" });
    namespace.create(&wanted);
    let refused = until("the scheduler's word", PATIENCE, || {
        let mut events = namespace.list("events").into_iter();
        events.find(|event| event["reason"] == "FailedScheduling")
    })
    .unwrap();
    assert!(text(&refused["message"]).contains("didn't match Pod's node affinity/selector"));
    assert_eq!(namespace.pod("one")["status"]["phase"], "Pending");
}
