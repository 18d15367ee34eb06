//! Every document is one of the API, in both forms in which it is printed.

use std::collections::BTreeSet;

use k8s_openapi::api::{apps::v1 as apps, batch::v1 as batch, core::v1 as core, rbac::v1 as rbac};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{all, of_kind, pods, preload, site};

/// What is left of a document when only what the API knows is kept.
fn known(document: &Value) -> Value {
    fn typed<T: DeserializeOwned + Serialize>(document: &Value) -> Value {
        serde_json::to_value(serde_json::from_value::<T>(document.clone()).unwrap()).unwrap()
    }
    match document["kind"].as_str().unwrap() {
        "ClusterRole" => typed::<rbac::ClusterRole>(document),
        "ClusterRoleBinding" => typed::<rbac::ClusterRoleBinding>(document),
        "ConfigMap" => typed::<core::ConfigMap>(document),
        "DaemonSet" => typed::<apps::DaemonSet>(document),
        "Deployment" => typed::<apps::Deployment>(document),
        "Job" => typed::<batch::Job>(document),
        "Namespace" => typed::<core::Namespace>(document),
        "PersistentVolumeClaim" => typed::<core::PersistentVolumeClaim>(document),
        "Role" => typed::<rbac::Role>(document),
        "RoleBinding" => typed::<rbac::RoleBinding>(document),
        "Service" => typed::<core::Service>(document),
        "ServiceAccount" => typed::<core::ServiceAccount>(document),
        kind => panic!("no helper makes a {kind}"),
    }
}

fn read_yaml(yaml: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(yaml).unwrap()
}

#[test]
fn yaml_and_list_hold_what_the_api_knows_and_nothing_else() {
    for manifests in all() {
        let read = read_yaml(&manifests.to_yaml());
        assert_eq!(read, manifests.documents());
        assert_eq!(manifests.to_list()["items"], Value::from(read.clone()));
        for document in &read {
            assert_eq!(known(document), *document);
        }
    }
}

#[test]
fn a_field_that_the_api_does_not_know_would_be_noticed() {
    let manifests = preload().manifests(&site()).unwrap();
    let mut document = of_kind(&manifests, "DaemonSet")[0].clone();
    document["spec"]["template"]["spec"]["hostPathes"] = Value::from("/");
    assert_ne!(known(&document), document);
}

#[test]
fn the_namespace_comes_first_unless_it_exists() {
    let mut there = site();
    there.namespace_exists();
    let manifests = preload().manifests(&site()).unwrap();
    assert_eq!(manifests.documents()[0]["kind"], "Namespace");
    let manifests = preload().manifests(&there).unwrap();
    assert_eq!(of_kind(&manifests, "Namespace"), [] as [&Value; 0]);
}

#[test]
fn a_comment_says_what_is_touched_and_how_it_is_taken_back() {
    for manifests in all() {
        let yaml = manifests.to_yaml();
        let comments: Vec<_> = yaml.lines().take_while(|line| *line != "---").collect();
        assert!(
            comments
                .iter()
                .all(|line| line.starts_with('#') && line.len() <= 110),
            "{yaml}"
        );
        for word in ["# API rights: ", "# Nodes: ", "# Undo: "] {
            assert!(
                comments.iter().any(|line| line.starts_with(word)),
                "{word}: {yaml}"
            );
        }
        let note = manifests.touches().note();
        assert!(
            note.starts_with("API rights: ") && !note.contains('\n'),
            "{note}"
        );
    }
}

#[test]
fn names_of_documents_differ_within_a_kind_and_a_namespace() {
    for manifests in all() {
        let mut seen = BTreeSet::new();
        for document in manifests.documents() {
            let metadata = &document["metadata"];
            let key = [&document["kind"], &metadata["namespace"], &metadata["name"]];
            assert!(
                seen.insert(key.map(Value::to_string)),
                "{key:?} is there twice"
            );
        }
    }
}

