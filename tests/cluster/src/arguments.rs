//! The command lines of the servers.

use std::path::Path;

use crate::credentials::{Credentials, User};
use crate::settings::Settings;
use crate::stages;

/// The ports of one cluster.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) etcd: u16,
    pub(crate) etcd_peers: u16,
    pub(crate) api_server: u16,
}

/// Nothing is kept for longer than a test: no fsync.
pub(crate) fn etcd(ports: Ports) -> Vec<String> {
    let clients = format!("http://127.0.0.1:{}", ports.etcd);
    let peers = format!("http://127.0.0.1:{}", ports.etcd_peers);
    vec![
        "--data-dir=etcd".to_owned(),
        "--unsafe-no-fsync".to_owned(),
        "--logger=zap".to_owned(),
        "--log-level=warn".to_owned(),
        format!("--listen-client-urls={clients}"),
        format!("--advertise-client-urls={clients}"),
        format!("--listen-peer-urls={peers}"),
        format!("--initial-advertise-peer-urls={peers}"),
        format!("--initial-cluster=default={peers}"),
    ]
}

/// Without streamed lists and estimates of their size: Debian's etcd 3.4 cannot tell how far a watch has come, on which
/// they rest. With them, clients ask for one, are refused, and ask again.
///
/// The address that is advertised is nobody's (RFC 5737): the machine's own might be none, and loopback is refused.
pub(crate) fn api_server(
    ports: Ports,
    credentials: &Credentials,
    settings: &Settings,
) -> Vec<String> {
    let path = |path: std::path::PathBuf| path.display().to_string();
    let key = path(credentials.key());
    let mut arguments = vec![
        format!("--etcd-servers=http://127.0.0.1:{}", ports.etcd),
        "--bind-address=127.0.0.1".to_owned(),
        format!("--secure-port={}", ports.api_server),
        "--advertise-address=192.0.2.1".to_owned(),
        format!("--cert-dir={}", path(credentials.certificates())),
        format!("--token-auth-file={}", path(credentials.tokens())),
        "--authorization-mode=RBAC".to_owned(),
        // As in every cluster that people have: what changes nodes is privileged.
        "--allow-privileged=true".to_owned(),
        "--anonymous-auth=false".to_owned(),
        "--service-cluster-ip-range=10.96.0.0/16".to_owned(),
        format!("--service-account-key-file={key}"),
        format!("--service-account-signing-key-file={key}"),
        "--service-account-issuer=https://pullstudy.test".to_owned(),
        "--feature-gates=WatchList=false,SizeBasedListCostEstimate=false".to_owned(),
        format!("--audit-policy-file={}", path(credentials.audit_policy())),
        "--audit-log-path=audit.log".to_owned(),
        // Otherwise it waits a minute for watches that nobody ends.
        "--shutdown-watch-termination-grace-period=1s".to_owned(),
    ];
    arguments.extend(settings.api_server_arguments.iter().cloned());
    arguments
}

pub(crate) fn controller_manager(credentials: &Credentials, settings: &Settings) -> Vec<String> {
    vec![
        kubeconfig(credentials),
        "--leader-elect=false".to_owned(),
        // Nobody asks it anything.
        "--secure-port=0".to_owned(),
        format!(
            "--service-account-private-key-file={}",
            credentials.key().display()
        ),
        format!("--root-ca-file={}", credentials.authority().display()),
        format!(
            "--node-monitor-grace-period={}s",
            settings.node_death_seconds()
        ),
        // A cluster of a thousand nodes comes up at once here.
        "--kube-api-qps=500".to_owned(),
        "--kube-api-burst=1000".to_owned(),
    ]
}

pub(crate) fn scheduler(credentials: &Credentials) -> Vec<String> {
    vec![
        kubeconfig(credentials),
        "--leader-elect=false".to_owned(),
        // Nobody asks it anything.
        "--secure-port=0".to_owned(),
        "--kube-api-qps=500".to_owned(),
        "--kube-api-burst=1000".to_owned(),
    ]
}

/// Its files lie in `folder`. Leases are renewed every quarter of the time for which they hold.
pub(crate) fn kwok(folder: &Path, credentials: &Credentials, settings: &Settings) -> Vec<String> {
    let mut arguments = vec![
        kubeconfig(credentials),
        format!(
            "--node-lease-duration-seconds={}",
            settings.node_death_seconds()
        ),
    ];
    arguments.extend(
        stages::files().map(|(name, _)| format!("--config={}", folder.join(name).display())),
    );
    arguments
}

fn kubeconfig(credentials: &Credentials) -> String {
    format!(
        "--kubeconfig={}",
        credentials.kubeconfig(User::Admin).display()
    )
}
