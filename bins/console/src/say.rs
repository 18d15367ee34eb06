//! What is no result: it goes to standard error.

use std::error::Error;
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

/// Puts an error and its causes into one line.
pub fn in_words(error: &(impl Error + ?Sized)) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}

/// Counts things whose plural ends in an s: `1 image`, `2 images`.
pub fn counted(count: usize, thing: &str) -> String {
    match count {
        1 => format!("1 {thing}"),
        count => format!("{count} {thing}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_plural() {
        assert_eq!(counted(1, "image"), "1 image");
        assert_eq!(counted(0, "image"), "0 images");
    }
}
