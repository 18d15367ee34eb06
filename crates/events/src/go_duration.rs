//! Durations as Go prints them: what a kubelet writes into its messages.

use std::fmt::{self, Write};
use std::str::FromStr;
use std::time::Duration;

const NANOS_PER_SECOND: u64 = 1_000_000_000;
const NANOS_PER_MILLI: i64 = 1_000_000;

/// Nanoseconds as a Go `time.Duration` holds them: signed, about 292 years each way.
///
/// Parses what Go's `time.ParseDuration` takes (`1h2m3s`, `748.39ms`, `500µs`, `-1.5h`, `0`), and
/// prints what its `String` gives, to the last character.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use pullstudy_events::GoDuration;
///
/// let duration: GoDuration = "2m41.517s".parse()?;
/// assert_eq!(duration.as_secs_f64(), 161.517);
///
/// let pull = GoDuration::from(Duration::from_micros(1_196_789));
/// assert_eq!(pull.truncated_to_millis().to_string(), "1.196s");
/// # Ok::<(), pullstudy_events::ParseGoDurationError>(())
/// ```
///
/// # Source
///
/// Go 1.22, `src/time/time.go` (`Duration.String`) and `src/time/format.go` (`ParseDuration`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GoDuration {
    nanos: i64,
}

/// Why a text is no Go duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseGoDurationError {
    /// The text is not a sequence of numbers with units.
    #[error("{text:?} is not a Go duration such as 1m3.767s")]
    Syntax {
        /// The text.
        text: String,
    },
    /// The duration is longer than Go can hold.
    #[error("{text:?} is longer than a Go duration can be, about 292 years")]
    TooLong {
        /// The text.
        text: String,
    },
}

impl GoDuration {
    /// Takes nanoseconds.
    #[must_use]
    pub fn from_nanos(nanos: i64) -> Self {
        Self { nanos }
    }

    /// Returns the nanoseconds.
    #[must_use]
    pub fn as_nanos(self) -> i64 {
        self.nanos
    }

    /// Returns the seconds, rounded to the nearest float.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.nanos as f64 / NANOS_PER_SECOND as f64
    }

    /// Cuts off what is less than a millisecond, as the kubelet does since 1.28.
    #[must_use]
    pub fn truncated_to_millis(self) -> Self {
        Self {
            nanos: self.nanos - self.nanos % NANOS_PER_MILLI,
        }
    }
}

/// What Go cannot hold becomes the longest it can, as when Go subtracts two times.
impl From<Duration> for GoDuration {
    fn from(duration: Duration) -> Self {
        Self {
            nanos: i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX),
        }
    }
}

/// Prints as Go does: the largest unit below a second that leaves a whole part, else `h`, `m` and `s`.
impl fmt::Display for GoDuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        if self.nanos < 0 {
            text.push('-');
        }
        match self.nanos.unsigned_abs() {
            0 => text.push_str("0s"),
            nanos @ 1..1_000 => write!(text, "{nanos}ns")?,
            nanos @ 1_000..1_000_000 => push_decimal(&mut text, nanos, 1_000, "µs")?,
            nanos @ 1_000_000..NANOS_PER_SECOND => push_decimal(&mut text, nanos, 1_000_000, "ms")?,
            nanos => push_clock(&mut text, nanos)?,
        }
        formatter.pad(&text)
    }
}

fn push_clock(text: &mut String, nanos: u64) -> fmt::Result {
    let minutes = nanos / NANOS_PER_SECOND / 60;
    if minutes >= 60 {
        write!(text, "{}h", minutes / 60)?;
    }
    if minutes > 0 {
        write!(text, "{}m", minutes % 60)?;
    }
    push_decimal(
        text,
        nanos - minutes * 60 * NANOS_PER_SECOND,
        NANOS_PER_SECOND,
        "s",
    )
}

/// Writes `nanos / per_unit` without zeros at the end. `per_unit` is a power of ten.
fn push_decimal(text: &mut String, nanos: u64, per_unit: u64, unit: &str) -> fmt::Result {
    write!(text, "{}", nanos / per_unit)?;
    let fraction = nanos % per_unit;
    if fraction > 0 {
        let digits = format!("{:0width$}", fraction, width = per_unit.ilog10() as usize);
        write!(text, ".{}", digits.trim_end_matches('0'))?;
    }
    text.push_str(unit);
    Ok(())
}

impl FromStr for GoDuration {
    type Err = ParseGoDurationError;

    fn from_str(text: &str) -> Result<Self, ParseGoDurationError> {
        let (sign, magnitude) = match text.strip_prefix(['-', '+']) {
            Some(magnitude) if text.starts_with('-') => (-1, magnitude),
            Some(magnitude) => (1, magnitude),
            None => (1, text),
        };
        if magnitude == "0" {
            return Ok(Self::default());
        }
        let nanos = parse_terms(magnitude).ok_or_else(|| ParseGoDurationError::Syntax {
            text: text.to_owned(),
        })?;
        match i64::try_from(sign * nanos) {
            Ok(nanos) => Ok(Self { nanos }),
            Err(_) => Err(ParseGoDurationError::TooLong {
                text: text.to_owned(),
            }),
        }
    }
}

/// Sums `<number><unit>` one after the other, at least one; saturates far above what Go holds.
fn parse_terms(mut rest: &str) -> Option<i128> {
    let mut nanos: i128 = 0;
    while let Some((term, after)) = parse_term(rest)? {
        nanos = nanos.saturating_add(term);
        rest = after;
        if rest.is_empty() {
            return Some(nanos);
        }
    }
    None
}

