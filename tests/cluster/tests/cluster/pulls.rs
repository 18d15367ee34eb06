//! Pods pull their images, and kubelets say so in their own words.

use serde_json::{Value, json};

use crate::scene::{CLUSTER, Namespace, job, pod, text};

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn a_job_of_four_pods_runs_to_its_end_on_four_nodes() {
    let namespace = Namespace::new("four-pods");
    namespace.create(&job("pull", 4, "registry.test/image:size-9000000000-bytes"));
    namespace.wait_for_job("pull");
    let pods = namespace.list("pods");
    let mut nodes: Vec<&str> = pods
        .iter()
        .map(|pod| text(&pod["spec"]["nodeName"]))
        .collect();
    nodes.sort_unstable();
    nodes.dedup();
    assert_eq!((pods.len(), nodes.len()), (4, 4));
    for pod in &pods {
        check_pulled(&namespace, pod, "registry.test/image:size-9000000000-bytes");
    }
}

/// Checks what events and status say about a pod that pulled one image.
fn check_pulled(namespace: &Namespace, pod: &Value, image: &str) {
    let events = namespace.events_of(text(&pod["metadata"]["name"]));
    let [created, pulled, pulling, started] = events.as_slice() else {
        panic!("four events are expected: {events:?}");
    };
    assert_eq!(created, "Created: Container created");
    assert_eq!(pulling, &format!("Pulling: Pulling image \"{image}\""));
    assert_eq!(started, "Started: Container started");
    let start = format!("Pulled: Successfully pulled image \"{image}\" in ");
    assert!(pulled.starts_with(&start), "{pulled}");
    let end = " including waiting). Image size: 9000000000 bytes.";
    assert!(pulled.ends_with(end), "{pulled}");
    let status = &pod["status"]["containerStatuses"][0];
    let image_id = text(&status["imageID"]);
    assert!(
        image_id.starts_with("registry.test/image@sha256:"),
        "{image_id}"
    );
    let ended = &status["state"]["terminated"];
    assert_eq!(ended["exitCode"], 0);
    assert!(text(&ended["startedAt"]) <= text(&ended["finishedAt"]));
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn events_name_the_container_and_the_node() {
    let namespace = Namespace::new("events");
    namespace.create(&pod("one", "registry.test/image:pull-50ms"));
    let pod = namespace.wait_for_phase("one", "Succeeded");
    let events = namespace.list("events");
    let pulled = events
        .iter()
        .find(|event| event["reason"] == "Pulled")
        .unwrap();
    let about = &pulled["involvedObject"];
    assert_eq!(about["fieldPath"], "spec.containers{main}");
    assert_eq!(about["uid"], pod["metadata"]["uid"]);
    assert_eq!(pulled["source"]["host"], pod["spec"]["nodeName"]);
    assert_eq!(pulled["count"], 1);
    assert!(text(&pulled["firstTimestamp"]).ends_with('Z'));
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn init_containers_are_pulled_in_turn_and_before_the_others() {
    let namespace = Namespace::new("init");
    let mut wanted = pod("preload", "registry.test/last:pull-50ms");
    wanted["spec"]["initContainers"] = json!([
        { "name": "a", "image": "registry.test/first:pull-50ms" },
        { "name": "b", "image": "registry.test/second:pull-50ms" },
    ]);
    namespace.create(&wanted);
    let pod = namespace.wait_for_phase("preload", "Succeeded");
    let events = namespace.events_of("preload");
    assert_eq!(events.len(), 12, "{events:?}");
    let ended = |status: &Value| text(&status["state"]["terminated"]["startedAt"]).to_owned();
    let init = pod["status"]["initContainerStatuses"].as_array().unwrap();
    let main = ended(&pod["status"]["containerStatuses"][0]);
    let starts = [ended(&init[0]), ended(&init[1]), main];
    assert!(starts.is_sorted(), "{starts:?}");
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn the_requests_of_the_program_under_test_are_kept_and_no_others() {
    let namespace = Namespace::new("requests");
    namespace.create(&pod("asked-for", "registry.test/image:pull-50ms"));
    namespace.wait_for_phase("asked-for", "Succeeded");
    let requests = CLUSTER.requests().unwrap();
    let uri = "/api/v1/namespaces/requests/pods?";
    let create = requests
        .iter()
        .find(|request| request.verb == "create" && request.uri.starts_with(uri))
        .unwrap();
    assert_eq!((create.user.as_str(), create.status), ("study", 201));
    assert!(create.user_agent.starts_with("kubectl/"), "{create:?}");
    assert!(requests.iter().all(|request| request.user == "study"));
}
