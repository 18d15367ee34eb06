//! What is no result: it goes to standard error.

use std::fmt;
use std::io::{self, Write};

use pullstudy_image::in_words;
use pullstudy_registry::{Observer, TransferEvent};
use pullstudy_report::commands_terminal;

use crate::patience::without_spinner;

/// Prints a line to standard error. That nobody listens there any more is no reason to fail.
pub fn say(line: fmt::Arguments<'_>) {
    let line = harmless(&line.to_string());
    without_spinner(|| {
        let _ = writeln!(io::stderr().lock(), "{line}");
    });
}

/// Takes out what a terminal obeys: a registry's own words are part of what is said.
fn harmless(text: &str) -> String {
    let obeyed = |char: char| commands_terminal(char) && char != '\n' && char != '\t';
    text.replace(obeyed, "\u{fffd}")
}

/// Prints something that may surprise.
pub fn warn(warning: &dyn fmt::Display) {
    say(format_args!("warning: {warning}"));
}

/// Returns what a client tells its failures to: a line for each new try, given to `print`.
pub fn retries(print: impl Fn(&str) + Send + Sync + 'static) -> Observer {
    Observer::new(move |event| {
        if let Some(line) = retry_line(event) {
            print(&line);
        }
    })
}

/// What is said of a request that will be sent again.
pub fn retry_line(event: &TransferEvent<'_>) -> Option<String> {
    let TransferEvent::Retry { error, wait, .. } = event else {
        return None;
    };
    let seconds = wait.as_secs_f64();
    Some(format!(
        "{}; trying again in {seconds:.1} s",
        in_words(*error)
    ))
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
    fn a_terminal_is_not_commanded() {
        assert_eq!(
            harmless("a\u{1b}[31mb\nc\u{202e}"),
            "a\u{fffd}[31mb\nc\u{fffd}"
        );
    }

    #[test]
    fn one_is_no_plural() {
        assert_eq!(counted(1, "image"), "1 image");
        assert_eq!(counted(0, "image"), "0 images");
    }
}
