//! A node that is none of kwok's: a real kubelet with a real containerd.
//!
//! Both run in a process namespace and a mount namespace of their own, so that nothing of them is left on the machine
//! when they end, containers and mounts included. That takes root.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::credentials::{Credentials, User};
use crate::image_archive::image_archive;
use crate::ports;
use crate::programs::Programs;
use crate::server::Server;

/// The name of the real node.
const NAME: &str = "node-real";

/// The label that keeps kwok's hands off the node; `kwok.yaml` names it.
const LABEL: &str = "pullstudy.dev/real=true";

/// The image whose one process keeps a pod's namespaces open.
const PAUSE: &str = "pullstudy.test/pause:1";

/// A shell and everything else, in one file that needs no other.
const BUSYBOX: &str = "/bin/busybox";

/// What lies in the node's folder, by name.
const FILES: [(&str, &str); 7] = [
    (
        "etc/containerd/config.toml",
        include_str!("../node/containerd.toml"),
    ),
    ("kubelet.yaml", include_str!("../node/kubelet.yaml")),
    (
        "cni/10-none.conflist",
        include_str!("../node/network.conflist"),
    ),
    ("cni/none", include_str!("../node/none")),
    // containerd calls this one for every pod, whatever the network.
    ("cni/loopback", include_str!("../node/none")),
    ("systemctl", include_str!("../node/systemctl")),
    ("start", include_str!("../node/start")),
];

/// Why the node's containerd did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskContainerdError {
    /// A file could not be read or written, or `ctr` not started.
    #[error("the node's containerd could not be asked")]
    Io(#[from] io::Error),
    /// It said no.
    #[error("the node's containerd refused: {said}")]
    Refused {
        /// What it said.
        said: String,
    },
}

/// A node that pulls for real.
#[derive(Debug)]
pub struct RealNode {
    server: Server,
    folder: PathBuf,
}

impl RealNode {
    /// Starts one in a folder of its own below `folder`; the kubelet registers it by itself.
    pub(crate) fn start(
        folder: &Path,
        programs: &Programs,
        credentials: &Credentials,
    ) -> io::Result<Self> {
        let own = folder.join(NAME);
        write_files(&own)?;
        let server = Server::start(
            NAME,
            Path::new("unshare"),
            &arguments(&own, programs, credentials),
            folder,
        )?;
        Ok(Self {
            server,
            folder: own,
        })
    }

    /// Tells whether it ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.server.has_ended()
    }

    /// Returns its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        NAME
    }

    /// Returns the socket of its containerd.
    #[must_use]
    pub fn containerd_socket(&self) -> PathBuf {
        self.folder.join("containerd.sock")
    }

    /// Puts an image of a few files onto it, each by its path in the image; no registry has it. `config` says how it is
    /// run, in the words of the image specification, such as `{"Env": ["PATH=/bin"]}`.
    ///
    /// # Errors
    ///
    /// The archive could not be written, or containerd did not take it.
    pub fn add_image(
        &self,
        name: &str,
        config: &Value,
        files: &[(&str, &[u8])],
    ) -> Result<(), AskContainerdError> {
        let archive = self.folder.join("image.tar");
        fs::write(&archive, image_archive(name, config, files)?)?;
        self.ctr(&["images", "import", &archive.display().to_string()])
            .map(drop)
    }

    /// Returns the names of its images, sorted; those by which containerd and the kubelet keep them are among them.
    ///
    /// # Errors
    ///
    /// containerd did not answer.
    pub fn images(&self) -> Result<Vec<String>, AskContainerdError> {
        let names = self.ctr(&["images", "ls", "--quiet"])?;
        let mut names: Vec<_> = names.lines().map(str::to_owned).collect();
        names.sort();
        Ok(names)
    }

    /// Returns the digests of the blobs that its containerd has stored.
    ///
    /// # Errors
    ///
    /// containerd did not answer.
    pub fn blobs(&self) -> Result<Vec<String>, AskContainerdError> {
        let digests = self.ctr(&["content", "ls", "--quiet"])?;
        Ok(digests.lines().map(str::to_owned).collect())
    }

    /// Returns the file that its containerd is configured by: `/etc/containerd/config.toml` to all that runs there.
    #[must_use]
    pub fn containerd_config(&self) -> PathBuf {
        self.folder.join("etc/containerd/config.toml")
    }

    fn ctr(&self, arguments: &[&str]) -> Result<String, AskContainerdError> {
        let output = Command::new("ctr")
            .arg("--address")
            .arg(self.containerd_socket())
            .args(["--namespace", "k8s.io"])
            .args(arguments)
            .output()?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(AskContainerdError::Refused { said })
    }
}

fn write_files(folder: &Path) -> io::Result<()> {
    let [port] = ports::free()?;
    for place in ["cni", "etc/containerd"] {
        fs::create_dir_all(folder.join(place))?;
    }
    for (name, text) in FILES {
        let text = text
            .replace("@folder@", &folder.display().to_string())
            .replace("@port@", &port.to_string());
        let path = folder.join(name);
        fs::write(&path, text)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    }
    fs::write(folder.join("pause.tar"), pause()?)
}

fn pause() -> io::Result<Vec<u8>> {
    let config = json!({ "Entrypoint": [BUSYBOX, "sleep", "2147483647"] });
    let busybox = fs::read(BUSYBOX)?;
    image_archive(PAUSE, &config, &[(&BUSYBOX[1..], &busybox)])
}

fn arguments(folder: &Path, programs: &Programs, credentials: &Credentials) -> Vec<String> {
    let path = |path: &Path| path.display().to_string();
    let option = |name: &str, value: &Path| format!("--{name}={}", value.display());
    let namespaces = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
    let mut arguments = namespaces.map(str::to_owned).to_vec();
    arguments.extend([
        path(&folder.join("start")),
        path(folder),
        path(&folder.join("pause.tar")),
        path(&programs.built("kubelet")),
        option("config", &folder.join("kubelet.yaml")),
        option("kubeconfig", &credentials.kubeconfig(User::Admin)),
        option("root-dir", &folder.join("kubelet")),
        option("cert-dir", &folder.join("certificates")),
        format!("--hostname-override={NAME}"),
        format!("--node-labels={LABEL}"),
    ]);
    arguments
}