/// Splits off the first term. The outer `None` is a syntax error, the inner one the end of the text.
fn parse_term(text: &str) -> Option<Option<(i128, &str)>> {
    if text.is_empty() {
        return Some(None);
    }
    let (whole, rest) = split_digits(text);
    let (fraction, rest) = rest.strip_prefix('.').map_or(("", rest), split_digits);
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let unit_length = rest
        .find(|c: char| c == '.' || c.is_ascii_digit())
        .unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(unit_length);
    let per_unit = nanos_per(unit)?;
    let whole = if whole.is_empty() {
        0
    } else {
        whole.parse().unwrap_or(i128::MAX)
    };
    Some(Some((
        whole
            .saturating_mul(per_unit)
            .saturating_add(part_of(fraction, per_unit)),
        rest,
    )))
}

/// Go computes the part after the point in floats; doing the same gives the same nanosecond.
fn part_of(fraction: &str, per_unit: i128) -> i128 {
    let (mut digits, mut scale) = (0_u64, 1.0_f64);
    for digit in fraction.bytes().map(|byte| u64::from(byte - b'0')) {
        let longer = digits
            .checked_mul(10)
            .and_then(|digits| digits.checked_add(digit));
        let Some(longer) = longer.filter(|&digits| digits <= i64::MAX as u64) else {
            break;
        };
        digits = longer;
        scale *= 10.0;
    }
    (digits as f64 * (per_unit as f64 / scale)) as i128
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(
        text.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len()),
    )
}

fn nanos_per(unit: &str) -> Option<i128> {
    match unit {
        "ns" => Some(1),
        // Go takes the micro sign U+00B5 and the Greek letter U+03BC.
        "us" | "µs" | "μs" => Some(1_000),
        "ms" => Some(1_000_000),
        "s" => Some(1_000_000_000),
        "m" => Some(60_000_000_000),
        "h" => Some(3_600_000_000_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nanos(text: &str) -> i64 {
        text.parse::<GoDuration>().unwrap().as_nanos()
    }

    #[test]
    fn prints_like_gos_own_tests() {
        // durationTests in Go 1.22, src/time/time_test.go.
        let cases = [
            ("0s", 0),
            ("1ns", 1),
            ("1.1µs", 1_100),
            ("2.2ms", 2_200_000),
            ("3.3s", 3_300_000_000),
            ("4m5s", 245_000_000_000),
            ("4m5.001s", 245_001_000_000),
            ("5h6m7.001s", 18_367_001_000_000),
            ("8m0.000000001s", 480_000_000_001),
            ("2562047h47m16.854775807s", i64::MAX),
            ("-2562047h47m16.854775808s", i64::MIN),
        ];
        for (text, nanos) in cases {
            assert_eq!(GoDuration::from_nanos(nanos).to_string(), text);
        }
    }

    #[test]
    fn parses_like_gos_own_tests() {
        // parseDurationTests in Go 1.22, src/time/time_test.go.
        let cases = [
            ("0", 0),
            ("5s", 5_000_000_000),
            ("-5s", -5_000_000_000),
            ("+5s", 5_000_000_000),
            ("-0", 0),
            ("5.0s", 5_000_000_000),
            ("5.s", 5_000_000_000),
            (".5s", 500_000_000),
            ("1.0040s", 1_004_000_000),
            ("12µs", 12_000),
            ("12μs", 12_000),
            ("3h30m", 12_600_000_000_000),
            ("10.5s4m", 250_500_000_000),
            ("39h9m14.425s", 140_954_425_000_000),
            ("52763797000ns", 52_763_797_000),
            ("0.3333333333333333333h", 1_200_000_000_000),
            ("0.100000000000000000000h", 360_000_000_000),
            ("0.830103483285477580700h", 2_988_372_539_827),
            ("9007199254740993ns", 9_007_199_254_740_993),
            ("-9223372036854775808ns", i64::MIN),
            ("9223372036854775.807us", i64::MAX),
        ];
        for (text, expected) in cases {
            assert_eq!(nanos(text), expected, "{text}");
        }
    }

    #[test]
    fn refuses_what_go_refuses() {
        for text in [
            "", "3", "-", "s", ".", "-.", ".s", "+.s", "1d", "1 s", "5s3", "x1s", "1s ",
        ] {
            let error = text.parse::<GoDuration>().unwrap_err();
            assert_eq!(
                error,
                ParseGoDurationError::Syntax {
                    text: text.to_owned()
                }
            );
        }
        for text in [
            "9223372036854775808ns",
            "3000000h",
            "99999999999999999999999999999999999999999h",
        ] {
            let error = text.parse::<GoDuration>().unwrap_err();
            assert_eq!(
                error,
                ParseGoDurationError::TooLong {
                    text: text.to_owned()
                }
            );
        }
    }

    #[test]
    fn truncates_towards_zero() {
        let truncated = |nanos| {
            GoDuration::from_nanos(nanos)
                .truncated_to_millis()
                .as_nanos()
        };
        assert_eq!(truncated(1_999_999), 1_000_000);
        assert_eq!(truncated(-1_999_999), -1_000_000);
        assert_eq!(truncated(999), 0);
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(nanos: i64) {
            let duration = GoDuration::from_nanos(nanos);
            prop_assert_eq!(duration.to_string().parse(), Ok(duration));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "[-+0-9.hmsnuµμ x]{0,40}|.{0,20}") {
            let _ = text.parse::<GoDuration>();
        }
    }
}
