//! What containerd is told of mirrors: a `hosts.toml` for each registry.

use std::fmt;

use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::super::error::DeployError;
use super::super::pods;
use super::super::site::Site;
use super::{HELPER, Mirror, PORT, Upstream};

const SCRIPT: &str = include_str!("hosts.sh");
const FOLDER: &str = "/host/certs.d";

/// A `hosts.toml` of containerd: where images of a registry are looked for first.
///
/// Its place is `<config_path>/<host>/hosts.toml`. containerd reads it at each pull; when the mirror does not answer,
/// it asks the registry itself.
///
/// # Examples
///
/// ```
/// use pullstudy_runner::HostsFile;
///
/// let file = HostsFile::new("docker.io".parse()?, "10.96.0.20:5000")?;
/// assert_eq!(file.path(), "docker.io/hosts.toml");
/// assert!(file.to_string().contains("[host.\"http://10.96.0.20:5000\"]"));
/// # Ok::<(), pullstudy_runner::DeployError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostsFile {
    upstream: Upstream,
    address: String,
}

impl HostsFile {
    /// Takes a registry and the address of its mirror, `HOST:PORT` as nodes reach it.
    ///
    /// # Errors
    ///
    /// [`DeployError::Address`] when it is no address.
    pub fn new(upstream: Upstream, address: &str) -> Result<Self, DeployError> {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || b".-[]:".contains(&byte);
        let valid = |(host, port): &(&str, &str)| {
            let port: Option<u16> = port.parse().ok();
            !host.is_empty() && host.bytes().all(inner) && port.is_some_and(|port| port > 0)
        };
        let address = address.to_owned();
        match address.rsplit_once(':').filter(valid) {
            Some(_) => Ok(Self { upstream, address }),
            None => Err(DeployError::Address { text: address }),
        }
    }

    /// Returns where the file belongs, below the folder that containerd's `config_path` names.
    pub fn path(&self) -> String {
        format!("{}/hosts.toml", self.upstream.host())
    }
}

impl fmt::Display for HostsFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (server, address) = (self.upstream.url(), &self.address);
        writeln!(f, "server = \"{server}\"\n\n[host.\"http://{address}\"]")?;
        writeln!(f, "  capabilities = [\"pull\", \"resolve\"]")
    }
}

impl Mirror {
    /// The pods that write the files, and take them away when they end.
    pub(super) fn hosts_daemon_set(&self, site: &Site, folder: &str) -> apps::DaemonSet {
        let arguments = |upstream: &Upstream| {
            // The kubelet puts the service's address in, since nodes cannot resolve its name.
            let address = format!("$({}_SERVICE_HOST)", variable(&upstream.name(site)));
            let (host, server) = (upstream.host().to_owned(), upstream.url().to_owned());
            [host, server, address, PORT.to_string()]
        };
        let command = pods::words(&["sh", "-c", SCRIPT, "hosts"]);
        let container = core::Container {
            args: Some(self.upstreams.iter().flat_map(arguments).collect()),
            env: Some(vec![pods::env("FOLDER", FOLDER)]),
            volume_mounts: Some(vec![pods::mount("hosts", FOLDER, false)]),
            security_context: Some(owns_folder()),
            ..pods::container("hosts", &self.tools_image, command)
        };
        let spec = core::PodSpec {
            containers: vec![container],
            volumes: Some(vec![pods::host_folder(
                "hosts",
                folder,
                "DirectoryOrCreate",
            )]),
            enable_service_links: Some(true),
            termination_grace_period_seconds: Some(5),
            ..core::PodSpec::default()
        };
        pods::daemon_set(site, HELPER, IntOrString::Int(1), spec)
    }
}

/// Root, to whom the folder belongs, without any capability.
fn owns_folder() -> core::SecurityContext {
    core::SecurityContext {
        run_as_user: Some(0),
        run_as_group: Some(0),
        ..pods::unprivileged_root()
    }
}

/// How the names of services become names of variables.
fn variable(service: &str) -> String {
    service.to_ascii_uppercase().replace('-', "_")
}
