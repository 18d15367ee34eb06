//! Why the engine `containerd` cannot go on.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use super::api::{Api, ApiError};

/// Why a study cannot be run on containerd. A pull that fails is no such reason, but an outcome.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContainerdError {
    /// There are fewer runtimes than the study has nodes.
    #[error(
        "the study wants {wanted} nodes, but there are {addresses} sockets, and one is one node; name a socket for \
         each node, or ask for {addresses}"
    )]
    TooFewNodes {
        /// The most nodes that a step wants.
        wanted: u32,
        /// How many sockets there are.
        addresses: usize,
    },
    /// Two nodes would be one.
    #[error("the socket {} is named twice; one socket is one node", address.display())]
    Twice {
        /// The socket.
        address: PathBuf,
    },
    /// There is no socket.
    #[error(
        "there is no socket {}; start containerd, or name its socket with --address (it is grpc.address in \
         containerd's config.toml)",
        address.display()
    )]
    NoSocket {
        /// Where it was looked for.
        address: PathBuf,
    },
    /// The socket is for others.
    #[error(
        "this user may not open the socket {}; containerd's socket is root's: run as root, with sudo",
        address.display()
    )]
    Denied {
        /// The socket.
        address: PathBuf,
    },
    /// Nothing answers at the socket.
    #[error("nothing answers at the socket {}; look whether containerd runs", address.display())]
    Silent {
        /// The socket.
        address: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something else than containerd answers.
    #[error(
        "what answers at the socket {} is not containerd; name containerd's own socket with --address",
        address.display()
    )]
    NotContainerd {
        /// The socket.
        address: PathBuf,
        /// What it answered.
        source: Box<dyn Error + Send + Sync>,
    },
    /// containerd serves no CRI.
    #[error(
        "containerd at {} has no CRI ({reason}); switch its plugin on in config.toml (disabled_plugins), or pull with \
         --by ctr",
        address.display()
    )]
    NoCri {
        /// The socket.
        address: PathBuf,
        /// What containerd says of the plugin.
        reason: String,
    },
    /// The program `ctr` cannot be run.
    #[error(
        "the program ctr cannot be run; it comes with containerd: install it, or pull with --by cri"
    )]
    NoCtr {
        /// What the system said.
        source: io::Error,
    },
    /// There is no such snapshotter.
    #[error(
        "containerd at {} has no snapshotter {snapshotter}; those that work there are {known}",
        address.display()
    )]
    NoSnapshotter {
        /// The socket.
        address: PathBuf,
        /// What was asked for.
        snapshotter: String,
        /// Those that it has.
        known: String,
    },
    /// The CRI's snapshotter is in its settings.
    #[error(
        "the CRI of containerd at {} unpacks with {configured}, and no pull can ask for {snapshotter}; change snapshotter \
         in its config.toml, or pull with --by ctr",
        address.display()
    )]
    SnapshotterIsSet {
        /// The socket.
        address: PathBuf,
        /// What was asked for.
        snapshotter: String,
        /// What it uses.
        configured: String,
    },
    /// The log cannot be read.
    #[error("the log {} cannot be read; name the file that containerd writes to, or leave --log out", path.display())]
    Log {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is a log for some of the nodes only.
    #[error(
        "there are {logs} logs for {addresses} sockets; name one for each, in the same order, or none"
    )]
    LogsDoNotMatch {
        /// How many logs.
        logs: usize,
        /// How many sockets.
        addresses: usize,
    },
    /// containerd did not do what it was asked for.
    #[error("containerd at {} failed to {action}", address.display())]
    Api {
        /// The socket.
        address: PathBuf,
        /// What it was asked for.
        action: &'static str,
        /// What it said.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl ContainerdError {
    pub(super) fn api(address: &Path, action: &'static str) -> impl FnOnce(ApiError) -> Self {
        let address = address.to_owned();
        move |source| Self::Api {
            address,
            action,
            source: source.into(),
        }
    }
}

/// Connects to a socket, and says plainly why not.
pub(super) async fn connect(address: &Path, namespace: &str) -> Result<Api, ContainerdError> {
    let api = Api::connect(address, namespace).await;
    api.map_err(|source| {
        let address = address.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => ContainerdError::NoSocket { address },
            io::ErrorKind::PermissionDenied => ContainerdError::Denied { address },
            _ => ContainerdError::Silent { address, source },
        }
    })
}
