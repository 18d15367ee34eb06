//! The command line, turned from words as typed into a chore as meant.
//!
//! Parsed by hand: a few words and one flag are no reason to compile an argument parser before
//! the first test can run.

use std::ffi::{OsStr, OsString};
use std::fmt;

use crate::fuzz;

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Chore {
    /// Print the help on one chore, or on all of them.
    Help(Topic),
    /// Install the programs that the tests run.
    Setup,
    /// Run the tests.
    Test {
        /// Handed to `cargo test` as they are.
        cargo_args: Vec<OsString>,
    },
    /// Run the tests that need a control plane, after building it.
    TestCluster {
        /// Handed to the test programs as they are.
        test_args: Vec<OsString>,
    },
    /// Start a cluster of fake nodes and keep it until interrupted.
    Cluster {
        /// Handed to the program that starts it.
        cluster_args: Vec<OsString>,
    },
    /// Run the benchmarks.
    Bench {
        /// Names of benchmarks, handed to the benchmark program as they are.
        bench_args: Vec<OsString>,
    },
    /// Feed the parsers with bytes that nobody thought of.
    Fuzz {
        /// How long each target runs.
        seconds: u32,
    },
    /// Check who depends on whom.
    Arrows,
    /// Write the reference pages of the programs.
    Reference,
    /// Tell how large the programs are and how long they take to start.
    Weigh {
        /// The profile they were built with.
        profile: String,
    },
    /// Make everything of a release.
    Dist,
    /// Run every check that a change must pass.
    Ci,
}

/// What a help text is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    /// The list of chores.
    Overview,
    /// `cargo xtask setup`.
    Setup,
    /// `cargo xtask test`.
    Test,
    /// `cargo xtask cluster`.
    Cluster,
    /// `cargo xtask bench`.
    Bench,
    /// `cargo xtask fuzz`.
    Fuzz,
    /// `cargo xtask arrows`.
    Arrows,
    /// `cargo xtask reference`.
    Reference,
    /// `cargo xtask weigh`.
    Weigh,
    /// `cargo xtask dist`.
    Dist,
    /// `cargo xtask ci`.
    Ci,
}

/// Why a command line was not understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum UsageError {
    /// No chore was named.
    NoChore,
    /// There is no chore of this name.
    UnknownChore(String),
    /// The chore takes no arguments, and was given one.
    UnexpectedArgument {
        /// The chore.
        chore: String,
        /// The first argument it does not take.
        argument: String,
    },
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoChore => write!(f, "no chore was named"),
            Self::UnknownChore(name) => write!(f, "there is no chore `{name}`"),
            Self::UnexpectedArgument { chore, argument } => {
                write!(
                    f,
                    "`cargo xtask {chore}` does not take the argument `{argument}`"
                )
            }
        }
    }
}

/// Returns the chore that `words`, the command line after the program's name, ask for.
///
/// `--help` counts for a chore only as its first argument: `cargo xtask test -- --help` asks
/// the test programs for their help.
pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Chore, UsageError> {
    let mut words = words.into_iter();
    let name = words.next().ok_or(UsageError::NoChore)?;
    let rest: Vec<OsString> = words.collect();
    let name = name.to_string_lossy().into_owned();
    let topic = match name.as_str() {
        "--help" | "-h" | "help" => Topic::Overview,
        "setup" => Topic::Setup,
        "test" => Topic::Test,
        "cluster" => Topic::Cluster,
        "bench" => Topic::Bench,
        "fuzz" => Topic::Fuzz,
        "arrows" => Topic::Arrows,
        "reference" => Topic::Reference,
        "weigh" => Topic::Weigh,
        "dist" => Topic::Dist,
        "ci" => Topic::Ci,
        _ => return Err(UsageError::UnknownChore(name)),
    };
    if rest
        .first()
        .is_some_and(|word| word == "--help" || word == "-h")
    {
        return Ok(Chore::Help(topic));
    }
    chore(topic, &name, rest)
}

/// Pairs a chore with its arguments, refusing those it does not take.
fn chore(topic: Topic, name: &str, rest: Vec<OsString>) -> Result<Chore, UsageError> {
    let plain = match topic {
        Topic::Test => return Ok(test(rest)),
        Topic::Cluster => return Ok(Chore::Cluster { cluster_args: rest }),
        Topic::Bench => return Ok(Chore::Bench { bench_args: rest }),
        Topic::Fuzz => return fuzz(name, &rest),
        Topic::Weigh => return weigh(name, &rest),
        Topic::Overview => Chore::Help(Topic::Overview),
        Topic::Setup => Chore::Setup,
        Topic::Arrows => Chore::Arrows,
        Topic::Reference => Chore::Reference,
        Topic::Dist => Chore::Dist,
        Topic::Ci => Chore::Ci,
    };
    match rest.first() {
        None => Ok(plain),
        Some(argument) => Err(unexpected(name, argument)),
    }
}

/// Tells apart the tests of the workspace and those that need a control plane.
fn test(mut rest: Vec<OsString>) -> Chore {
    if rest.first().is_some_and(|word| word == "--cluster") {
        let test_args = rest.split_off(1);
        Chore::TestCluster { test_args }
    } else {
        Chore::Test { cargo_args: rest }
    }
}

