//! Parts go away and come back in the middle of things. On a cluster of its own: the others would notice.

use std::collections::BTreeSet;

use pullstudy_test_cluster::{Cluster, Part, Settings};

use serde_json::Value;

use crate::scene::{Namespace, job};

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn a_job_survives_the_loss_of_any_part() {
    let cluster: &'static Cluster =
        Box::leak(Box::new(Cluster::start(&Settings::default()).unwrap()));
    let namespace = Namespace::on(cluster, "losses");
    for part in Part::ALL {
        let name = format!("without-{}", part.name());
        namespace.create(&job(&name, 4, "registry.test/image:pull-2s"));
        let before = cluster.process(part);
        if part == Part::ApiServer {
            cluster.restart(part).unwrap();
        } else {
            cluster.kill(part);
            assert_eq!(cluster.process(part), None);
            cluster.start_part(part).unwrap();
        }
        assert_ne!(cluster.process(part), before);
        namespace.wait_for_job(&name);
    }
    check_events(&namespace);
    for part in Part::ALL {
        cluster.kill(part);
    }
}

/// Every index of every job ended well, and no pod that did lacks its `Pulled` or has two. There may be more pods than
/// indexes: a controller that is killed between making a pod and noting it makes that one again, and both may end.
fn check_events(namespace: &Namespace) {
    let events = namespace.list("events");
    let pods = namespace.list("pods");
    let ended = pods
        .iter()
        .filter(|pod| pod["status"]["phase"] == "Succeeded");
    let mut indexes = BTreeSet::new();
    for pod in ended {
        let of_pod = |event: &&Value| {
            event["reason"] == "Pulled" && event["involvedObject"]["uid"] == pod["metadata"]["uid"]
        };
        assert_eq!(
            events.iter().filter(of_pod).count(),
            1,
            "{}",
            pod["metadata"]["name"]
        );
        let labels = &pod["metadata"]["labels"];
        indexes.insert((
            labels["batch.kubernetes.io/job-name"].to_string(),
            labels["batch.kubernetes.io/job-completion-index"].to_string(),
        ));
    }
    assert_eq!(indexes.len(), 4 * Part::ALL.len());
}
