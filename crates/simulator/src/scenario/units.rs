//! Sizes and rates as people write them in a file: `12MB`, `1.25GB`, `4096`.

use std::fmt;

use pullstudy_image::ByteSize;
use serde::de::{Deserializer, Error, Visitor};

/// Reads a size: whole bytes, or a text with a unit.
pub(super) fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    deserializer.deserialize_any(Bytes)
}

/// Reads bytes a second: a size, or `unlimited`.
pub(super) fn rate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    deserializer.deserialize_any(Rate)
}

/// Reads a rate that may be left out.
pub(super) fn optional_rate<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<f64>, D::Error> {
    rate(deserializer).map(Some)
}

/// Reads a size that may be left out.
pub(super) fn optional_bytes<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<u64>, D::Error> {
    bytes(deserializer).map(Some)
}

struct Bytes;

impl Visitor<'_> for Bytes {
    type Value = u64;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("bytes such as 53702097, or a number and a unit such as 50MB")
    }

    fn visit_u64<E: Error>(self, bytes: u64) -> Result<u64, E> {
        Ok(bytes)
    }

    fn visit_i64<E: Error>(self, bytes: i64) -> Result<u64, E> {
        u64::try_from(bytes)
            .map_err(|_| E::custom(format!("{bytes} is negative: a size is 0 or more")))
    }

    fn visit_f64<E: Error>(self, bytes: f64) -> Result<u64, E> {
        let is_whole = bytes >= 0.0 && bytes.fract() == 0.0 && bytes < 2_f64.powi(63);
        is_whole
            .then_some(bytes as u64)
            .ok_or_else(|| E::custom(format!("{bytes} is no size: write whole bytes, 0 or more")))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<u64, E> {
        text.parse().map(ByteSize::bytes).map_err(E::custom)
    }
}

struct Rate;

impl Visitor<'_> for Rate {
    type Value = f64;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("bytes a second such as 100MB, or unlimited")
    }

    fn visit_u64<E: Error>(self, bytes: u64) -> Result<f64, E> {
        Ok(bytes as f64)
    }

    fn visit_i64<E: Error>(self, bytes: i64) -> Result<f64, E> {
        Ok(bytes as f64)
    }

    fn visit_f64<E: Error>(self, bytes: f64) -> Result<f64, E> {
        Ok(bytes)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<f64, E> {
        if text.trim() == "unlimited" {
            return Ok(f64::INFINITY);
        }
        let size: ByteSize = text.parse().map_err(E::custom)?;
        Ok(size.bytes() as f64)
    }
}