/// What a helper's pods may do on nodes. A privilege that is added has to be added here, too.
#[test]
fn privileges_are_these_and_no_others() {
    let mut found = BTreeSet::new();
    for manifests in all() {
        let name = manifests.to_yaml().lines().next().unwrap().to_owned();
        let helper = name
            .trim_start_matches("# ")
            .split(':')
            .next()
            .unwrap()
            .to_owned();
        for (pod, containers) in pods(&manifests) {
            for flag in ["hostNetwork", "hostPID", "hostIPC"] {
                if pod[flag] == true {
                    found.insert(format!("{helper}: {flag}"));
                }
            }
            for volume in pod["volumes"].as_array().unwrap() {
                if let Some(path) = volume["hostPath"]["path"].as_str() {
                    found.insert(format!("{helper}: {path}"));
                }
            }
            for container in containers {
                let context = &container["securityContext"];
                if context["privileged"] == true {
                    found.insert(format!("{helper}: privileged {}", container["name"]));
                    continue;
                }
                assert_eq!(context["allowPrivilegeEscalation"], false);
                assert_eq!(context["readOnlyRootFilesystem"], true);
                assert_eq!(context["capabilities"]["drop"][0], "ALL");
                if context["runAsNonRoot"] != true {
                    found.insert(format!("{helper}: root {}", container["name"]));
                }
            }
        }
    }
    let expected = [
        "cache-clean: /run/containerd",
        "cache-clean: root \"cache-clean\"",
        "mirror: /etc/containerd/certs.d",
        "mirror: root \"hosts\"",
        "soci: /etc/containerd",
        "soci: /etc/systemd/system",
        "soci: /opt/pullstudy-soci",
        "soci: hostPID",
        "soci: privileged \"install\"",
        "soci: privileged \"undo\"",
    ];
    assert_eq!(found, expected.map(str::to_owned).into());
}

#[test]
fn pods_go_where_they_were_told() {
    for manifests in all() {
        for (pod, _) in pods(&manifests) {
            assert_eq!(pod["nodeSelector"]["pool"], "study");
            assert_eq!(pod["nodeSelector"]["kubernetes.io/os"], "linux");
            assert_eq!(pod["tolerations"][0]["operator"], "Exists");
            assert_eq!(pod["imagePullSecrets"][0]["name"], "registry");
            let has_account = pod["serviceAccountName"] == "helper";
            assert_eq!(pod["automountServiceAccountToken"], has_account);
        }
    }
}

#[test]
fn every_image_is_pulled_by_a_binary_that_it_need_not_have() {
    let manifests = preload().manifests(&site()).unwrap();
    let (_, containers) = pods(&manifests).remove(0);
    let images: Vec<_> = containers
        .iter()
        .map(|container| &container["image"])
        .collect();
    let tools = "docker.io/library/busybox:1.37.0-musl";
    let pulled = ["docker.io/library/busybox:1.37", "ghcr.io/me/app:1"];
    assert_eq!(
        images,
        [tools, pulled[0], pulled[1], "registry.k8s.io/pause:3.10"]
    );
    for container in &containers[1..3] {
        assert_eq!(container["command"], serde_json::json!(["/pullstudy/true"]));
        assert_eq!(container["imagePullPolicy"], "IfNotPresent");
    }
}

/// The kubelet puts variables in where commands say `$(NAME)`, and makes one dollar sign of two.
#[test]
fn the_kubelet_leaves_scripts_as_they_are() {
    for manifests in all() {
        for (_, containers) in pods(&manifests) {
            for container in containers {
                let variables = container["env"].as_array().into_iter().flatten();
                let names: Vec<_> = variables
                    .map(|variable| variable["name"].as_str().unwrap())
                    .collect();
                for word in container["command"].as_array().into_iter().flatten() {
                    let word = word.as_str().unwrap();
                    assert!(!word.contains("$$"), "{word}");
                    assert!(
                        names
                            .iter()
                            .all(|name| !word.contains(&format!("$({name})"))),
                        "{word}"
                    );
                }
            }
        }
    }
}
