//! Exit codes, in one place.

use std::io;
use std::process::ExitCode;

/// All went well.
const DONE: u8 = 0;
/// Something failed while it was done.
const FAILED: u8 = 1;
/// The command line or a file named on it cannot be right. Clap exits with the same code.
const USAGE: u8 = 2;

/// What `--help` says of them.
pub(crate) const HELP: &str = "Exit codes: 0 done, 1 failed, 2 wrong usage";

/// A mistake in what was asked for, in contrast to a failure in doing it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UsageError(pub(crate) String);

/// Turns what a command returned into an exit code, and prints the error with its causes.
pub(crate) fn code(result: anyhow::Result<()>) -> ExitCode {
    let Err(error) = result else {
        return ExitCode::from(DONE);
    };
    if is_broken_pipe(&error) {
        return ExitCode::from(DONE);
    }
    crate::console::say(format_args!("pullstat: {error:#}"));
    ExitCode::from(if error.is::<UsageError>() {
        USAGE
    } else {
        FAILED
    })
}

/// A reader that has seen enough, such as `head`, is no failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn a_broken_pipe_is_no_failure_wherever_it_stands_in_the_chain() {
        let pipe = || io::Error::from(io::ErrorKind::BrokenPipe);
        let wrapped = Err::<(), _>(pipe()).context("failed to print").unwrap_err();
        assert!(is_broken_pipe(&wrapped));
        assert!(!is_broken_pipe(&anyhow::anyhow!("disk full")));
    }
}
