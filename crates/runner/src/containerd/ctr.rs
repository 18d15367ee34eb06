//! containerd's own client, the program `ctr`.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use pullstudy_image::Reference;
use tokio::process::Command;

use super::node::CTR_NAMESPACE;
use super::problem::ContainerdError;
use super::stored_image::store_name;

/// How much of what `ctr` says is kept.
const LONGEST_MESSAGE_BYTES: usize = 2_000;

/// `ctr`, for one containerd.
#[derive(Clone, Debug)]
pub(super) struct Ctr {
    address: PathBuf,
}

/// `ctr` could not be run, or said no.
#[derive(Debug, thiserror::Error)]
pub(super) enum CtrError {
    #[error("ctr cannot be run")]
    Io { source: io::Error },
    /// Its own words, without its name before them.
    #[error("{message}")]
    Failed { message: String },
}

impl Ctr {
    /// Looks whether the program is there.
    pub(super) async fn find(address: &Path) -> Result<Self, ContainerdError> {
        let found = Command::new("ctr").arg("--version").output().await;
        found.map_err(|source| ContainerdError::NoCtr { source })?;
        Ok(Self {
            address: address.to_owned(),
        })
    }

    /// Pulls an image, and unpacks it.
    pub(super) async fn pull(
        &self,
        reference: &Reference,
        snapshotter: &str,
    ) -> Result<(), CtrError> {
        let mut command = self.command();
        command.args(["images", "pull", "--snapshotter", snapshotter]);
        if reference.is_loopback() {
            command.arg("--plain-http");
        }
        command.arg(store_name(reference));
        run(command).await
    }

    /// Runs a container to its end.
    pub(super) async fn run(
        &self,
        reference: &Reference,
        snapshotter: &str,
        id: &str,
        arguments: &[String],
    ) -> Result<(), CtrError> {
        let mut command = self.command();
        command.args(["run", "--rm", "--null-io", "--snapshotter", snapshotter]);
        command.arg(store_name(reference)).arg(id).args(arguments);
        run(command).await
    }

    /// Removes a container that was not removed at its end.
    pub(super) async fn remove_container(&self, id: &str) {
        for arguments in [
            ["tasks", "kill", "--signal", "SIGKILL", id].as_slice(),
            &["tasks", "delete", "--force", id],
            &["containers", "delete", id],
        ] {
            let mut command = self.command();
            command.args(arguments);
            // Each fails where there is nothing for it to do.
            let _ = run(command).await;
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new("ctr");
        command.arg("--address").arg(&self.address);
        command.args(["--namespace", CTR_NAMESPACE]);
        // Snapshotter and address are not to come from its environment.
        command.env_remove("CONTAINERD_SNAPSHOTTER");
        command.kill_on_drop(true);
        command.stdin(Stdio::null());
        command.stdout(Stdio::null());
        command.stderr(Stdio::piped());
        command
    }
}

async fn run(mut command: Command) -> Result<(), CtrError> {
    let output = command.output().await;
    let output = output.map_err(|source| CtrError::Io { source })?;
    if output.status.success() {
        return Ok(());
    }
    Err(CtrError::Failed {
        message: message(&output.stderr),
    })
}

/// Takes `ctr`'s last line, which says why.
fn message(said: &[u8]) -> String {
    let said = &said[said.len().saturating_sub(LONGEST_MESSAGE_BYTES)..];
    let said = String::from_utf8_lossy(said);
    let last = said.trim_end().lines().next_back().unwrap_or_default();
    let last = last.strip_prefix("ctr: ").unwrap_or(last);
    if last.is_empty() {
        return "ctr failed without a word".to_owned();
    }
    last.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_says_why() {
        let said =
            b"INFO[0000] trying next host\nctr: failed to resolve reference \"a/b:1\": not found\n";
        assert_eq!(
            message(said),
            "failed to resolve reference \"a/b:1\": not found"
        );
        assert_eq!(message(b""), "ctr failed without a word");
    }
}
