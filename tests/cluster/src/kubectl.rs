//! kubectl, as the user that owns the cluster.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// Why kubectl did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunKubectlError {
    /// It could not be run.
    #[error("failed to run kubectl {arguments}")]
    Run {
        /// What it was to do.
        arguments: String,
        /// Why not.
        source: io::Error,
    },
    /// It failed.
    #[error("kubectl {arguments} failed: {message}")]
    Failed {
        /// What it was to do.
        arguments: String,
        /// What it said.
        message: String,
    },
}

/// kubectl with a kubeconfig.
#[derive(Debug)]
pub(crate) struct Kubectl {
    pub(crate) program: PathBuf,
    pub(crate) kubeconfig: PathBuf,
}

impl Kubectl {
    /// Runs it with `arguments` and `input`, and returns what it wrote.
    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Result<String, RunKubectlError> {
        let output = self.output(arguments, input).map_err(|source| {
            let arguments = arguments.join(" ");
            RunKubectlError::Run { arguments, source }
        })?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(RunKubectlError::Failed {
                arguments: arguments.join(" "),
                message: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            })
        }
    }

    fn output(&self, arguments: &[&str], input: &str) -> io::Result<Output> {
        let mut child = Command::new(&self.program)
            .arg("--kubeconfig")
            .arg(&self.kubeconfig)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        // It reads all of its input before it writes more than a pipe holds.
        if let Some(mut stdin) = child.stdin.take() {
            match stdin.write_all(input.as_bytes()) {
                // It has nothing to read, or has failed, which its status tells.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                written => written?,
            }
        }
        child.wait_with_output()
    }
}
