//! Moments as Kubernetes and our own files write them: RFC 3339, UTC, ending in `Z`.

use std::fmt::Display;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer, Serializer, de, ser};

/// 9999-12-31T23:59:59Z: RFC 3339 has four digits for the year.
const LAST_SECOND: u64 = 253_402_300_799;

/// Why a moment cannot be written.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a moment outside the years 1970 to 9999 cannot be written as RFC 3339")]
pub(crate) struct OutOfRange;

/// Serialises with six digits after the second: `2024-11-10T06:47:10.332012Z`.
pub(crate) mod micros {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(at: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&written_micros(*at).map_err(ser::Error::custom)?)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SystemTime, D::Error> {
        parse(&String::deserialize(from)?).map_err(de::Error::custom)
    }
}

fn parse(text: &str) -> Result<SystemTime, humantime::TimestampError> {
    humantime::parse_rfc3339(text)
}

fn checked(at: SystemTime) -> Result<SystemTime, OutOfRange> {
    let since_epoch = at
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_err(|_| OutOfRange)?;
    let is_in_range = since_epoch < Duration::from_secs(LAST_SECOND + 1);
    is_in_range.then_some(at).ok_or(OutOfRange)
}

fn written_micros(at: SystemTime) -> Result<impl Display, OutOfRange> {
    checked(at).map(humantime::format_rfc3339_micros)
}
