//! What goes to a person's eyes: everything that is no result goes to standard error.

use std::fmt;
use std::io::{self, Write};

/// Prints a line to standard error. That nobody listens there any more is no reason to fail.
pub(crate) fn say(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
