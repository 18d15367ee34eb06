//! What helpers may do in the API: these rights and no others. One that is added has to be added here, too.

use std::collections::BTreeSet;

use pullstudy_runner::{Manifests, Runner};
use serde_json::Value;

use super::{all, collector, of_kind, runner, site};

/// Every right in a line: `in NAMESPACE: verb group/resource name`.
fn rights(manifests: &Manifests) -> BTreeSet<String> {
    let roles = [
        of_kind(manifests, "ClusterRole"),
        of_kind(manifests, "Role"),
    ]
    .concat();
    roles.into_iter().flat_map(of_role).collect()
}

fn of_role(role: &Value) -> Vec<String> {
    let place = role["metadata"]["namespace"].as_str().unwrap_or("all");
    let mut lines = Vec::new();
    for rule in role["rules"].as_array().unwrap() {
        assert!(rule.get("nonResourceURLs").is_none());
        let names = texts(&rule["resourceNames"]);
        let names = if names.is_empty() { vec![""] } else { names };
        for group in texts(&rule["apiGroups"]) {
            for resource in texts(&rule["resources"]) {
                for verb in texts(&rule["verbs"]) {
                    let line = |name| format!("{place}: {verb} {group}/{resource} {name}");
                    lines.extend(names.iter().map(|name| line(name).trim_end().to_owned()));
                }
            }
        }
    }
    lines
}

fn texts(list: &Value) -> Vec<&str> {
    let list = list.as_array().into_iter().flatten();
    list.map(|text| text.as_str().unwrap()).collect()
}

fn assert_rights(manifests: &Manifests, expected: &[&str]) {
    let expected: BTreeSet<_> = expected.iter().map(|line| (*line).to_owned()).collect();
    assert_eq!(rights(manifests), expected);
}

#[test]
fn the_collector_follows_events_pods_and_nodes() {
    let manifests = collector().manifests(&site()).unwrap();
    assert_rights(
        &manifests,
        &[
            "all: list /events",
            "all: list /nodes",
            "all: list /pods",
            "all: list events.k8s.io/events",
            "all: watch /events",
            "all: watch /nodes",
            "all: watch /pods",
            "all: watch events.k8s.io/events",
        ],
    );
}

#[test]
fn a_collector_of_one_namespace_sees_nodes_alone_outside_of_it() {
    let mut collector = collector();
    collector.only = Some("training".to_owned());
    let manifests = collector.manifests(&site()).unwrap();
    assert_rights(
        &manifests,
        &[
            "all: list /nodes",
            "all: watch /nodes",
            "training: list /events",
            "training: list /pods",
            "training: list events.k8s.io/events",
            "training: watch /events",
            "training: watch /pods",
            "training: watch events.k8s.io/events",
        ],
    );
}

#[test]
fn a_run_in_a_namespace_with_a_name_does_next_to_nothing_outside_of_it() {
    let manifests = runner().manifests(&site()).unwrap();
    assert_rights(
        &manifests,
        &[
            "all: get /namespaces my-study",
            "all: list /nodes",
            "all: watch /nodes",
            "build: get /secrets registry",
            "my-study: create /secrets",
            "my-study: create batch/jobs",
            "my-study: delete /pods",
            "my-study: delete batch/jobs",
            "my-study: get batch/jobs",
            "my-study: list /events",
            "my-study: list /pods",
            "my-study: list batch/jobs",
            "my-study: list events.k8s.io/events",
            "my-study: watch /events",
            "my-study: watch /pods",
            "my-study: watch batch/jobs",
            "my-study: watch events.k8s.io/events",
        ],
    );
    let study = of_kind(&manifests, "Namespace")[1];
    assert_eq!(study["metadata"]["name"], "my-study");
    assert_eq!(study["metadata"]["labels"]["pullstudy.dev/study"], "any");
}

#[test]
fn a_run_that_names_its_namespace_itself_has_its_rights_everywhere_and_says_so() {
    let manifests = Runner::default().manifests(&site()).unwrap();
    assert_rights(
        &manifests,
        &[
            "all: create /namespaces",
            "all: create batch/jobs",
            "all: delete /namespaces",
            "all: delete /pods",
            "all: delete batch/jobs",
            "all: get /namespaces",
            "all: get batch/jobs",
            "all: list /events",
            "all: list /nodes",
            "all: list /pods",
            "all: list batch/jobs",
            "all: list events.k8s.io/events",
            "all: watch /events",
            "all: watch /nodes",
            "all: watch /pods",
            "all: watch batch/jobs",
            "all: watch events.k8s.io/events",
        ],
    );
    assert!(manifests.touches().rights.contains("as good as all rights"));
}

#[test]
fn the_other_helpers_have_no_rights() {
    for manifests in all() {
        let accounts = of_kind(&manifests, "ServiceAccount");
        assert_eq!(rights(&manifests).is_empty(), accounts.is_empty());
        let says_none = manifests.touches().rights.starts_with("none");
        assert_eq!(says_none, accounts.is_empty());
    }
}

#[test]
fn rights_are_bound_to_the_account_of_the_helper_alone() {
    for manifests in all() {
        let bindings = [
            of_kind(&manifests, "ClusterRoleBinding"),
            of_kind(&manifests, "RoleBinding"),
        ];
        for binding in bindings.concat() {
            let subject = serde_json::json!(
                [{"kind": "ServiceAccount", "name": "helper", "namespace": "pullstudy"}]
            );
            assert_eq!(binding["subjects"], subject);
            assert_eq!(binding["roleRef"]["name"], binding["metadata"]["name"]);
        }
    }
}
