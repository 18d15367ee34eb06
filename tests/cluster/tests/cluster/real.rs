//! A real kubelet pulls with a real containerd, and the fake ones say what it says.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use pullstudy_test_cluster::{Cluster, Settings, until};
use serde_json::{Value, json};

use crate::scene::{Namespace, PATIENCE, pod, text};

/// A registry that holds one image under several names, killed when dropped.
struct Registry {
    process: Child,
    address: String,
}

impl Registry {
    fn start(folder: &Path) -> Self {
        let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let storage = json!({ "filesystem": { "rootdirectory": folder.join("registry") } });
        let config = json!({ "version": "0.1", "storage": storage, "http": { "addr": address } });
        let path = folder.join("registry.json");
        fs::write(&path, config.to_string()).unwrap();
        let process = Command::new("docker-registry")
            .arg("serve")
            .arg(&path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("docker-registry is here: cargo xtask setup installs it");
        Self { process, address }
    }

    /// Copies the image in an archive to a name, and returns its reference.
    fn push(&self, archive: &Path, name: &str) -> String {
        let reference = format!("{}/study/{name}:1", self.address);
        let copy = || {
            let from = format!("oci-archive:{}", archive.display());
            let status = Command::new("skopeo")
                .args(["copy", "--quiet", "--dest-tls-verify=false", &from])
                .arg(format!("docker://{reference}"))
                .stderr(Stdio::null())
                .status()
                .expect("skopeo is here: cargo xtask setup installs it");
            status.success().then_some(())
        };
        until("the push of an image", PATIENCE, copy).unwrap();
        reference
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One pod's end on one node: its events and its container's state, without what differs from pull to pull.
fn outcome(namespace: &Namespace, name: &str) -> (Vec<String>, Value) {
    let mut events: Vec<String> = namespace
        .list("events")
        .iter()
        .filter(|event| event["involvedObject"]["name"] == name)
        .filter(|event| event["source"]["component"] == "kubelet")
        // Without a container it is about the machine: its name servers, a volume that is late.
        .filter_map(|event| Some((event, event["involvedObject"]["fieldPath"].as_str()?)))
        .map(|(event, field)| {
            let (kind, reason) = (text(&event["type"]), text(&event["reason"]));
            format!(
                "{kind} {reason} {field}: {}",
                masked(text(&event["message"]))
            )
        })
        .collect();
    events.sort();
    let status = namespace.pod(name)["status"].clone();
    let container = &status["containerStatuses"][0];
    let ended = &container["state"]["terminated"];
    // A pod that its kubelet has only just seen has no containers in its status.
    let image_id = container["imageID"].as_str().unwrap_or_default();
    let outcome = json!({
        "phase": status["phase"],
        "waiting": container["state"]["waiting"]["reason"],
        "exitCode": ended["exitCode"],
        "reason": ended["reason"],
        // Under which name is another matter: containerd gives any of those that the image has.
        "has_digest": image_id.contains("@sha256:"),
        "started": container["started"],
        "ready": container["ready"],
    });
    (events, outcome)
}

/// Takes numbers out, and what a registry says about an image that it does not have.
fn masked(message: &str) -> String {
    let words = message.split(' ').map(|word| {
        let is_measure = word
            .trim_start_matches('(')
            .starts_with(|c: char| c.is_ascii_digit());
        if is_measure && !word.contains('/') {
            "N"
        } else {
            word
        }
    });
    let text = words.collect::<Vec<_>>().join(" ");
    match text.split_once(": rpc error: ") {
        Some((start, _)) => format!("{start}: rpc error: ..."),
        None => text,
    }
}

/// Runs a pod on a node that is chosen by name, and returns its outcome once `done` says so.
fn run(namespace: &Namespace, name: &str, mut wanted: Value, node: &str) -> (Vec<String>, Value) {
    wanted["metadata"]["name"] = json!(name);
    wanted["spec"]["nodeName"] = json!(node);
    namespace.create(&wanted);
    until("the pod's end", PATIENCE, || {
        let (events, outcome) = outcome(namespace, name);
        let ended = matches!(text(&outcome["phase"]), "Succeeded" | "Failed");
        let held = outcome["waiting"] == "ImagePullBackOff";
        // Events are written by the way, and may come last.
        let expected = if held { 5 } else { 3 };
        ((ended || held) && events.len() >= expected).then_some((events, outcome))
    })
    .unwrap()
}

#[test]
#[ignore = "needs a control plane and root: cargo xtask test --cluster"]
fn the_fake_kubelets_say_what_a_real_one_says() {
    let cluster: &'static Cluster = Box::leak(Box::new(
        Cluster::start(&Settings::default().nodes(1)).unwrap(),
    ));
    let real = cluster.add_real_node().unwrap();
    let archive = cluster.folder().join("node-real/pause.tar");
    let registry = Registry::start(cluster.folder());
    let namespace = Namespace::on(cluster, "compared");

    let command = |image: &str, words: &[&str], policy: &str| {
        let mut pod = pod("", image);
        let container = &mut pod["spec"]["containers"][0];
        container["command"] = json!(words);
        container["imagePullPolicy"] = json!(policy);
        pod
    };
    let image = registry.push(&archive, "image");
    let failing = registry.push(&archive, "failing");
    let present = registry.push(&archive, "present");
    let busybox = "/bin/busybox";
    // So that it is there for the pod that is compared.
    let early = command(&present, &[busybox, "true"], "Always");
    run(&namespace, "early", early, real.name());

    let missing = image.replace("image", "missing");
    for (case, wanted) in [
        ("pulled", command(&image, &[busybox, "true"], "Always")),
        ("failing", command(&failing, &[busybox, "false"], "Always")),
        (
            "present",
            command(&present, &[busybox, "true"], "IfNotPresent"),
        ),
        ("missing", command(&missing, &[busybox, "true"], "Always")),
    ] {
        let expected = run(
            &namespace,
            &format!("{case}-real"),
            wanted.clone(),
            real.name(),
        );
        let fake = run(&namespace, &format!("{case}-fake"), wanted, "node-0000");
        assert_eq!(fake, expected, "{case}");
    }
}
