//! Moments of events, as Kubernetes writes them.

use std::time::{Duration, SystemTime};

const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// Nanoseconds since 1970, between 1970 and 2262.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Moment {
    nanos: i64,
}

/// What a timestamp in an event says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stamp {
    At(Moment),
    /// Go's zero time: nobody set it.
    Unset,
    /// No RFC 3339 in UTC, or outside the years that are told apart to the nanosecond.
    Bad,
}

impl Moment {
    pub(crate) fn from_nanos(nanos: u64) -> Option<Self> {
        Some(Self {
            nanos: i64::try_from(nanos).ok()?,
        })
    }

    /// Returns the moment with its fraction of a second cut off.
    pub(crate) fn whole_second(self) -> Self {
        Self {
            nanos: self.nanos - self.nanos % NANOS_PER_SECOND,
        }
    }

    /// Returns the last nanosecond of its second.
    pub(crate) fn end_of_second(self) -> Self {
        Self {
            nanos: self.whole_second().nanos + (NANOS_PER_SECOND - 1),
        }
    }

    pub(crate) fn is_whole_second(self) -> bool {
        self.nanos % NANOS_PER_SECOND == 0
    }

    /// Returns `self - earlier` in seconds; negative if `earlier` is later.
    pub(crate) fn seconds_since(self, earlier: Self) -> f64 {
        (self.nanos - earlier.nanos) as f64 / NANOS_PER_SECOND as f64
    }

    pub(crate) fn minus_seconds(self, seconds: f64) -> Self {
        Self {
            nanos: self.nanos - (seconds * NANOS_PER_SECOND as f64) as i64,
        }
    }

    pub(crate) fn to_system_time(self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_nanos(self.nanos.unsigned_abs())
    }
}

/// Reads `2024-11-10T06:09:18Z`, with or without a fraction of up to nine digits.
pub(crate) fn parse(text: &[u8]) -> Stamp {
    if text == b"0001-01-01T00:00:00Z" {
        return Stamp::Unset;
    }
    parse_utc(text).map_or(Stamp::Bad, Stamp::At)
}

fn parse_utc(text: &[u8]) -> Option<Moment> {
    let (
        &[
            y1,
            y2,
            y3,
            y4,
            b'-',
            o1,
            o2,
            b'-',
            d1,
            d2,
            b'T',
            h1,
            h2,
            b':',
            m1,
            m2,
            b':',
            s1,
            s2,
        ],
        rest,
    ) = text.split_first_chunk::<19>()?
    else {
        return None;
    };
    let year = number(&[y1, y2, y3, y4])?;
    let (month, day) = (number(&[o1, o2])?, number(&[d1, d2])?);
    let (hour, minute, second) = (number(&[h1, h2])?, number(&[m1, m2])?, number(&[s1, s2])?);
    let is_date = (1970..=2261).contains(&year)
        && (1..=12).contains(&month)
        && day >= 1
        && day <= days_in(month, year);
    if !is_date || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = ((days_since_1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    let nanos = seconds * NANOS_PER_SECOND + fraction_nanos(rest.strip_suffix(b"Z")?)?;
    Some(Moment { nanos })
}

/// `.123456`, or nothing.
fn fraction_nanos(text: &[u8]) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let digits = text
        .strip_prefix(b".")
        .filter(|digits| (1..=9).contains(&digits.len()))?;
    let scale = 10_i64.pow(9 - digits.len() as u32);
    Some(number(digits)? * scale)
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, &digit| {
        digit
            .is_ascii_digit()
            .then(|| number * 10 + i64::from(digit - b'0'))
    })
}

fn days_in(month: i64, year: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Counts in years that begin in March, so that the leap day is the last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = year / 4 - year / 100 + year / 400;
    365 * year + leap_days + (153 * month + 2) / 5 + day - 719_469
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn moments_outside_the_range_and_other_forms_are_bad() {
        for text in [
            "",
            "2024",
            "1969-12-31T23:59:59Z",
            "2262-01-01T00:00:00Z",
            "2024-02-30T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-11-10T24:00:00Z",
            "2024-11-10T06:60:00Z",
            "2024-11-10T06:09:60Z",
            "2024-11-10T06:09:18",
            "2024-11-10T06:09:18+01:00",
            "2024-11-10T06:09:18.Z",
            "2024-11-10T06:09:18.0123456789Z",
            "99999-01-01T00:00:00Z",
        ] {
            assert_eq!(parse(text.as_bytes()), Stamp::Bad, "{text}");
        }
        assert_eq!(parse(b"0001-01-01T00:00:00Z"), Stamp::Unset);
    }

    proptest! {
        #[test]
        fn agrees_with_humantime(seconds in 0_u64..9_214_646_400, nanos in 0_u32..1_000_000_000) {
            let at = SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos);
            let text = humantime::format_rfc3339_nanos(at).to_string();
            let Stamp::At(moment) = parse(text.as_bytes()) else { panic!("{text}") };
            prop_assert_eq!(moment.to_system_time(), at);
            let text = humantime::format_rfc3339_seconds(at).to_string();
            prop_assert_eq!(parse(text.as_bytes()), Stamp::At(moment.whole_second()));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..40), text in "[-0-9T:.Z]{19,30}") {
            let _ = parse(&bytes);
            let _ = parse(text.as_bytes());
        }
    }
}
