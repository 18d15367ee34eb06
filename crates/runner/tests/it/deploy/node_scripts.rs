//! What the scripts of helpers do on a node, run by busybox as in their pods. What is not at hand is a shell function.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use pullstudy_runner::{Manifests, Soci};
use tempfile::TempDir;

use super::{cache_clean, mirror, pods, site, soci_of_image, soci_of_url};

/// A node: a folder, and the words of a script that it runs.
struct Node {
    folder: TempDir,
    script: String,
    variables: Vec<(String, String)>,
}

impl Node {
    /// Takes the script of a container, with `stubs` defined before it.
    fn new(manifests: &Manifests, container: &str, stubs: &str) -> Self {
        let pods = pods(manifests);
        let mut containers = pods.iter().flat_map(|(_, containers)| containers);
        let found = containers.find(|found| found["name"] == container).unwrap();
        let command = found["command"].as_array().unwrap();
        let place = command.iter().position(|word| word == "-c").unwrap();
        let script = command[place + 1].as_str().unwrap();
        Self {
            folder: tempfile::tempdir().unwrap(),
            script: format!("{stubs}\n{script}"),
            variables: Vec::new(),
        }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    fn has(&self, name: &str) -> bool {
        self.folder.path().join(name).exists()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let variables = self.variables.iter().map(|(name, value)| (name, value));
        Command::new("busybox")
            .args(["sh", "-c", &self.script, "script"])
            .args(arguments)
            .env("NODE", self.folder.path())
            .envs(variables)
            .output()
            .expect("busybox is needed: apt-get install busybox-static")
    }

    /// Runs the script, which must do its work, and returns what it says.
    fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs the script, which must refuse or fail, and returns why.
    fn failed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

/// Answers from files, and ends the script's pod when it looks for the fourth time.
const CRICTL: &str = r#"
crictl() {
  case $1 in
  images)
    echo look >>"$NODE/rounds"
    if [ "$(grep -c look "$NODE/rounds")" -ge 4 ]; then kill -TERM $$; fi
    cat "$NODE/images"
    ;;
  ps) cat "$NODE/ps" && [ ! -e "$NODE/broken" ] ;;
  rmi) echo "$2" >>"$NODE/gone" ;;
  esac
}"#;

const IMAGES: &str = "\
ID: sha256:aaa
RepoTags: docker.io/library/old:1
RepoTags: docker.io/library/old:2
Size: 10

ID: sha256:bbb
RepoTags: docker.io/library/used:1
Size: 10

ID: sha256:ccc
RepoDigests: ghcr.io/me/kept@sha256:123
Size: 10

ID: sha256:ddd
RepoTags: registry.k8s.io/pause:3.10
Pinned: true

ID: sha256:eee
RepoTags: rancher/mirrored-pause:3.6

ID: sha256:fff
RepoTags: docker.io/library/by-name:1

ID: sha256:ab
RepoTags: docker.io/library/by-name:12
";

const CONTAINERS: &str = r#"{"containers": [
  {"image": {"image": "sha256:bbb"}, "imageRef": "sha256:bbb"},
  {"image": {"image": "docker.io/library/by-name:1"}, "imageRef": "sha256:aaab"}]}"#;

fn cleaned() -> Node {
    let mut node = Node::new(
        &cache_clean().manifests(&site()).unwrap(),
        "cache-clean",
        CRICTL,
    );
    node.write("images", IMAGES);
    node.write("ps", CONTAINERS);
    node.write("looks/.there", "");
    node.set("LOOKS", &node.path("looks"));
    node.set("BUSYBOX", "busybox");
    node.set("EVERY_SECONDS", "0");
    node
}

#[test]
fn images_that_nobody_uses_are_removed_at_the_second_look() {
    let node = cleaned();
    let said = node.done(&["*pause[:@]*", "*/me/*"]);
    assert_eq!(
        node.read("gone").lines().collect::<Vec<_>>(),
        ["sha256:aaa", "sha256:ab"]
    );
    assert!(
        said.contains("removed sha256:aaa docker.io/library/old:1 docker.io/library/old:2"),
        "{said}"
    );
}

#[test]
fn nothing_is_removed_when_the_runtime_does_not_answer() {
    let node = cleaned();
    node.write("broken", "");
    node.done(&[]);
    assert!(!node.has("gone"));
}

