//! When a failed request is sent again, and how long that waits.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::{Duration, Instant, SystemTime};

use reqwest::header::{HeaderMap, RETRY_AFTER};

/// How often, and after which waits, a request that failed for a passing reason is sent again.
///
/// Passing reasons are those of [`TransportError::is_retryable`](crate::TransportError::is_retryable). Waits double
/// from [`first_wait`](Self::first_wait) to [`max_wait`](Self::max_wait), each cut at random to between half and the
/// whole of it, so that the nodes of a cluster do not come back together. A `Retry-After` of the registry (seconds, or
/// a date) is waited out instead, if it is within [`max_total`](Self::max_total).
///
/// A transfer that moves on counts anew: only failures in a row, without bytes between them, use up the tries.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use pullstudy_registry::RetryPolicy;
///
/// let mut retry = RetryPolicy::default();
/// assert_eq!(retry.max_tries, 5);
/// retry.max_wait = Duration::from_secs(5);
/// ```
///
/// # Source
///
/// RFC 9110, section 10.2.3 (`Retry-After`). Half of each wait is random, as in "Exponential Backoff And Jitter",
/// AWS Architecture Blog (2015), "equal jitter".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// How often a request is sent in all; 1 means once and never again. Default: 5.
    pub max_tries: u32,
    /// The wait before the second try. Default: 500 ms.
    pub first_wait: Duration,
    /// The longest wait that doubling leads to. Default: 30 s.
    pub max_wait: Duration,
    /// How long failures in a row may go on, from the first of them, with all waits. Default: 5 min.
    pub max_total: Duration,
    /// What the random part of the waits starts from. Default: another number in each process.
    pub jitter_seed: u64,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_tries: 5,
            first_wait: Duration::from_millis(500),
            max_wait: Duration::from_secs(30),
            max_total: Duration::from_secs(300),
            jitter_seed: RandomState::new().build_hasher().finish(),
        }
    }
}

/// The failures in a row of one request, and when it has failed too often.
#[derive(Debug)]
pub(crate) struct Attempts {
    policy: RetryPolicy,
    failed: u32,
    /// When the first of them happened.
    since: Option<Instant>,
}

impl Attempts {
    pub(crate) fn new(policy: RetryPolicy) -> Self {
        Self {
            policy,
            failed: 0,
            since: None,
        }
    }

    /// Bytes have arrived since the last failure.
    pub(crate) fn moved_on(&mut self) {
        *self = Self::new(self.policy);
    }

    /// Counts the tries so far, the failed one among them.
    pub(crate) fn tries(&self) -> u32 {
        self.failed
    }

    /// Counts a failure, and returns how long to wait before the next try, if there is one.
    pub(crate) fn next_wait(&mut self, retry_after: Option<Duration>) -> Option<Duration> {
        self.failed += 1;
        let since = *self.since.get_or_insert_with(Instant::now);
        if self.failed >= self.policy.max_tries {
            return None;
        }
        let wait = retry_after.unwrap_or_else(|| self.jittered());
        let in_time = since.elapsed().saturating_add(wait) <= self.policy.max_total;
        in_time.then_some(wait)
    }

    fn jittered(&self) -> Duration {
        let doubled = self
            .policy
            .first_wait
            .saturating_mul(1_u32.checked_shl(self.failed - 1).unwrap_or(u32::MAX));
        let whole = doubled.min(self.policy.max_wait);
        let random = mixed(self.policy.jitter_seed ^ u64::from(self.failed));
        // The upper 32 bits as a fraction of 2^32: between half of the wait and all of it.
        let share =
            f64::from(u32::try_from(random >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX);
        whole.mul_f64(0.5 + share / 2.0)
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014): spreads a counter over all bits.
fn mixed(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Reads how long a registry wants to be left alone: seconds, or a date.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now(headers)).unwrap_or_default())
}

/// The registry's own clock where it shows it, for the two may differ; ours otherwise.
fn now(headers: &HeaderMap) -> SystemTime {
    let date = headers.get(reqwest::header::DATE);
    let date = date.and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    date.unwrap_or_else(SystemTime::now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> RetryPolicy {
        RetryPolicy {
            jitter_seed: 7,
            ..RetryPolicy::default()
        }
    }

    fn header(value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert("date", "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap());
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        retry_after(&headers)
    }

    #[test]
    fn waits_double_and_end() {
        let policy = policy();
        let mut attempts = Attempts::new(policy);
        for whole in [500, 1000, 2000, 4000_u64] {
            let wait = attempts.next_wait(None).unwrap();
            let range = Duration::from_millis(whole / 2)..=Duration::from_millis(whole);
            assert!(range.contains(&wait), "{wait:?} for {whole} ms");
        }
        assert_eq!(attempts.next_wait(None), None);
    }

    #[test]
    fn seeds_spread_the_waits() {
        let first = |jitter_seed| {
            let policy = RetryPolicy {
                jitter_seed,
                ..policy()
            };
            Attempts::new(policy).next_wait(None).unwrap()
        };
        assert_ne!(first(1), first(2));
    }

    #[test]
    fn progress_gives_new_tries() {
        let policy = policy();
        let mut attempts = Attempts::new(policy);
        for _ in 0..100 {
            assert!(attempts.next_wait(None).is_some());
            attempts.moved_on();
        }
    }

    #[test]
    fn what_went_well_for_long_takes_no_tries_away() {
        let mut policy = policy();
        policy.max_total = Duration::from_secs(1);
        let mut attempts = Attempts::new(policy);
        assert!(
            attempts.since.is_none(),
            "the clock starts with the first failure"
        );
        assert!(attempts.next_wait(Some(Duration::ZERO)).is_some());
        attempts.moved_on();
        assert!(attempts.since.is_none());
    }

    #[test]
    fn what_the_registry_asks_for_is_waited_unless_it_is_too_long() {
        let policy = policy();
        let wait = |seconds| Attempts::new(policy).next_wait(Some(Duration::from_secs(seconds)));
        assert_eq!(wait(60), Some(Duration::from_secs(60)));
        assert_eq!(wait(301), None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(header("120"), Some(Duration::from_secs(120)));
        assert_eq!(
            header("Sun, 06 Nov 1994 08:50:07 GMT"),
            Some(Duration::from_secs(30))
        );
        let past = "Sun, 06 Nov 1994 08:00:00 GMT";
        assert_eq!(header(past), Some(Duration::ZERO));
        assert_eq!(header("soon"), None);
        assert_eq!(header("-1"), None);
    }
}
