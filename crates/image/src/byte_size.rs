//! Sizes as people write them: `53702097`, `50MB`, `7.3 GiB`.

use std::fmt;
use std::str::FromStr;

/// A number of bytes, read from a text with an optional unit.
///
/// `kB MB GB TB` are powers of 1000 and `KiB MiB GiB TiB` powers of 1024; upper and lower case are alike, `B` and no
/// unit mean bytes. A fraction of a byte is cut off, and [`is_truncated`](Self::is_truncated) tells so.
///
/// # Examples
///
/// ```
/// use pullstudy_image::ByteSize;
///
/// assert_eq!("50MB".parse::<ByteSize>()?.bytes(), 50_000_000);
/// assert_eq!("50 MiB".parse::<ByteSize>()?.bytes(), 52_428_800);
/// assert_eq!("7.3MB".parse::<ByteSize>()?.bytes(), 7_300_000);
/// assert!("58049507.8".parse::<ByteSize>()?.is_truncated());
/// assert!("-1".parse::<ByteSize>().is_err());
/// # Ok::<(), pullstudy_image::ParseByteSizeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteSize {
    bytes: u64,
    truncated: bool,
}

/// Why a text is no number of bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseByteSizeError {
    /// It is not a number and a unit.
    #[error(
        "{text:?} is no size: write bytes such as 53702097, or a number and a unit such as 50MB or 50MiB"
    )]
    Malformed {
        /// What was given.
        text: String,
    },
    /// The unit is not known.
    #[error("{unit:?} in {text:?} is no unit: use B, kB, MB, GB, TB, KiB, MiB, GiB or TiB")]
    Unit {
        /// What was given.
        text: String,
        /// The part after the number.
        unit: String,
    },
    /// It is below zero.
    #[error("{text:?} is negative: a size is 0 or more")]
    Negative {
        /// What was given.
        text: String,
    },
    /// It does not fit into 64 bits.
    #[error("{text:?} is larger than any image: a size stays below 2^64 bytes")]
    TooLarge {
        /// What was given.
        text: String,
    },
}

impl ByteSize {
    /// Wraps a whole number of bytes.
    pub const fn new(bytes: u64) -> Self {
        Self {
            bytes,
            truncated: false,
        }
    }

    /// Returns the whole bytes.
    pub const fn bytes(self) -> u64 {
        self.bytes
    }

    /// Tells whether a fraction of a byte was cut off.
    pub const fn is_truncated(self) -> bool {
        self.truncated
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.bytes)
    }
}

impl FromStr for ByteSize {
    type Err = ParseByteSizeError;

    fn from_str(text: &str) -> Result<Self, ParseByteSizeError> {
        let trimmed = text.trim();
        if trimmed.starts_with('-') {
            return Err(ParseByteSizeError::Negative { text: text.into() });
        }
        let number_end = trimmed
            .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_'))
            .unwrap_or(trimmed.len());
        let (number, unit) = trimmed.split_at(number_end);
        let factor = unit_bytes(unit.trim()).ok_or_else(|| unit_error(text, number, unit))?;
        scaled(number, factor).map_err(|problem| problem.in_text(text))
    }
}

/// Bytes in a unit; an empty unit is bytes.
fn unit_bytes(unit: &str) -> Option<u64> {
    let power = |base: u64, exponent| Some(base.pow(exponent));
    match unit.to_ascii_lowercase().as_str() {
        "" | "b" => Some(1),
        "kb" => power(1000, 1),
        "mb" => power(1000, 2),
        "gb" => power(1000, 3),
        "tb" => power(1000, 4),
        "kib" => power(1024, 1),
        "mib" => power(1024, 2),
        "gib" => power(1024, 3),
        "tib" => power(1024, 4),
        _ => None,
    }
}

fn unit_error(text: &str, number: &str, unit: &str) -> ParseByteSizeError {
    if number.is_empty() {
        return ParseByteSizeError::Malformed { text: text.into() };
    }
    ParseByteSizeError::Unit {
        text: text.into(),
        unit: unit.trim().into(),
    }
}

enum NumberProblem {
    Malformed,
    TooLarge,
}

impl NumberProblem {
    fn in_text(self, text: &str) -> ParseByteSizeError {
        match self {
            Self::Malformed => ParseByteSizeError::Malformed { text: text.into() },
            Self::TooLarge => ParseByteSizeError::TooLarge { text: text.into() },
        }
    }
}

/// Multiplies a decimal number in integers: `7.3` times a million is 7300000, which floats would miss.
fn scaled(number: &str, factor: u64) -> Result<ByteSize, NumberProblem> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let (whole, fraction) = (whole.replace('_', ""), fraction.replace('_', ""));
    let digits = format!("{whole}{fraction}");
    if whole.is_empty() || digits.contains('.') || fraction.len() > 18 {
        return Err(NumberProblem::Malformed);
    }
    let mantissa: u128 = digits.parse().map_err(|_| NumberProblem::TooLarge)?;
    let product = mantissa.checked_mul(u128::from(factor));
    let product = product.ok_or(NumberProblem::TooLarge)?;
    let divisor = 10_u128.pow(u32::try_from(fraction.len()).expect("at most 18 digits"));
    let bytes = u64::try_from(product / divisor).map_err(|_| NumberProblem::TooLarge)?;
    Ok(ByteSize {
        bytes,
        truncated: product % divisor != 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_exact() {
        for (text, bytes) in [
            ("0", 0),
            ("53_702_097", 53_702_097),
            ("30MB", 30_000_000),
            ("7.3MB", 7_300_000),
            ("0.1GiB", 107_374_182),
            ("3622mb", 3_622_000_000),
            ("1kB", 1000),
            ("1.5 KiB", 1536),
            ("16777215TiB", 16_777_215 << 40),
        ] {
            assert_eq!(
                text.parse::<ByteSize>().map(ByteSize::bytes),
                Ok(bytes),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_size_says_why() {
        for (text, part) in [
            ("", "is no size"),
            ("MB", "is no size"),
            (".5MB", "is no size"),
            ("1.2.3MB", "is no size"),
            ("-5MB", "negative"),
            ("5 bananas", "is no unit"),
            ("50MBit", "is no unit"),
            ("99999999TB", "larger than any image"),
            (
                "340282366920938463463374607431768211456",
                "larger than any image",
            ),
        ] {
            let error = text.parse::<ByteSize>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