/// Shows what was written before the pod is ended.
const SLEEP: &str = r#"sleep() { cp -r "$FOLDER" "$NODE/seen"; kill -TERM $$; }"#;

fn told() -> Node {
    let mut node = Node::new(&mirror().manifests(&site()).unwrap(), "hosts", SLEEP);
    node.set("FOLDER", &node.path("certs.d"));
    node.write(
        "certs.d/quay.io/hosts.toml",
        "server = \"https://quay.io\"\n",
    );
    node
}

const DOCKER: [&str; 4] = [
    "docker.io",
    "https://registry-1.docker.io",
    "10.96.0.20",
    "5000",
];

#[test]
fn containerd_is_told_of_a_mirror_until_the_pod_ends() {
    let node = told();
    let with_ipv6 = ["ghcr.io", "https://ghcr.io", "fd00::1", "5000"];
    node.done(&[DOCKER, with_ipv6].concat());
    let seen = node.read("seen/docker.io/hosts.toml");
    let expected = "server = \"https://registry-1.docker.io\"\n\n[host.\"http://10.96.0.20:5000\"]\n  \
                    capabilities = [\"pull\", \"resolve\"]\n";
    assert_eq!(seen.split_once('\n').unwrap().1, expected);
    assert!(
        node.read("seen/ghcr.io/hosts.toml")
            .contains("\"http://[fd00::1]:5000\"")
    );
    assert!(!node.has("certs.d/docker.io") && !node.has("certs.d/ghcr.io"));
    assert!(node.has("certs.d/quay.io/hosts.toml"));
}

#[test]
fn files_of_others_are_left_alone_and_a_mirror_without_address_is_told() {
    let node = told();
    let quay = ["quay.io", "https://quay.io", "10.96.0.20", "5000"];
    let error = node.failed(&[DOCKER, quay].concat());
    assert!(error.contains("left alone"), "{error}");
    assert_eq!(
        node.read("certs.d/quay.io/hosts.toml"),
        "server = \"https://quay.io\"\n"
    );
    assert!(!node.has("certs.d/docker.io"));
    let without = [
        "ghcr.io",
        "https://ghcr.io",
        "$(MIRROR_GHCR_IO_SERVICE_HOST)",
        "5000",
    ];
    let error = node.failed(&without);
    assert!(error.contains("was not there"), "{error}");
}

#[test]
fn what_is_downloaded_has_the_right_sum_or_is_not_kept() {
    let stub = r#"wget() { cp "$NODE/release" download; }"#;
    let mut node = Node::new(&soci_of_url().manifests(&site()).unwrap(), "fetch", stub);
    // The SHA-256 of "x", as the manifests of these tests ask for.
    node.set("SHA256", super::SHA256);
    node.set("STAGE", &node.path(""));
    node.write("release", "x");
    node.done(&["https://example.com/soci"]);
    assert_eq!(node.read("soci-snapshotter-grpc"), "x");
    node.write("release", "y");
    let error = node.failed(&["https://example.com/soci"]);
    assert!(
        error.contains("has the SHA-256 a1fce4363854ff88"),
        "{error}"
    );
}

#[test]
fn a_release_is_unpacked() {
    let stub = r#"wget() { cp "$NODE/release" download; }
        echo x >soci-snapshotter-grpc
        mkdir -p sub && echo other >sub/soci
        tar -czf "$NODE/release" ./soci-snapshotter-grpc ./sub
        rm soci-snapshotter-grpc
        SHA256=$(sha256sum <"$NODE/release" | cut -c 1-64)"#;
    let stub = format!("cd \"$NODE\"\n{stub}");
    let mut node = Node::new(&soci_of_url().manifests(&site()).unwrap(), "fetch", &stub);
    node.set("STAGE", &node.path(""));
    node.done(&["https://example.com/soci.tar.gz"]);
    assert_eq!(node.read("soci-snapshotter-grpc"), "x\n");
}

