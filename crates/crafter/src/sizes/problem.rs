//! What can be wrong with a sizes file, one sentence each.

use std::io;

use pullstudy_image::{ParsePlatformError, ParseReferenceError, Platform};

use pullstudy_image::ParseByteSizeError;

use super::{ParseBaseNameError, SURVEY_PERCENTILES};

/// Why a sizes file could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SizesError {
    /// It could not be read.
    #[error("failed to read the sizes file {file}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// It is no YAML.
    #[error("{file}, line {line}: not valid YAML: {reason}")]
    Syntax {
        /// The file.
        file: String,
        /// Counted from 1.
        line: u64,
        /// What the YAML reader says.
        reason: String,
    },
    /// A key or value of it is wrong.
    #[error("{file}, line {line}: {key} {problem}")]
    Invalid {
        /// The file.
        file: String,
        /// Counted from 1.
        line: u64,
        /// The key, with its path: `sizes[0].total`.
        key: String,
        /// What is wrong, to be read after the key.
        problem: SizesProblem,
    },
}

/// What is wrong with a key, worded to follow the key's name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SizesProblem {
    /// There is no such key.
    #[error("is unknown: {}", near.map_or_else(|| format!("the keys here are {}", known.join(", ")), |near| format!("did you mean {near}?")))]
    UnknownKey {
        /// A key that is spelled much the same.
        near: Option<&'static str>,
        /// All keys there are at this place.
        known: &'static [&'static str],
    },
    /// The key is needed.
    #[error("is missing: {remedy}")]
    Missing {
        /// What to write.
        remedy: &'static str,
    },
    /// The value has the wrong shape.
    #[error("is {found}, but must be {expected}")]
    WrongType {
        /// What was expected.
        expected: &'static str,
        /// What was found.
        found: String,
    },
    /// The value is none of those there are.
    #[error("is {given:?}, but must be one of {}", known.join(", "))]
    Choice {
        /// What was given.
        given: String,
        /// What there is.
        known: Vec<&'static str>,
    },
    /// The value is no size.
    #[error("is wrong: {reason}")]
    Size {
        /// Why not.
        reason: ParseByteSizeError,
    },
    /// The size is beyond all measure, or nothing.
    #[error("is {bytes} bytes, but must be between {least} and {most}")]
    SizeRange {
        /// The size asked for.
        bytes: u64,
        /// The smallest accepted.
        least: u64,
        /// The largest accepted.
        most: u64,
    },
    /// The survey has no size at this percentile.
    #[error(
        "is {given}, but the survey's sizes are known only at {}",
        percentiles()
    )]
    Percentile {
        /// What was given.
        given: String,
    },
    /// An item of `sizes` gives no size, or several.
    #[error("must have exactly one of total, percentile and layers_bytes")]
    OneAmount,
    /// A number is out of its range.
    #[error("is {given}, but must be {expected}")]
    Range {
        /// What was given.
        given: String,
        /// The range in words.
        expected: String,
    },
    /// A list is empty.
    #[error("is empty: {remedy}")]
    Empty {
        /// What to write.
        remedy: &'static str,
    },
    /// The value stands there twice.
    #[error("has {value} twice: leave one out")]
    Twice {
        /// The value.
        value: String,
    },
    /// Images call different layers by one name.
    #[error(
        "lists the shared layer {name:?} as layer {position} of {bytes} bytes, but {other} as layer {other_position} of \
         {other_bytes}: a shared layer has one size and one position; give one of them another name"
    )]
    SharedLayer {
        /// The name.
        name: String,
        /// The layer's position here, counted from 1.
        position: usize,
        /// Its size here.
        bytes: u64,
        /// The item that lists it first.
        other: String,
        /// Its position there.
        other_position: usize,
        /// Its size there.
        other_bytes: u64,
    },
    /// Two keys contradict each other.
    #[error("cannot be together with {other}: {reason}")]
    Conflict {
        /// The other key.
        other: &'static str,
        /// Why, and what to do.
        reason: &'static str,
    },
    /// The value is no repository.
    #[error("is wrong: {reason}")]
    Repository {
        /// Why not.
        reason: ParseReferenceError,
    },
    /// The value names no base.
    #[error("is wrong: {reason}")]
    Base {
        /// Why not.
        reason: ParseBaseNameError,
    },
    /// The value is no platform.
    #[error("is wrong: {reason}")]
    Platform {
        /// Why not.
        reason: ParsePlatformError,
    },
    /// The built-in program does not run there.
    #[error(
        "has {platform}, for which there is no built-in base: use linux/amd64 or linux/arm64, or give a base that has it"
    )]
    NoProgram {
        /// The platform.
        platform: Platform,
    },
}

fn percentiles() -> String {
    let all: Vec<_> = SURVEY_PERCENTILES
        .iter()
        .map(|(percentile, _)| percentile.to_string())
        .collect();
    all.join(", ")
}
