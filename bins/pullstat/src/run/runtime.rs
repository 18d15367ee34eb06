//! The arguments that only the engine `containerd` needs.

use std::path::PathBuf;

use pullstudy_runner::{ContainerdEngine, ContainerdOptions, PullBy, StudyFile};

/// Which container runtimes, and how they are made to pull.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "containerd")]
pub(super) struct RuntimeArgs {
    /// A socket of containerd, one for each node [default: the study's, else /run/containerd/containerd.sock]
    #[arg(long, value_name = "SOCKET")]
    address: Vec<PathBuf>,
    /// By what containerd is made to pull
    #[arg(long, value_enum, default_value_t = By::Cri)]
    by: By,
    /// What unpacks images [default: what the CRI is set to; overlayfs with ctr]
    #[arg(long, value_name = "NAME")]
    snapshotter: Option<String>,
    /// The file that containerd writes its log to, one for each socket; at level debug it times layers closer
    #[arg(long, value_name = "FILE")]
    log: Vec<PathBuf>,
}

/// By what containerd is made to pull.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum By {
    /// The CRI, as a kubelet does, with the runtime's own settings
    Cri,
    /// containerd's own client, in a namespace of its own
    Ctr,
}

impl RuntimeArgs {
    /// Returns how many nodes there are: one a socket.
    pub(super) fn nodes(&self, study: &StudyFile) -> u32 {
        let of_study = study.containerd.addresses.len();
        let sockets = match self.address.len() {
            0 => of_study.max(1),
            given => given,
        };
        u32::try_from(sockets).unwrap_or(u32::MAX)
    }

    pub(super) fn engine(&self) -> ContainerdEngine {
        let mut options = ContainerdOptions::default();
        options.addresses.clone_from(&self.address);
        options.snapshotter.clone_from(&self.snapshotter);
        options.logs.clone_from(&self.log);
        options.by = match self.by {
            By::Cri => PullBy::Cri,
            By::Ctr => PullBy::Ctr,
        };
        ContainerdEngine::new(options)
    }
}
