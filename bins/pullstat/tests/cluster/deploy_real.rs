//! Manifests of `pullstat deploy` whose pods run on a real kubelet, and do what they are for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use pullstudy_test_cluster::{Programs, RealNode, Settings, until};
use serde_json::{Value, json};

use crate::crafted::Crafted;
use crate::deploy::{apply, rolled_out};
use crate::scene::{Scene, succeeded};

const TOOLS: &str = "pullstudy.test/tools:1";
const CRICTL: &str = "pullstudy.test/crictl:1";
const SOCI: &str = "pullstudy.test/soci:1";
/// What the helpers' pods end with, unless they are told otherwise.
const PAUSE: &str = "registry.k8s.io/pause:3.10";
const REAL: &str = "--node-selector pullstudy.dev/real=true";
const PATIENCE: Duration = Duration::from_secs(120);

/// A cluster whose real node has the images of the helpers, since no registry that it reaches does.
fn scene() -> (Scene, RealNode) {
    let settings = Settings::default().nodes(1);
    let scene = Scene::of(&settings.api_server_argument("--allow-privileged=true"));
    let node = scene.cluster.add_real_node().unwrap();
    let busybox = fs::read("/bin/busybox").unwrap();
    let files = ["bin/busybox", "bin/sh"].map(|name| (name, busybox.as_slice()));
    let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    let config = json!({ "Env": [path], "Entrypoint": ["/bin/busybox", "sleep", "2147483647"] });
    for name in [TOOLS, PAUSE] {
        node.add_image(name, &config, &files).unwrap();
    }
    (scene, node)
}

/// Puts an image with a program that was built for the tests onto the node.
fn add_program(node: &RealNode, image: &str, program: &str) {
    let file = fs::read(program_path(program)).unwrap();
    let config = json!({ "Env": ["PATH=/usr/local/bin"] });
    let path = format!("usr/local/bin/{program}");
    node.add_image(image, &config, &[(&path, &file)]).unwrap();
}

fn program_path(name: &str) -> PathBuf {
    Programs::of_this_user().unwrap().built(name)
}

/// Runs a command in a pod on the real node.
fn start_pod(scene: &Scene, node: &RealNode, name: &str, image: &str, command: &[&str]) {
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": { "name": name },
        "spec": {
            "nodeName": node.name(),
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 0,
            "containers": [{ "name": name, "image": image, "command": command }],
        },
    });
    let created = scene
        .cluster
        .kubectl_with(&["create", "-f", "-"], &pod.to_string());
    created.unwrap();
}

fn kubectl(scene: &Scene, arguments: &[&str]) {
    scene.cluster.kubectl(arguments).unwrap();
}

fn wait_until_gone(node: &RealNode, image: &str) {
    let what = format!("the end of {image}");
    until(&what, PATIENCE, || (!has(node, image)).then_some(())).unwrap();
}

fn has(node: &RealNode, image: &str) -> bool {
    node.images().unwrap().iter().any(|name| name == image)
}

#[test]
#[ignore = "needs a control plane and root: cargo xtask test --cluster"]
fn preload_pulls_an_image_without_a_shell() {
    let (scene, node) = scene();
    let crafted = Crafted::serve(7);
    let image = &crafted.image;
    assert!(!has(&node, image));
    apply(
        &scene,
        &format!("preload {image} --tools-image {TOOLS} {REAL}"),
    );
    rolled_out(&scene, "pullstudy", "daemonset/preload");
    assert!(has(&node, image));
}

