//! `pullstat deploy`: manifests on standard output, what they may touch on standard error.

use std::fs;

use serde_json::Value;

use crate::events::{printed, pullstat};

const HELPERS: [&str; 6] = [
    "cache-clean",
    "collector",
    "mirror",
    "preload",
    "runner",
    "soci",
];

/// The words of a command line; none holds a blank.
fn deploy(line: &str) -> std::process::Output {
    let words: Vec<_> = std::iter::once("deploy").chain(line.split(' ')).collect();
    pullstat(&words)
}

fn list(line: &str) -> Vec<Value> {
    let list: Value = serde_json::from_str(&printed(&deploy(line))).unwrap();
    assert_eq!(
        (&list["apiVersion"], &list["kind"]),
        (&"v1".into(), &"List".into())
    );
    list["items"].as_array().unwrap().clone()
}

fn refusal(line: &str) -> String {
    let output = deploy(line);
    assert_eq!(output.status.code(), Some(2), "{line}");
    assert!(output.stdout.is_empty(), "{line}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn help_says_what_each_helper_touches() {
    insta::assert_snapshot!("deploy", printed(&pullstat(&["deploy", "--help"])));
    for helper in HELPERS {
        let help = printed(&pullstat(&["deploy", helper, "--help"]));
        assert!(
            help.contains("Example")
                && help.contains("Exit codes: 0 done, 1 failed, 2 wrong usage")
        );
        insta::assert_snapshot!(format!("deploy-{helper}"), help);
    }
}

#[test]
fn manifests_are_yaml_under_a_comment_and_a_note_says_what_they_touch() {
    let output = deploy("preload busybox:1.37 ghcr.io/me/app:1 --stagger 10m");
    let note = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(note.lines().count(), 1, "{note}");
    assert!(note.starts_with("note: API rights: none"), "{note}");
    insta::assert_snapshot!("deploy-preload-yaml", printed(&output));
}

#[test]
fn json_is_one_list() {
    let items = list("collector --image ghcr.io/me/pullstat:1 --ephemeral --format json");
    let kinds: Vec<_> = items
        .iter()
        .map(|item| item["kind"].as_str().unwrap())
        .collect();
    let account = ["ServiceAccount", "ClusterRole", "ClusterRoleBinding"];
    assert_eq!(
        kinds,
        [&["Namespace"], &account[..], &["Deployment"]].concat()
    );
    let items = list("soci --undo --existing-namespace --format json");
    assert_eq!(items.len(), 1);
}

#[test]
fn flags_say_where_a_helper_goes() {
    let line = "preload a.io/b:1 --namespace lab --name warm --node-selector pool=study --tolerate-all --format json";
    let items = list(line);
    assert_eq!(items[0]["metadata"]["name"], "lab");
    let (metadata, pod) = (&items[1]["metadata"], &items[1]["spec"]["template"]["spec"]);
    assert_eq!(
        (&metadata["namespace"], &metadata["name"]),
        (&"lab".into(), &"warm".into())
    );
    assert_eq!(pod["nodeSelector"]["pool"], "study");
    assert_eq!(pod["tolerations"][0]["operator"], "Exists");
}

#[test]
fn a_study_names_its_namespace_its_secrets_and_its_images() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study.yaml");
    let text = "images: {references: [a.io/b:1, a.io/c:1]}\nnodes: 4\n\
                kubernetes: {namespace: my-study, pull-secrets: [build/registry]}\n";
    fs::write(&study, text).unwrap();
    let study = study.to_str().unwrap();
    let items = list(&format!(
        "runner --study {study} --image ghcr.io/me/pullstat:1 --format json"
    ));
    let of_kind = |kind: &str| {
        let found = items.iter().filter(|item| item["kind"] == kind);
        found
            .map(|item| item["metadata"]["namespace"].to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(of_kind("Role"), ["\"my-study\"", "\"build\""]);
    let config = items
        .iter()
        .find(|item| item["kind"] == "ConfigMap")
        .unwrap();
    assert_eq!(config["data"]["study.yaml"], text);
    let images = list(&format!("preload --from {study} --format json"));
    let before = images[1]["spec"]["template"]["spec"]["initContainers"]
        .as_array()
        .unwrap();
    let images: Vec<_> = before[1..]
        .iter()
        .map(|container| container["image"].as_str().unwrap())
        .collect();
    assert_eq!(images, ["a.io/b:1", "a.io/c:1"]);
}

#[test]
fn lists_of_images_have_comments_and_mistakes_have_lines() {
    let folder = tempfile::tempdir().unwrap();
    let list_file = folder.path().join("images.txt");
    fs::write(&list_file, "# mine\na.io/b:1 # the first\n\n").unwrap();
    let path = list_file.to_str().unwrap();
    assert_eq!(
        list(&format!("preload --from {path} --format json")).len(),
        2
    );
    fs::write(&list_file, "a.io/b:1\na.io/B b:1\n").unwrap();
    assert!(refusal(&format!("preload --from {path}")).contains("images.txt, line 2:"));
    let sizes = folder.path().join("study.yaml");
    fs::write(&sizes, "images: {repository: a.io/b}\nnodes: 4\n").unwrap();
    let error = refusal(&format!("preload --from {}", sizes.to_str().unwrap()));
    assert!(error.contains("lists no references"), "{error}");
}

#[test]
fn hosts_toml_is_printed_alone() {
    let files = printed(&deploy(
        "mirror --upstream docker.io --hosts-toml 10.96.0.20:5000",
    ));
    assert!(
        files.starts_with("# /etc/containerd/certs.d/docker.io/hosts.toml\nserver = "),
        "{files}"
    );
    assert!(
        files.contains("[host.\"http://10.96.0.20:5000\"]"),
        "{files}"
    );
}

#[test]
fn what_cannot_be_deployed_is_told_in_one_sentence() {
    let cases = [
        ("preload", "<REFERENCE"),
        ("preload UPPER/case", "UPPER/case"),
        ("preload busybox busybox", "twice"),
        ("preload busybox --namespace Pull_Study", "RFC 1123"),
        ("preload busybox --namespace default", "the cluster's own"),
        ("preload busybox --node-selector disk", "KEY=VALUE"),
        ("preload busybox --max-unavailable 0", "number of nodes"),
        ("preload --from /nowhere/at/all.txt", "/nowhere/at/all.txt"),
        ("cache-clean --image a/b --every 0", "above 0"),
        ("cache-clean --image a/b --socket run.sock", "absolute path"),
        ("collector", "--image"),
        ("collector --image a/b --volume-size 10GB", "10Gi"),
        ("mirror --upstream https://ghcr.io", "HOST[:PORT]"),
        ("mirror --upstream ghcr.io --hosts-toml here", "HOST:PORT"),
        ("runner --image a/b", "--study"),
        ("soci", "--url with --sha256"),
        ("soci --url http://a/b --sha256 0", "https://"),
        ("soci --undo --image a/b", "--undo"),
        ("nothing", "nothing"),
    ];
    for (line, word) in cases {
        let error = refusal(line);
        assert!(error.contains(word), "{line}: {error}");
        if error.starts_with("pullstat: ") {
            assert_eq!(error.lines().count(), 1, "{error}");
        }
    }
}