/// A node's systemd, which writes down what it is asked for, its containerd and its devices.
const SYSTEMD: &str = r#"
nsenter() { shift 4; "$@"; }
systemctl() {
  echo "$*" >>"$NODE/asked"
  case $1 in restart) [ ! -e "$NODE/stays-down" ] || ! grep -q '"soci"' "$CONTAINERD/config.toml" ;; esac
}
containerd() { [ ! -e "$NODE/unreadable" ] || ! grep -q '"soci"' "$2"; }
test() {
  case "$*" in
  *soci*toml) [ -e "$NODE/own-settings" ] ;;
  */containerd.sock) [ ! -e "$NODE/other-socket" ] ;;
  *) [ ! -e "$NODE/no$1" ] ;;
  esac
}
sleep() { :; }
hostname() { echo node-1; }"#;

const VERSION_2: &str = "\
version = 2
[plugins]
  [plugins.\"io.containerd.grpc.v1.cri\"]
    sandbox_image = \"registry.k8s.io/pause:3.10\"
    [plugins.\"io.containerd.grpc.v1.cri\".containerd] # CRI
      snapshotter = \"overlayfs\"
      default_runtime_name = \"runc\"
      disable_snapshot_annotations = true
      [plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc]
        snapshotter = \"native\"
[proxy_plugins.other]
  type = \"snapshot\"
";

const VERSION_3: &str = "\
version = 3
root = '/var/lib/containerd'

[plugins.'io.containerd.cri.v1.images']
snapshotter = 'overlayfs'

[plugins.'io.containerd.cri.v1.images'.registry]
config_path = '/etc/containerd/certs.d'
";

fn with_soci(manifests: &Manifests, task: &str, config: &str) -> Node {
    let mut node = Node::new(manifests, task, SYSTEMD);
    for (name, folder) in [
        ("CONTAINERD", "containerd"),
        ("UNITS", "units"),
        ("FOLDER", "soci"),
        ("STAGE", "stage"),
    ] {
        node.set(name, &node.path(folder));
        node.write(&format!("{folder}/.there"), "");
    }
    node.set("CONTAINERD_ON_NODE", &node.path("containerd"));
    node.set("FOLDER_ON_NODE", &node.path("soci"));
    node.write("containerd/config.toml", config);
    node.write("stage/soci-snapshotter-grpc", "#!/bin/sh\n");
    node
}

fn installed(config: &str) -> Node {
    with_soci(
        &soci_of_image().manifests(&site()).unwrap(),
        "install",
        config,
    )
}

/// The settings of a table, as a reader of lines sees them.
fn settings(config: &str, table: &str) -> Vec<String> {
    let bare = |line: &str| {
        line.split('#')
            .next()
            .unwrap()
            .replace([' ', '\'', '"'], "")
    };
    let lines = config.lines().map(bare);
    let table = format!("[{}]", bare(table));
    let after = lines.skip_while(|line| *line != table).skip(1);
    after
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.is_empty())
        .collect()
}

#[test]
fn soci_becomes_the_snapshotter_of_cri_in_both_versions() {
    let cri = "plugins.io.containerd.grpc.v1.cri";
    let node = installed(VERSION_2);
    node.done(&["install"]);
    let config = node.read("containerd/config.toml");
    let expected = [
        "snapshotter=soci",
        "disable_snapshot_annotations=false",
        "default_runtime_name=runc",
    ];
    assert_eq!(settings(&config, &format!("{cri}.containerd")), expected);
    let runc = settings(&config, &format!("{cri}.containerd.runtimes.runc"));
    assert_eq!(runc, ["snapshotter=native"]);
    let plugin = settings(&config, "proxy_plugins.soci");
    let socket = "address=/run/soci-snapshotter-grpc/soci-snapshotter-grpc.sock";
    assert_eq!(plugin, ["type=snapshot", socket]);
    assert!(node.read("asked").contains("restart containerd"));
    assert!(
        node.read("units/soci-snapshotter.service")
            .contains(&node.path("soci/soci-snapshotter-grpc"))
    );

    let node = installed(VERSION_3);
    node.done(&["install"]);
    let images = "plugins.io.containerd.cri.v1.images";
    let config = node.read("containerd/config.toml");
    assert_eq!(settings(&config, images), expected[..2]);
    assert_eq!(
        settings(&config, &format!("{images}.registry")),
        ["config_path=/etc/containerd/certs.d"]
    );
}

#[test]
fn a_table_that_is_not_there_is_added() {
    let node = installed("version = 2\n");
    node.done(&["install"]);
    let config = node.read("containerd/config.toml");
    let table = settings(&config, "plugins.io.containerd.grpc.v1.cri.containerd");
    assert_eq!(
        table,
        ["snapshotter=soci", "disable_snapshot_annotations=false"]
    );
}

#[test]
fn a_second_time_restarts_nothing() {
    let node = installed(VERSION_2);
    node.done(&["install"]);
    let config = node.read("containerd/config.toml");
    node.write("asked", "");
    let said = node.done(&["install"]);
    assert!(said.contains("not restarted"), "{said}");
    assert!(
        !node.read("asked").contains("restart"),
        "{}",
        node.read("asked")
    );
    assert_eq!(node.read("containerd/config.toml"), config);
}

#[test]
fn undo_gives_back_every_byte() {
    let undo = Soci::undo().manifests(&site()).unwrap();
    for config in [VERSION_2, VERSION_3, "version = 2\n"] {
        let node = installed(config);
        node.done(&["install"]);
        let back = with_soci(&undo, "undo", &node.read("containerd/config.toml"));
        back.write(
            "units/soci-snapshotter.service",
            &node.read("units/soci-snapshotter.service"),
        );
        back.done(&["undo"]);
        assert_eq!(back.read("containerd/config.toml"), config);
        assert!(
            !back.has("units/soci-snapshotter.service") && !back.has("soci/soci-snapshotter-grpc")
        );
        assert!(back.read("asked").contains("restart containerd"));
    }
}

#[test]
fn a_node_that_lacks_something_is_left_as_it_was_and_says_what() {
    let unit = "units/soci-snapshotter.service";
    let cases: [(&str, &str, &str, &str); 7] = [
        (VERSION_2, "no-c", "", "/dev/fuse"),
        (VERSION_2, "other-socket", "", "containerd_address"),
        (VERSION_2, unit, "[Unit]", "not ours"),
        ("version = 1\n", "x", "", "version 1"),
        ("root = '/x'\n", "x", "", "version 1"),
        (
            "version = 2\n[proxy_plugins.\"soci\"]\n",
            "x",
            "",
            "already",
        ),
        (
            VERSION_2,
            "stage/soci-snapshotter-grpc",
            "#!/bin/false\n",
            "does not run",
        ),
    ];
    for (config, file, text, word) in cases {
        let node = installed(config);
        node.write(file, text);
        let error = node.failed(&["install"]);
        assert!(
            error.contains("refused: ") && error.contains(word) && error.contains("node-1"),
            "{error}"
        );
        assert_eq!(node.read("containerd/config.toml"), config);
        assert!(!node.read("asked").contains("restart") && !node.has("soci/soci-snapshotter-grpc"));
    }
    let node = installed(VERSION_2);
    node.write("other-socket", "");
    node.write("own-settings", "");
    node.done(&["install"]);
    let node = installed(VERSION_2);
    fs::remove_file(Path::new(&node.path("containerd/config.toml"))).unwrap();
    assert!(node.failed(&["install"]).contains("config default"));
}

#[test]
fn what_fails_on_the_way_is_taken_back() {
    for (file, word) in [
        ("no-S", "does not listen"),
        ("unreadable", "cannot read"),
        ("stays-down", "did not start"),
    ] {
        let node = installed(VERSION_2);
        node.write(file, "");
        let error = node.failed(&["install"]);
        assert!(
            error.contains("failed: ") && error.contains(word),
            "{error}"
        );
        assert_eq!(node.read("containerd/config.toml"), VERSION_2, "{file}");
        assert!(!node.has("units/soci-snapshotter.service"), "{file}");
        assert!(!node.has("soci/soci-snapshotter-grpc"), "{file}");
    }
}

#[test]
fn a_real_containerd_reads_what_becomes_of_its_own_defaults() {
    let containerd = |arguments: &[&str]| {
        let output = Command::new("containerd").args(arguments).output();
        let output = output.expect("containerd is needed: apt-get install containerd");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let node = installed(&containerd(&["config", "default"]));
    node.done(&["install"]);
    let path = node.path("containerd/config.toml");
    let dump = containerd(&["--config", &path, "config", "dump"]);
    let table = settings(&dump, "plugins.io.containerd.grpc.v1.cri.containerd");
    assert!(table.contains(&"snapshotter=soci".to_owned()), "{table:?}");
    assert_eq!(settings(&dump, "proxy_plugins.soci").len(), 2);
}
