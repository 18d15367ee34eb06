//! `cache-clean`: nodes without images that nobody uses.

use std::path::{Path, PathBuf};

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use pullstudy_image::Reference;

use super::error::DeployError;
use super::manifests::{Manifests, Touches};
use super::names::host_path;
use super::pods::{self, TOOLS, TOOLS_VOLUME};
use super::site::Site;

const HELPER: &str = "cache-clean";
const SCRIPT: &str = include_str!("cache_clean.sh");
const RUN: &str = "/host/run";
/// What runtimes that do not pin the image of their sandboxes would lose.
const ALWAYS_KEPT: &str = "*pause[:@]*";

/// A DaemonSet that removes unused images, by the runtime's CRI socket.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheClean {
    /// An image that has `crictl` in its path.
    pub image: Reference,
    /// Seconds between two looks. An image is removed when it was unused at two looks in a row. Default: 300.
    pub every_seconds: u32,
    /// Patterns of a shell; images with a name that matches one are kept.
    pub keep: Vec<String>,
    /// The CRI socket of the runtime on nodes. Default: containerd's.
    pub socket: PathBuf,
    /// A busybox with a static binary at `/bin/busybox`.
    pub tools_image: Reference,
}

impl CacheClean {
    /// Cleans with the `crictl` of an image.
    pub fn new(image: Reference) -> Self {
        Self {
            image,
            every_seconds: 300,
            keep: Vec::new(),
            socket: PathBuf::from("/run/containerd/containerd.sock"),
            tools_image: pods::default_tools_image(),
        }
    }

    /// Returns the documents.
    ///
    /// # Errors
    ///
    /// [`DeployError`] when the interval is 0, a pattern matches nothing, or something else cannot be.
    pub fn manifests(&self, site: &Site) -> Result<Manifests, DeployError> {
        let socket = self.check()?;
        let mut documents = site.documents()?;
        let at_once = IntOrString::Int(1);
        documents.add(&pods::daemon_set(site, HELPER, at_once, self.pod(&socket)));
        documents.finish(HELPER, touches(site, &socket))
    }

    fn check(&self) -> Result<Socket, DeployError> {
        if self.every_seconds == 0 {
            let what = "the time between two looks";
            return Err(DeployError::Zero { what });
        }
        let bad = |text: &&String| {
            text.is_empty() || text.contains(|char: char| char.is_whitespace() || char.is_control())
        };
        if let Some(text) = self.keep.iter().find(bad) {
            let text = text.clone();
            return Err(DeployError::Pattern { text });
        }
        Socket::of(&self.socket)
    }

    fn pod(&self, socket: &Socket) -> core::PodSpec {
        core::PodSpec {
            init_containers: Some(vec![pods::tools(&self.tools_image, &[])]),
            containers: vec![self.container(socket)],
            volumes: Some(vec![
                pods::empty_dir(TOOLS_VOLUME, "16Mi"),
                pods::empty_dir("looks", "16Mi"),
                pods::host_folder("run", &socket.folder, "Directory"),
            ]),
            termination_grace_period_seconds: Some(5),
            ..core::PodSpec::default()
        }
    }

    fn container(&self, socket: &Socket) -> core::Container {
        let busybox = format!("{TOOLS}/busybox");
        let mut patterns = vec![ALWAYS_KEPT.to_owned()];
        patterns.extend(self.keep.iter().cloned());
        let endpoint = format!("unix://{RUN}/{}", socket.name);
        core::Container {
            args: Some(patterns),
            env: Some(vec![
                pods::env("BUSYBOX", &busybox),
                pods::env("EVERY_SECONDS", &self.every_seconds.to_string()),
                pods::env("CONTAINER_RUNTIME_ENDPOINT", &endpoint),
                pods::env("IMAGE_SERVICE_ENDPOINT", &endpoint),
            ]),
            volume_mounts: Some(vec![
                pods::mount(TOOLS_VOLUME, TOOLS, true),
                pods::mount("looks", "/looks", false),
                pods::mount("run", RUN, true),
            ]),
            security_context: Some(as_root()),
            ..pods::container(
                HELPER,
                &self.image,
                pods::words(&[&busybox, "sh", "-c", SCRIPT, HELPER]),
            )
        }
    }
}

/// The socket belongs to root.
fn as_root() -> core::SecurityContext {
    core::SecurityContext {
        run_as_user: Some(0),
        run_as_group: Some(0),
        ..pods::unprivileged_root()
    }
}

/// A socket, and the folder that it is in. The folder is mounted: a runtime that restarts makes a new socket.
struct Socket {
    folder: String,
    name: String,
}

impl Socket {
    fn of(path: &Path) -> Result<Self, DeployError> {
        let what = "the socket";
        let text = host_path(what, path)?;
        match text.rsplit_once('/') {
            Some((folder, name)) if !folder.is_empty() && !name.is_empty() => Ok(Self {
                folder: folder.to_owned(),
                name: name.to_owned(),
            }),
            _ => Err(DeployError::HostPath {
                what,
                path: path.to_owned(),
            }),
        }
    }
}

fn touches(site: &Site, socket: &Socket) -> Touches {
    Touches {
        purpose: "removes images that no container of a node uses, by CRI.".to_owned(),
        rights: "none; no token is mounted.".to_owned(),
        nodes: format!(
            "runs as root and mounts {} of the host for the socket {}; not privileged, but whoever can speak to that \
             socket can start any container: this is root on every node. Namespaces that enforce a Pod Security \
             Standard must allow `privileged`.",
            socket.folder, socket.name
        ),
        undo: format!(
            "{} Images that were removed are pulled again when needed.",
            site.undo(HELPER, "daemonset")
        ),
    }
}
