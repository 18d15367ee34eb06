//! The command line, and what is said of one that cannot be understood.

use std::error::Error as _;
use std::num::{IntErrorKind, ParseFloatError, ParseIntError};

use clap::Parser;
use clap::error::{ContextKind, Error, ErrorKind};

/// Returns what the command line asks for; otherwise says what is wrong with it, or what `--help` asks for, and ends.
#[must_use]
pub fn arguments<C: Parser>() -> C {
    C::try_parse().unwrap_or_else(|error| in_our_words(error).exit())
}

/// The standard library speaks of digits in strings to people who have typed numbers.
fn in_our_words(error: Error) -> Error {
    let Some(remedy) = remedy(&error) else {
        return error;
    };
    let told = |kind| error.get(kind).map(ToString::to_string);
    match (
        told(ContextKind::InvalidValue),
        told(ContextKind::InvalidArg),
    ) {
        (Some(value), Some(argument)) => Error::raw(
            ErrorKind::ValueValidation,
            format!(
                "invalid value '{value}' for '{argument}': {remedy}\n\nFor more information, try '--help'.\n"
            ),
        ),
        _ => error,
    }
}

fn remedy(error: &Error) -> Option<&'static str> {
    let source = error.source()?;
    if source.is::<ParseFloatError>() {
        return Some("give one number");
    }
    match source.downcast_ref::<ParseIntError>()?.kind() {
        IntErrorKind::Zero => Some("give a whole number, 1 or more"),
        IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => {
            Some("no number here may be so large")
        }
        _ => Some("give one whole number"),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[derive(Debug, Parser)]
    struct Cli {
        #[arg(long, value_name = "N")]
        nodes: Option<NonZeroU32>,
        #[arg(long, value_name = "SHARE")]
        share: Option<f64>,
    }

    fn said(arguments: &[&str]) -> String {
        let all = ["program"].iter().chain(arguments);
        let error = Cli::try_parse_from(all).expect_err("this is wrong");
        in_our_words(error).to_string()
    }

    #[test]
    fn numbers_that_are_none_are_named_with_what_to_give() {
        for (argument, remedy) in [
            (
                "--nodes=8,64",
                "'8,64' for '--nodes <N>': give one whole number",
            ),
            (
                "--nodes=0",
                "'0' for '--nodes <N>': give a whole number, 1 or more",
            ),
            ("--nodes=99999999999", "no number here may be so large"),
            (
                "--share=half",
                "'half' for '--share <SHARE>': give one number",
            ),
        ] {
            let said = said(&[argument]);
            assert!(said.contains(remedy), "{said}");
        }
    }

    #[test]
    fn other_errors_are_said_as_clap_says_them() {
        let error = Cli::try_parse_from(["program", "--nods=1"]).expect_err("this is wrong");
        let as_it_came = error.to_string();
        assert_eq!(in_our_words(error).to_string(), as_it_came);
    }
}
