//! A node that is none of kwok's: a real kubelet with a real containerd.
//!
//! Both run in a process namespace and a mount namespace of their own, so that nothing of them is left on the machine
//! when they end, containers and mounts included. That takes root.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::credentials::{Credentials, User};
use crate::pause;
use crate::ports;
use crate::programs::Programs;
use crate::server::Server;

/// The name of the real node.
const NAME: &str = "node-real";

/// The label that keeps kwok's hands off the node; `kwok.yaml` names it.
const LABEL: &str = "pullstudy.dev/real=true";

/// What lies in the node's folder, by name.
const FILES: [(&str, &str); 6] = [
    ("containerd.toml", include_str!("../node/containerd.toml")),
    ("kubelet.yaml", include_str!("../node/kubelet.yaml")),
    (
        "cni/10-none.conflist",
        include_str!("../node/network.conflist"),
    ),
    ("cni/none", include_str!("../node/none")),
    // containerd calls this one for every pod, whatever the network.
    ("cni/loopback", include_str!("../node/none")),
    ("start", include_str!("../node/start")),
];

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
}

fn write_files(folder: &Path) -> io::Result<()> {
    let [port] = ports::free()?;
    fs::create_dir_all(folder.join("cni"))?;
    for (name, text) in FILES {
        let text = text
            .replace("@folder@", &folder.display().to_string())
            .replace("@port@", &port.to_string());
        let path = folder.join(name);
        fs::write(&path, text)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    }
    fs::write(folder.join("pause.tar"), pause::archive()?)
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
