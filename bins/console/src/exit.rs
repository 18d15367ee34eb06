//! Exit codes, in one place; every `--help` closes with them.

use std::error::Error;
use std::io;
use std::process::ExitCode;

use crate::say;

/// All went well.
const DONE: u8 = 0;
/// Something failed while it was done, or what was checked is not what it says.
const FAILED: u8 = 1;
/// The command line or a file named on it cannot be right. Clap exits with the same code.
const USAGE: u8 = 2;
/// Ctrl-C ended it: what a shell says of a program that dies by SIGINT.
pub(crate) const INTERRUPTED: u8 = 130;

/// A mistake in what was asked for, in contrast to a failure in doing it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

/// Ctrl-C ended the command before its work was done.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Interrupted(pub String);

/// Turns what a command returned into an exit code, and prints the error with its causes in one line.
///
/// `is_usage` tells, of one error in the chain, whether it is a mistake of the one who asked.
pub fn code(
    program: &str,
    result: anyhow::Result<()>,
    is_usage: impl Fn(&(dyn Error + 'static)) -> bool,
) -> ExitCode {
    let Err(error) = result else {
        return ExitCode::from(DONE);
    };
    if error.chain().any(is_broken_pipe) {
        return ExitCode::from(DONE);
    }
    say(format_args!("{program}: {error:#}"));
    ExitCode::from(if error.chain().any(|cause| cause.is::<Interrupted>()) {
        INTERRUPTED
    } else if error.chain().any(is_usage) {
        USAGE
    } else {
        FAILED
    })
}

/// Tells whether an error is a [`UsageError`].
pub fn is_usage_error(cause: &(dyn Error + 'static)) -> bool {
    cause.is::<UsageError>()
}

/// A reader that has seen enough, such as `head`, is no failure.
fn is_broken_pipe(cause: &(dyn Error + 'static)) -> bool {
    cause
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn a_cause_counts_wherever_it_stands_in_the_chain() {
        let pipe = Err::<(), _>(io::Error::from(io::ErrorKind::BrokenPipe))
            .context("failed to print")
            .unwrap_err();
        assert!(pipe.chain().any(is_broken_pipe));
        let usage = Err::<(), _>(UsageError("no such tag".into()))
            .context("cannot build")
            .unwrap_err();
        assert!(usage.chain().any(is_usage_error) && !usage.chain().any(is_broken_pipe));
    }
}
