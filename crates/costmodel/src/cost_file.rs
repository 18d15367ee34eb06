//! The files that this crate reads: YAML with a format version, in which every key is known.

use std::path::Path;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, de::DeserializeOwned};
use serde_saphyr::{Error, MessageFormatter, UserMessageFormatter};

use crate::nearest::{nearest, question};

/// The version of the files that this crate reads.
const FORMAT_VERSION: u32 = 1;

/// Why a file of prices, totals or a scenario could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadCostFileError {
    /// The file could not be opened or read.
    #[error("failed to read {file}")]
    Io {
        /// The file.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is nothing in it.
    #[error("{file} is empty: {remedy}")]
    Empty {
        /// The file.
        file: String,
        /// What it should hold.
        remedy: &'static str,
    },
    /// Something in it is not as it should be.
    #[error("{file}, line {line}: {reason}")]
    Form {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong, and what helps.
        reason: String,
    },
    /// It was written for another version.
    #[error(
        "{file} has format_version {found}; this version reads {FORMAT_VERSION}: take a newer one"
    )]
    Version {
        /// The file.
        file: String,
        /// Its version.
        found: u32,
    },
}

/// Looked at before all else: a later version may have keys that this one does not know.
#[derive(Deserialize)]
struct Versioned {
    format_version: Option<u32>,
}

/// Reads a file whose keys are all known.
pub(crate) fn read_file<T: DeserializeOwned>(
    path: &Path,
    remedy: &'static str,
) -> Result<T, ReadCostFileError> {
    let file = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&file, &text, remedy),
        Err(source) => Err(ReadCostFileError::Io { file, source }),
    }
}

/// Reads a text; `file` is what messages call it, `remedy` what an empty one should hold.
pub(crate) fn parse<T: DeserializeOwned>(
    file: &str,
    text: &str,
    remedy: &'static str,
) -> Result<T, ReadCostFileError> {
    let file = file.to_owned();
    let is_content = |line: &str| !line.trim().is_empty() && !line.trim().starts_with('#');
    if !text.lines().any(is_content) {
        return Err(ReadCostFileError::Empty { file, remedy });
    }
    let versioned: Versioned = serde_saphyr::from_str(text).map_err(|error| form(&file, &error))?;
    match versioned.format_version {
        Some(FORMAT_VERSION) => serde_saphyr::from_str(text).map_err(|error| form(&file, &error)),
        Some(found) => Err(ReadCostFileError::Version { file, found }),
        None => Err(ReadCostFileError::Form {
            file,
            line: 1,
            reason: format!("format_version is missing: write format_version: {FORMAT_VERSION}"),
        }),
    }
}

fn form(file: &str, error: &Error) -> ReadCostFileError {
    let error = error.without_snippet();
    let reason = match error {
        Error::SerdeUnknownField {
            field, expected, ..
        } => unknown_key(field, expected),
        other => UserMessageFormatter.format_message(other).into_owned(),
    };
    ReadCostFileError::Form {
        file: file.to_owned(),
        line: error.location().map_or(1, |location| location.line()),
        reason,
    }
}

fn unknown_key(key: &str, known: &[&str]) -> String {
    let near = nearest(key, known.iter().copied());
    if near.is_empty() {
        return format!("{key} is unknown; there are {}", known.join(", "));
    }
    format!("{key} is unknown{}", question(&near[..1]))
}

/// Reads an amount that may be 0 and is neither negative nor without bound: a price, seconds.
pub(crate) fn amount<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    let amount = f64::deserialize(from)?;
    if amount.is_finite() && amount >= 0.0 {
        return Ok(amount);
    }
    let reason = format!("{amount} is no amount: it must be 0 or more, and finite");
    Err(D::Error::custom(reason))
}

/// The same, where it may be missing.
pub(crate) fn optional_amount<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    amount(from).map(Some)
}

/// Reads a text that says something.
pub(crate) fn words<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if text.trim().is_empty() {
        return Err(D::Error::custom("an empty text says nothing: fill it in"));
    }
    Ok(text)
}