#[test]
#[ignore = "needs a control plane and root: cargo xtask test --cluster"]
fn cache_clean_removes_what_no_container_has_and_nothing_else() {
    let (scene, node) = scene();
    add_program(&node, CRICTL, "crictl");
    let busybox = fs::read("/bin/busybox").unwrap();
    let image = |name: &str| format!("pullstudy.test/{name}:1");
    for name in ["used", "kept", "unused"] {
        let files = [
            ("bin/busybox", busybox.as_slice()),
            ("name", name.as_bytes()),
        ];
        node.add_image(&image(name), &json!({}), &files).unwrap();
    }
    let forever = ["/bin/busybox", "sleep", "2147483647"];
    start_pod(&scene, &node, "user", &image("used"), &forever);
    kubectl(
        &scene,
        &["wait", "--for=condition=Ready", "--timeout=60s", "pod/user"],
    );

    let socket = node.containerd_socket();
    let socket = socket.display();
    apply(
        &scene,
        &format!(
            "cache-clean --image {CRICTL} --tools-image {TOOLS} --every 1 --keep */kept:* --socket {socket} {REAL}"
        ),
    );
    wait_until_gone(&node, &image("unused"));
    assert!(has(&node, &image("used")));
    kubectl(&scene, &["delete", "pod", "user"]);
    wait_until_gone(&node, &image("used"));
    for name in [&image("kept"), &image("pause"), CRICTL, TOOLS] {
        assert!(has(&node, name), "{name}");
    }
}

/// Makes an image fit for SOCI, layers of 4 MB and all, and keeps its name.
fn with_soci_index(layout: &Path, converted: &Path) {
    let mut soci = Command::new(program_path("soci"));
    soci.args([
        "convert",
        "--standalone",
        "--format",
        "oci-dir",
        "--min-layer-size",
        "1000000",
    ]);
    succeeded(soci.arg(layout).arg(converted).output().unwrap());
    let index = |layout: &Path| -> Value {
        serde_json::from_slice(&fs::read(layout.join("index.json")).unwrap()).unwrap()
    };
    let mut named = index(converted);
    named["manifests"][0]["annotations"] = index(layout)["manifests"][0]["annotations"].clone();
    fs::write(converted.join("index.json"), named.to_string()).unwrap();
}

/// Runs the image's program on the node, and returns how many of its layers have been downloaded by then.
fn layers_once_it_ran(scene: &Scene, node: &RealNode, name: &str, crafted: &Crafted) -> usize {
    start_pod(scene, node, name, &crafted.image, &["/bin/exit0"]);
    let ended = "--for=jsonpath={.status.phase}=Succeeded";
    let pod = format!("pod/{name}");
    kubectl(scene, &["wait", ended, "--timeout=120s", &pod]);
    let blobs = node.blobs().unwrap();
    let layers = crafted.layers.iter();
    layers.filter(|layer| blobs.contains(layer)).count()
}

#[test]
#[ignore = "needs a control plane and root: cargo xtask test --cluster"]
fn with_soci_a_container_runs_before_its_layers_are_there_until_that_is_undone() {
    // The snapshotter mounts with it. docs/cluster-tests.md says that this is not run then.
    if !Path::new("/dev/fuse").exists() {
        return;
    }
    let (scene, node) = scene();
    add_program(&node, SOCI, "soci-snapshotter-grpc");
    let config = || fs::read_to_string(node.containerd_config()).unwrap();
    let before = config();
    let folder = scene.folder.path().join("soci");
    let folder = folder.display();
    let common = format!("--tools-image {TOOLS} --host-dir {folder} {REAL}");
    apply(&scene, &format!("soci --image {SOCI} {common}"));
    rolled_out(&scene, "pullstudy", "daemonset/soci");
    assert_ne!(config(), before);
    let lazy = Crafted::serve_made_of_it(1, with_soci_index);
    assert_eq!(layers_once_it_ran(&scene, &node, "lazy", &lazy), 0);
    let plain = Crafted::serve(2);
    assert_eq!(layers_once_it_ran(&scene, &node, "plain", &plain), 3);

    apply(&scene, &format!("soci --undo {common}"));
    rolled_out(&scene, "pullstudy", "daemonset/soci");
    assert_eq!(config(), before);
    let lazy_no_more = Crafted::serve_made_of_it(3, with_soci_index);
    let layers = layers_once_it_ran(&scene, &node, "undone", &lazy_no_more);
    assert_eq!(layers, 3);
}
