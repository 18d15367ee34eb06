//! What is no result: it goes to standard error.

use std::fmt;
use std::io::{self, Write};

/// Prints a line to standard error. That nobody listens there any more is no reason to fail.
pub fn say(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Prints something that may surprise.
pub fn warn(warning: &dyn fmt::Display) {
    say(format_args!("warning: {warning}"));
}
