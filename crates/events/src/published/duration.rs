//! Durations as the published study's scripts read them.

const SECONDS_PER_MINUTE: f64 = 60.0;
const MILLIS_PER_SECOND: f64 = 1000.0;

/// The published scripts stop at a duration, with Python's `ValueError`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the published scripts stop at the duration {text:?}")]
pub struct PublishedDurationError {
    /// The duration.
    pub text: String,
}

/// Returns the seconds that the published study's scripts make of a duration.
///
/// They know milliseconds, minutes and seconds. At hours, microseconds and nanoseconds they stop; use
/// [`crate::GoDuration`] for what a duration really is.
///
/// # Errors
///
/// [`PublishedDurationError`] where the scripts stop.
///
/// # Examples
///
/// ```
/// use pullstudy_events::published_seconds;
///
/// assert_eq!(published_seconds("2m41.517s")?, 161.517);
/// assert_eq!(published_seconds("748.39ms")?, 0.74839);
/// assert!(published_seconds("1h2m3s").is_err());
/// # Ok::<(), pullstudy_events::PublishedDurationError>(())
/// ```
///
/// # Source
///
/// `parse_time_pulled` in `experiments/pulling/analysis/3-parse-containers.py` of the repository
/// `converged-computing/container-chonks`.
pub fn published_seconds(text: &str) -> Result<f64, PublishedDurationError> {
    seconds(text).ok_or_else(|| PublishedDurationError {
        text: text.to_owned(),
    })
}

/// Python's `float` and `int` take digits with underscores, too; no kubelet writes them.
fn seconds(text: &str) -> Option<f64> {
    if text.contains("ms") {
        let millis: f64 = text.replacen("ms", "", 1).trim().parse().ok()?;
        return Some(millis / MILLIS_PER_SECOND);
    }
    let (minutes, rest) = match text.split_once('m') {
        Some((minutes, rest)) => (minutes.trim().parse::<i64>().ok()?, rest),
        None => (0, text),
    };
    let seconds: f64 = rest.trim_end_matches('s').trim().parse().ok()?;
    Some(minutes as f64 * SECONDS_PER_MINUTE + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_milliseconds_minutes_and_seconds() {
        let cases = [
            ("860ms", 0.86),
            ("1.196s", 1.196),
            ("1m3.767s", 63.767),
            ("90m0s", 5400.0),
            ("0s", 0.0),
            // All letters at the end are cut off, and a number needs none.
            ("5ss", 5.0),
            ("5", 5.0),
        ];
        for (text, seconds) in cases {
            assert_eq!(published_seconds(text), Ok(seconds), "{text}");
        }
    }

    #[test]
    fn stops_where_python_stops() {
        for text in [
            "1h2m3s", "500µs", "12us", "250ns", "1m3ms", "1.5m2s", "5m", "s", "",
        ] {
            let error = published_seconds(text).unwrap_err();
            assert_eq!(error.text, text);
        }
    }
}
