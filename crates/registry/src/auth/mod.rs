//! Who the client is to registries: credentials, and the tokens they are exchanged for.

mod challenge;
mod docker_config;
mod helper;
mod tokens;

use std::error::Error;
use std::fmt;

pub use challenge::Challenge;
pub use docker_config::{DockerConfig, ReadDockerConfigError};
pub(crate) use tokens::{Access, Grant, Tokens};

/// A text that must not be seen: its `Debug` says nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret. An ending newline, as a piped file has one, is not part of it.
    pub fn new(text: impl Into<String>) -> Self {
        let mut text = text.into();
        text.truncate(text.trim_end_matches(['\r', '\n']).len());
        Self(text)
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

/// What a client shows a registry to be let in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// A name and a password, or an access token in its place.
    #[non_exhaustive]
    Password {
        /// The name.
        username: String,
        /// The password.
        password: Secret,
    },
    /// A refresh token that a token service exchanges for access tokens (OAuth 2, RFC 6749, section 6).
    IdentityToken(Secret),
}

impl Credential {
    /// Takes a name and a password.
    pub fn password(username: impl Into<String>, password: Secret) -> Self {
        Self::Password {
            username: username.into(),
            password,
        }
    }
}

/// Where credentials come from. Asked once a registry, when it first wants some.
///
/// The call may block: it runs on a thread of its own.
pub trait CredentialSource: Send + Sync + fmt::Debug {
    /// Returns the credential for a registry (host, and port if it is written), or nothing.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] when there may be one that cannot be had.
    fn credential(&self, registry: &str) -> Result<Option<Credential>, CredentialError>;
}

/// Why a credential could not be had.
#[derive(Debug, thiserror::Error)]
#[error("failed to get the credentials for {registry} from {place}")]
#[non_exhaustive]
pub struct CredentialError {
    /// The registry's host and port.
    pub registry: String,
    /// Where they should be: a file, or a credential helper.
    pub place: String,
    /// The cause.
    pub source: Box<dyn Error + Send + Sync>,
}

impl CredentialError {
    /// Names the registry, the place and the cause.
    pub fn new(
        registry: impl Into<String>,
        place: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self {
            registry: registry.into(),
            place: place.into(),
            source: source.into(),
        }
    }
}

/// No credentials at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Anonymous;

impl CredentialSource for Anonymous {
    fn credential(&self, _: &str) -> Result<Option<Credential>, CredentialError> {
        Ok(None)
    }
}

/// One credential for one registry; what another source says for others.
#[derive(Clone, Debug)]
pub struct OneCredential<S = Anonymous> {
    registry: String,
    credential: Credential,
    others: S,
}

impl<S> OneCredential<S> {
    /// Uses `credential` for `registry` (host, and port if references write it), and asks `others` for the rest.
    pub fn new(registry: impl Into<String>, credential: Credential, others: S) -> Self {
        Self {
            registry: registry.into(),
            credential,
            others,
        }
    }
}

impl<S: CredentialSource> CredentialSource for OneCredential<S> {
    fn credential(&self, registry: &str) -> Result<Option<Credential>, CredentialError> {
        if registry == self.registry {
            return Ok(Some(self.credential.clone()));
        }
        self.others.credential(registry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_print() {
        let credential = Credential::password("me", Secret::new("hunter2\n"));
        assert_eq!(
            format!("{credential:?}"),
            r#"Password { username: "me", password: <secret> }"#
        );
        assert_eq!(Secret::new("hunter2\r\n"), Secret::new("hunter2"));
    }

    #[test]
    fn a_credential_is_for_its_registry_alone() {
        let credential = Credential::password("me", Secret::new("hunter2"));
        let source = OneCredential::new("127.0.0.1:5000", credential.clone(), Anonymous);
        assert_eq!(
            source.credential("127.0.0.1:5000").unwrap(),
            Some(credential)
        );
        assert_eq!(source.credential("127.0.0.1:5001").unwrap(), None);
    }
}
