//! Exit codes, in one place.

use std::error::Error;
use std::io;
use std::process::ExitCode;

use pullstudy_crafter::{BaseError, OpenLayoutSinkError, PlanError, SizesError};
use pullstudy_image::WriteLayoutError;

/// All went well.
const DONE: u8 = 0;
/// Something failed while it was done, or an image is not what it says.
const FAILED: u8 = 1;
/// The command line or a file named on it cannot be right. Clap exits with the same code.
const USAGE: u8 = 2;

/// What `--help` says of them.
pub(crate) const HELP: &str = "Exit codes: 0 done, 1 failed, 2 wrong usage";

/// A mistake in what was asked for, in contrast to a failure in doing it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UsageError(pub(crate) String);

/// Turns what a command returned into an exit code, and prints the error with its causes in one line.
pub(crate) fn code(result: anyhow::Result<()>) -> ExitCode {
    let Err(error) = result else {
        return ExitCode::from(DONE);
    };
    if error.chain().any(is_broken_pipe) {
        return ExitCode::from(DONE);
    }
    crate::console::say(format_args!("crafter: {error:#}"));
    let usage = error.chain().any(is_usage);
    ExitCode::from(if usage { USAGE } else { FAILED })
}

/// A reader that has seen enough, such as `head`, is no failure.
fn is_broken_pipe(cause: &(dyn Error + 'static)) -> bool {
    cause
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Tells mistakes of the one who asked from failures of the one who does.
fn is_usage(cause: &(dyn Error + 'static)) -> bool {
    let foreign_folder = matches!(
        cause.downcast_ref(),
        Some(OpenLayoutSinkError::Layout {
            source: WriteLayoutError::Foreign { .. },
            ..
        })
    );
    cause.is::<UsageError>()
        || cause.is::<SizesError>()
        || cause.is::<PlanError>()
        || matches!(cause.downcast_ref(), Some(BaseError::Platform { .. }))
        || foreign_folder
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
        assert!(usage.chain().any(is_usage) && !usage.chain().any(is_broken_pipe));
    }
}
