//! What a registry says of its rate limit.

use std::fmt;
use std::time::Duration;

use reqwest::header::HeaderMap;

/// How many requests a registry still allows, by its own word.
///
/// # Source
///
/// The headers `RateLimit-Limit` and `RateLimit-Remaining` of draft-ietf-httpapi-ratelimit-headers-03, which Docker Hub
/// sends with every manifest (`100;w=21600`: 100 in six hours).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// How many requests a window allows.
    pub limit: u64,
    /// How many are left.
    pub remaining: u64,
    /// How long a window is, where the registry says so.
    pub window: Option<Duration>,
}

impl RateLimit {
    pub(crate) fn read(headers: &HeaderMap) -> Option<Self> {
        let text = |name| headers.get(name)?.to_str().ok();
        let (limit, window) = quota(text("ratelimit-limit")?)?;
        let (remaining, _) = quota(text("ratelimit-remaining")?)?;
        Some(Self {
            limit,
            remaining,
            window,
        })
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} requests left", self.remaining, self.limit)?;
        match self.window {
            Some(window) => write!(f, " in {} min", window.as_secs().div_ceil(60)),
            None => Ok(()),
        }
    }
}

/// Reads `100;w=21600`; of several quotas in one header the first.
fn quota(text: &str) -> Option<(u64, Option<Duration>)> {
    let first = text.split(',').next()?;
    let mut parts = first.split(';').map(str::trim);
    let amount = parts.next()?.parse().ok()?;
    let window = parts.find_map(|part| part.strip_prefix("w=")?.parse().ok());
    Some((amount, window.map(Duration::from_secs)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(limit: &str, remaining: &str) -> Option<RateLimit> {
        let mut headers = HeaderMap::new();
        headers.insert("ratelimit-limit", limit.parse().unwrap());
        headers.insert("ratelimit-remaining", remaining.parse().unwrap());
        RateLimit::read(&headers)
    }

    #[test]
    fn docker_hub_is_understood() {
        let limit = read("100;w=21600", "76;w=21600").unwrap();
        assert_eq!(limit.to_string(), "76 of 100 requests left in 360 min");
    }

    #[test]
    fn others_say_less() {
        assert_eq!(
            read("10", "0").unwrap().to_string(),
            "0 of 10 requests left"
        );
        assert_eq!(read("many", "0"), None);
        assert_eq!(RateLimit::read(&HeaderMap::new()), None);
    }
}