/// Reads how long to fuzz.
fn fuzz(name: &str, rest: &[OsString]) -> Result<Chore, UsageError> {
    let seconds = match rest {
        [] => fuzz::SECONDS,
        [first, more @ ..] => {
            let number = first.to_str().and_then(|word| word.parse().ok());
            let seconds = number.ok_or_else(|| unexpected(name, first))?;
            if let Some(surplus) = more.first() {
                return Err(unexpected(name, surplus));
            }
            seconds
        }
    };
    Ok(Chore::Fuzz { seconds })
}

/// Reads which programs to weigh.
fn weigh(name: &str, rest: &[OsString]) -> Result<Chore, UsageError> {
    match rest {
        [] => Ok(Chore::Weigh {
            profile: "release".to_owned(),
        }),
        [profile] => Ok(Chore::Weigh {
            profile: profile.to_string_lossy().into_owned(),
        }),
        [_, surplus, ..] => Err(unexpected(name, surplus)),
    }
}

fn unexpected(chore: &str, argument: &OsStr) -> UsageError {
    UsageError::UnexpectedArgument {
        chore: chore.to_owned(),
        argument: argument.to_string_lossy().into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(words: &[&str]) -> Result<Chore, UsageError> {
        parse(words.iter().map(OsString::from))
    }

    #[test]
    fn chores_without_arguments_are_recognised() {
        assert_eq!(parse_words(&["setup"]), Ok(Chore::Setup));
        assert_eq!(parse_words(&["arrows"]), Ok(Chore::Arrows));
        assert_eq!(parse_words(&["ci"]), Ok(Chore::Ci));
    }

    #[test]
    fn arguments_of_test_and_bench_are_passed_through_untouched() {
        let words = ["-p", "xtask", "--", "--nocapture", "--help"];
        let cargo_args = words.map(OsString::from).to_vec();
        assert_eq!(
            parse(std::iter::once("test".into()).chain(cargo_args.clone())),
            Ok(Chore::Test { cargo_args })
        );
        assert_eq!(
            parse_words(&["bench", "gzip"]),
            Ok(Chore::Bench {
                bench_args: vec!["gzip".into()]
            })
        );
    }

    #[test]
    fn tests_that_need_a_control_plane_are_asked_for_by_the_first_word() {
        let test_args = vec![OsString::from("restart")];
        assert_eq!(
            parse_words(&["test", "--cluster", "restart"]),
            Ok(Chore::TestCluster { test_args })
        );
        let cargo_args = ["--", "--cluster"].map(OsString::from).to_vec();
        assert_eq!(
            parse_words(&["test", "--", "--cluster"]),
            Ok(Chore::Test { cargo_args })
        );
        let cluster_args = ["--nodes", "16"].map(OsString::from).to_vec();
        assert_eq!(
            parse_words(&["cluster", "--nodes", "16"]),
            Ok(Chore::Cluster { cluster_args })
        );
    }

    #[test]
    fn fuzzing_takes_a_number_of_seconds() {
        let seconds = fuzz::SECONDS;
        assert_eq!(parse_words(&["fuzz"]), Ok(Chore::Fuzz { seconds }));
        assert_eq!(parse_words(&["fuzz", "5"]), Ok(Chore::Fuzz { seconds: 5 }));
        assert!(parse_words(&["fuzz", "link"]).is_err());
        assert!(parse_words(&["fuzz", "5", "6"]).is_err());
    }

    #[test]
    fn programs_of_any_profile_are_weighed() {
        let weigh = |profile: &str| Chore::Weigh {
            profile: profile.to_owned(),
        };
        assert_eq!(parse_words(&["weigh"]), Ok(weigh("release")));
        assert_eq!(parse_words(&["weigh", "shipped"]), Ok(weigh("shipped")));
        assert!(parse_words(&["weigh", "a", "b"]).is_err());
    }

    #[test]
    fn help_is_answered_for_every_chore() {
        for (word, topic) in [
            ("setup", Topic::Setup),
            ("test", Topic::Test),
            ("cluster", Topic::Cluster),
            ("bench", Topic::Bench),
            ("fuzz", Topic::Fuzz),
            ("arrows", Topic::Arrows),
            ("reference", Topic::Reference),
            ("weigh", Topic::Weigh),
            ("dist", Topic::Dist),
            ("ci", Topic::Ci),
        ] {
            assert_eq!(parse_words(&[word, "--help"]), Ok(Chore::Help(topic)));
            assert_eq!(parse_words(&[word, "-h"]), Ok(Chore::Help(topic)));
        }
        for word in ["--help", "-h", "help"] {
            assert_eq!(parse_words(&[word]), Ok(Chore::Help(Topic::Overview)));
        }
    }

    #[test]
    fn what_is_not_understood_is_named() {
        assert_eq!(parse_words(&[]), Err(UsageError::NoChore));
        let unknown = parse_words(&["tset"]).expect_err("tset is no chore");
        assert_eq!(unknown.to_string(), "there is no chore `tset`");
        let surplus = parse_words(&["ci", "--fast"]).expect_err("ci takes nothing");
        assert_eq!(
            surplus.to_string(),
            "`cargo xtask ci` does not take the argument `--fast`"
        );
    }
}
