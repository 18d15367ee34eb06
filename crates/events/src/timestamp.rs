//! Moments as Kubernetes and our own files write them: RFC 3339, UTC, ending in `Z`.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

/// The end of the year 9999, in seconds: RFC 3339 has four digits for the year.
const YEAR_10000_SECONDS: u64 = 253_402_300_800;

/// A moment cannot be written as RFC 3339.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a moment outside the years 1970 to 9999 cannot be written as RFC 3339")]
struct OutOfRange;

/// Whole seconds, cut: `2024-11-10T06:47:10Z`.
struct Seconds(SystemTime);

/// Six digits after the second: `2024-11-10T06:47:10.332012Z`.
struct Micros(SystemTime);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let at = within_range(self.0).map_err(ser::Error::custom)?;
        to.collect_str(&humantime::format_rfc3339_seconds(at))
    }
}

impl Serialize for Micros {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let at = within_range(self.0).map_err(ser::Error::custom)?;
        to.collect_str(&humantime::format_rfc3339_micros(at))
    }
}

/// The formatter panics outside its range.
fn within_range(at: SystemTime) -> Result<SystemTime, OutOfRange> {
    let since_epoch = at
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_err(|_| OutOfRange)?;
    let is_within = since_epoch < Duration::from_secs(YEAR_10000_SECONDS);
    is_within.then_some(at).ok_or(OutOfRange)
}

fn parse<'de, D: Deserializer<'de>>(from: D) -> Result<SystemTime, D::Error> {
    let text = String::deserialize(from)?;
    humantime::parse_rfc3339(&text)
        .map_err(|source| de::Error::custom(format_args!("timestamp {text:?}: {source}")))
}

fn parse_or_null<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SystemTime>, D::Error> {
    struct Parsed(SystemTime);
    impl<'de> Deserialize<'de> for Parsed {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            parse(from).map(Self)
        }
    }
    Ok(Option::<Parsed>::deserialize(from)?.map(|Parsed(at)| at))
}

/// For `#[serde(with)]`: a moment in whole seconds.
pub(crate) mod seconds {
    use super::{Deserializer, Seconds, Serialize, Serializer, SystemTime};

    pub(crate) fn serialize<S: Serializer>(at: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
        Seconds(*at).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SystemTime, D::Error> {
        super::parse(from)
    }
}

/// For `#[serde(with)]`: a moment in microseconds.
pub(crate) mod micros {
    use super::{Deserializer, Micros, Serialize, Serializer, SystemTime};

    pub(crate) fn serialize<S: Serializer>(at: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
        Micros(*at).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SystemTime, D::Error> {
        super::parse(from)
    }
}

/// For `#[serde(with)]`: a moment in whole seconds, or null.
pub(crate) mod seconds_or_null {
    use super::{Deserializer, Seconds, Serialize, Serializer, SystemTime};

    pub(crate) fn serialize<S: Serializer>(
        at: &Option<SystemTime>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        at.map(Seconds).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<SystemTime>, D::Error> {
        super::parse_or_null(from)
    }
}

/// For `#[serde(with)]`: a moment in microseconds, or null.
pub(crate) mod micros_or_null {
    use super::{Deserializer, Micros, Serialize, Serializer, SystemTime};

    pub(crate) fn serialize<S: Serializer>(
        at: &Option<SystemTime>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        at.map(Micros).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<SystemTime>, D::Error> {
        super::parse_or_null(from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_seconds_and_microseconds() {
        // 1731221230.332012 s: `date -u -d @1731221230` says 2024-11-10 06:47:10.
        let at = SystemTime::UNIX_EPOCH + Duration::new(1_731_221_230, 332_012_999);
        let text = |value: serde_json::Value| value.as_str().unwrap().to_owned();
        assert_eq!(
            text(serde_json::to_value(Seconds(at)).unwrap()),
            "2024-11-10T06:47:10Z"
        );
        assert_eq!(
            text(serde_json::to_value(Micros(at)).unwrap()),
            "2024-11-10T06:47:10.332012Z"
        );
    }

    #[test]
    fn refuses_moments_without_four_digits_for_the_year() {
        let last = SystemTime::UNIX_EPOCH + Duration::from_secs(YEAR_10000_SECONDS - 1);
        assert_eq!(
            serde_json::to_value(Seconds(last)).unwrap(),
            "9999-12-31T23:59:59Z"
        );
        for at in [
            last + Duration::from_secs(1),
            SystemTime::UNIX_EPOCH - Duration::from_nanos(1),
        ] {
            assert!(serde_json::to_value(Seconds(at)).is_err());
        }
    }
}
