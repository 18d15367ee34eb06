//! Figures as people read them.

use std::fmt::Write;

/// Decimal units of bytes, each a thousand times the one before.
const BYTE_UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];

/// Returns an integer with commas between groups of three digits: `53,702,097`.
///
/// # Examples
///
/// ```
/// assert_eq!(pullstudy_report::grouped(53_702_097), "53,702,097");
/// ```
#[must_use]
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns bytes with three significant digits in decimal units: `53.7 MB`.
///
/// A MB is 1,000,000 bytes. Below 1,000 bytes the figure is exact: `999 B`. For the exact figure use
/// [`grouped`].
///
/// # Examples
///
/// ```
/// use pullstudy_report::human_bytes;
///
/// assert_eq!(human_bytes(53_702_097), "53.7 MB");
/// assert_eq!(human_bytes(999), "999 B");
/// assert_eq!(human_bytes(999_999), "1.00 MB");
/// ```
#[must_use]
pub fn human_bytes(bytes: u64) -> String {
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1e3;
    let mut unit = 0;
    // 999.5 would be rounded to a fourth digit before the point.
    while value >= 999.5 && unit + 1 < BYTE_UNITS.len() {
        value /= 1e3;
        unit += 1;
    }
    format!("{} {}", three_digits(value), BYTE_UNITS[unit])
}

/// Returns seconds with three significant digits and no unit: `0.860`, `1.20`, `161`.
///
/// From 1,000 seconds up it is whole seconds with commas, below a millionth an exponent. What is no
/// finite number is shown as `-`.
///
/// # Examples
///
/// ```
/// use pullstudy_report::human_seconds;
///
/// assert_eq!(human_seconds(1.196), "1.20");
/// assert_eq!(human_seconds(161.517), "162");
/// assert_eq!(human_seconds(0.00086), "0.000860");
/// assert_eq!(human_seconds(0.0), "0");
/// ```
#[must_use]
pub fn human_seconds(seconds: f64) -> String {
    if !seconds.is_finite() {
        return "-".to_owned();
    }
    let (sign, magnitude) = if seconds < 0.0 {
        ("-", -seconds)
    } else {
        ("", seconds)
    };
    let text = if magnitude == 0.0 {
        "0".to_owned()
    } else if magnitude < 1e-6 {
        format!("{magnitude:.2e}")
    } else if magnitude < 999.5 {
        three_digits(magnitude)
    } else {
        grouped(magnitude.round() as u64)
    };
    format!("{sign}{text}")
}

/// Returns an amount of money without its unit: to the cent with commas, `5,756.52`; below 0.10 with three significant
/// digits, `0.0123`.
///
/// What is no finite number is shown as `-`.
///
/// # Examples
///
/// ```
/// use pullstudy_report::human_usd;
///
/// assert_eq!(human_usd(5756.518), "5,756.52");
/// assert_eq!(human_usd(0.012345), "0.0123");
/// assert_eq!(human_usd(-0.5), "-0.50");
/// assert_eq!(human_usd(0.0), "0");
/// ```
#[must_use]
pub fn human_usd(usd: f64) -> String {
    let magnitude = usd.abs();
    if magnitude == 0.0 || magnitude < 0.0995 || !magnitude.is_finite() {
        return human_seconds(usd);
    }
    let sign = if usd < 0.0 { "-" } else { "" };
    let cents = format!("{magnitude:.2}");
    let (whole, cents) = cents.split_once('.').unwrap_or((&cents, "00"));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), grouped);
    format!("{sign}{whole}.{cents}")
}

/// Returns a share as whole per cent: `63 %`; a trace that would be rounded to nothing is `<1 %`.
///
/// `share` lies in `0.0..=1.0`. What is no finite number is shown as `-`.
///
/// # Examples
///
/// ```
/// use pullstudy_report::percent;
///
/// assert_eq!(percent(0.634), "63 %");
/// assert_eq!(percent(0.002), "<1 %");
/// ```
#[must_use]
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return "-".to_owned();
    }
    match format!("{:.0}", share * 100.0).as_str() {
        "0" if share > 0.0 => "<1 %".to_owned(),
        whole => format!("{whole} %"),
    }
}

/// Writes three significant digits of a positive number below 999.5, without an exponent.
fn three_digits(value: f64) -> String {
    let mut decimals = 2 - value.log10().floor() as i32;
    // 9.999 has one digit before the point until it is rounded.
    let rounded = (value * 10_f64.powi(decimals)).round() / 10_f64.powi(decimals);
    if rounded.log10().floor() > value.log10().floor() {
        decimals -= 1;
    }
    let mut text = String::new();
    write!(text, "{value:.*}", decimals.max(0) as usize)
        .expect("writing to a string does not fail");
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn digits_come_in_threes() {
        let cases = [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ];
        for (count, text) in cases {
            assert_eq!(grouped(count), text);
        }
    }

    #[test]
    fn bytes_keep_three_digits_across_units() {
        let cases = [
            (0, "0 B"),
            (1_000, "1.00 kB"),
            (9_994, "9.99 kB"),
            (9_996, "10.0 kB"),
            (999_499, "999 kB"),
            (999_500, "1.00 MB"),
            (19_039_736_629, "19.0 GB"),
            (u64::MAX, "18.4 EB"),
        ];
        for (bytes, text) in cases {
            assert_eq!(human_bytes(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn seconds_keep_three_digits() {
        let cases = [
            (0.86, "0.860"),
            (9.999, "10.0"),
            (99.96, "100"),
            (999.4, "999"),
            (999.5, "1,000"),
            (86_400.0, "86,400"),
            (0.000_999_9, "0.00100"),
            (1.234e-7, "1.23e-7"),
            (-1.5, "-1.50"),
            (f64::NAN, "-"),
        ];
        for (seconds, text) in cases {
            assert_eq!(human_seconds(seconds), text, "{seconds}");
        }
    }

    #[test]
    fn shares_are_whole_per_cent() {
        let cases = [
            (0.0, "0 %"),
            (0.005, "<1 %"),
            (0.015, "2 %"),
            (1.0, "100 %"),
            (f64::NAN, "-"),
        ];
        for (share, text) in cases {
            assert_eq!(percent(share), text, "{share}");
        }
    }

    proptest! {
        #[test]
        fn shown_seconds_are_within_half_a_digit(seconds in 1e-6..1e6_f64) {
            let shown: f64 = human_seconds(seconds).replace(',', "").parse().unwrap();
            prop_assert!((shown - seconds).abs() <= seconds * 0.005_001, "{} for {}", shown, seconds);
        }

        #[test]
        fn grouping_loses_no_digit(count: u64) {
            prop_assert_eq!(grouped(count).replace(',', "").parse(), Ok(count));
        }
    }
}
