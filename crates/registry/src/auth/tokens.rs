//! What was granted, and what to ask for.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use serde::Deserialize;

/// What a request does, which decides on the token it needs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Access {
    /// Reads the reference's repository.
    Pull,
    /// Writes to it.
    Push,
    /// Writes to it, and reads another of the same registry to mount a blob from.
    Mount {
        /// The other repository.
        from: String,
    },
}

impl Access {
    /// Returns what to ask a token service for.
    ///
    /// # Source
    ///
    /// CNCF distribution, "Token Scope Documentation".
    pub(crate) fn scopes(&self, repository: &str) -> Vec<String> {
        match self {
            Self::Pull => vec![format!("repository:{repository}:pull")],
            Self::Push => vec![format!("repository:{repository}:pull,push")],
            Self::Mount { from } => vec![
                format!("repository:{repository}:pull,push"),
                format!("repository:{from}:pull"),
            ],
        }
    }
}

/// What a token is good for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    registry: String,
    repository: String,
    access: Access,
}

/// The values of `Authorization` that registries have granted.
#[derive(Default)]
pub(crate) struct Tokens {
    granted: Mutex<HashMap<Key, Grant>>,
    /// Held while a token is asked for, so that parallel requests share one answer.
    pub(crate) asking: tokio::sync::Mutex<()>,
}

/// A value of `Authorization`, and when it ends.
#[derive(Clone)]
pub(crate) struct Grant {
    pub(crate) value: HeaderValue,
    ends: Option<Instant>,
}

impl Tokens {
    /// Returns the value to send, unless it has ended or is about to.
    pub(crate) fn known(
        &self,
        registry: &str,
        repository: &str,
        access: &Access,
    ) -> Option<HeaderValue> {
        let granted = self.granted.lock().unwrap_or_else(PoisonError::into_inner);
        let grant = granted.get(&key(registry, repository, access))?;
        let ended = grant.ends.is_some_and(|ends| ends <= Instant::now());
        (!ended).then(|| grant.value.clone())
    }

    pub(crate) fn remember(&self, registry: &str, repository: &str, access: &Access, grant: Grant) {
        let mut granted = self.granted.lock().unwrap_or_else(PoisonError::into_inner);
        granted.insert(key(registry, repository, access), grant);
    }
}

fn key(registry: &str, repository: &str, access: &Access) -> Key {
    Key {
        registry: registry.to_owned(),
        repository: repository.to_owned(),
        access: access.clone(),
    }
}

impl Grant {
    /// Shows name and password with every request.
    pub(crate) fn basic(username: &str, password: &str) -> Self {
        let pair = STANDARD.encode(format!("{username}:{password}"));
        let mut value =
            HeaderValue::from_str(&format!("Basic {pair}")).expect("Base64 fits into a header");
        value.set_sensitive(true);
        Self { value, ends: None }
    }

    /// Reads the answer of a token service. `None` when there is no token in it.
    pub(crate) fn of_token_service(answer: &[u8]) -> Option<Self> {
        let answer: TokenAnswer = serde_json::from_slice(answer).ok()?;
        let token = answer.token.or(answer.access_token)?;
        let mut value = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
        value.set_sensitive(true);
        // Nine tenths of its life, so that it does not end on the way. A service that says nothing is not believed
        // to mean the 60 s of the specification: the registry's 401 tells when it has ended.
        let life = answer
            .expires_in
            .map(|seconds| Duration::from_secs(seconds / 10 * 9));
        Some(Self {
            value,
            ends: life.and_then(|life| Instant::now().checked_add(life)),
        })
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_two_names_and_an_end() {
        let grant = Grant::of_token_service(br#"{"token":"a"}"#).unwrap();
        assert_eq!(grant.value, "Bearer a");
        assert!(grant.value.is_sensitive() && grant.ends.is_none());
        let grant = Grant::of_token_service(br#"{"access_token":"b","expires_in":300}"#).unwrap();
        assert_eq!(grant.value, "Bearer b");
        assert!(grant.ends.is_some());
        let endless = br#"{"token":"c","expires_in":18446744073709551615}"#;
        assert!(Grant::of_token_service(endless).is_some());
        for answer in [b"{}".as_slice(), b"no", br#"{"token":"a\nb"}"#] {
            assert!(Grant::of_token_service(answer).is_none());
        }
    }

    #[test]
    fn a_token_that_has_ended_is_not_sent() {
        let tokens = Tokens::default();
        for (life, known) in [(300, true), (0, false)] {
            let answer = format!(r#"{{"token":"a","expires_in":{life}}}"#);
            let grant = Grant::of_token_service(answer.as_bytes()).unwrap();
            tokens.remember("r", "a", &Access::Pull, grant);
            assert_eq!(tokens.known("r", "a", &Access::Pull).is_some(), known);
        }
        assert!(tokens.known("r", "a", &Access::Push).is_none());
    }

    #[test]
    fn a_mount_reads_the_other_repository() {
        let mount = Access::Mount { from: "b/c".into() };
        assert_eq!(
            mount.scopes("a"),
            ["repository:a:pull,push", "repository:b/c:pull"]
        );
    }
}
