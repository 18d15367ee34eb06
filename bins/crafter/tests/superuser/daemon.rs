//! A containerd of the test's own: own root, own state, own socket.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Long enough for a machine that does much else; a start takes a fraction of a second.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which program inflates gzip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gzip {
    /// `unpigz`, which containerd prefers where it is installed.
    Pigz,
    /// The one of Go's standard library.
    Own,
}

/// A running containerd, stopped when dropped.
pub(crate) struct Daemon {
    child: Child,
    folder: TempDir,
}

impl Daemon {
    pub(crate) fn start(gzip: Gzip) -> Result<Self, String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("config.toml"), config(folder.path())).unwrap();
        let mut command = Command::new("containerd");
        command
            .arg("--config")
            .arg(folder.path().join("config.toml"));
        if gzip == Gzip::Own {
            command.env("CONTAINERD_DISABLE_PIGZ", "1");
        }
        let log = File::create(folder.path().join("log")).unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        let child = child
            .map_err(|error| format!("containerd: {error}; `cargo xtask setup` installs it"))?;
        let daemon = Self { child, folder };
        daemon.wait_until_it_answers()?;
        Ok(daemon)
    }

    /// Asks until there is an answer: each question waits for the socket itself, so this does not spin.
    fn wait_until_it_answers(&self) -> Result<(), String> {
        let start = Instant::now();
        loop {
            match self.ctr(&["--connect-timeout", "5s", "version"]) {
                Ok(()) => return Ok(()),
                Err(error) if start.elapsed() > PATIENCE => {
                    let log =
                        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                    return Err(format!("containerd does not answer: {error}\n{log}"));
                }
                Err(_) => std::thread::yield_now(),
            }
        }
    }

    /// Runs `ctr`, which must succeed; `ctr run` ends with the exit code of the container.
    pub(crate) fn ctr(&self, arguments: &[&str]) -> Result<(), String> {
        let output = Command::new("ctr")
            .arg("--address")
            .arg(socket(self.folder.path()))
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("ctr: {error}; `cargo xtask setup` installs it"))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(format!(
            "ctr {}: {}\n{said}",
            arguments.join(" "),
            output.status
        ))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Asked, not killed: it unmounts what it mounted. The pid is that of our own child.
        let asked = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("containerd.sock")
}

/// No CRI plugin: it would want networks and ports.
fn config(folder: &Path) -> String {
    let folder_name = folder.display();
    let socket = socket(folder);
    let socket = socket.display();
    format!(
        "version = 2\nroot = \"{folder_name}/root\"\nstate = \"{folder_name}/state\"\n\
         disabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n\
         [grpc]\naddress = \"{socket}\"\n[ttrpc]\naddress = \"{socket}.ttrpc\"\n"
    )
}
