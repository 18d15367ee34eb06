//! What a chore prints: results on standard output, everything else on standard error.
//!
//! A line that cannot be written is dropped: whoever read it has gone, and a chore that is half
//! way through an installation or a test run had better finish.

use std::fmt::Display;
use std::io::Write;

/// Prints one result line on standard output.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints one line of progress, warning or failure on standard error.
pub(crate) fn complain(line: impl Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
