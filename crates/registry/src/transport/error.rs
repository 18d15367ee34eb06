//! The ways a request fails.

use std::error::Error;
use std::time::Duration;

use crate::CredentialError;

/// Why a registry did not give what was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// No connection came about: unknown host, refused, bad certificate.
    #[error("cannot connect to {registry}")]
    Connect {
        /// The registry's host and port.
        registry: String,
        /// The cause.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The registry sent nothing, or took nothing, for too long.
    #[error("{registry} was silent for {} s", waited.as_secs_f64())]
    Stalled {
        /// The registry's host and port.
        registry: String,
        /// How long that was.
        waited: Duration,
    },
    /// The connection broke, or what came was no HTTP.
    #[error("the connection to {registry} broke")]
    Interrupted {
        /// The registry's host and port.
        registry: String,
        /// The cause.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The registry answered with a failure.
    #[error("{registry} answered with status {status}{}{}", said(message.as_deref()), asked(*retry_after))]
    #[non_exhaustive]
    Status {
        /// The registry's host and port.
        registry: String,
        /// The HTTP status.
        status: u16,
        /// The code of the first error in the answer, such as `DENIED`.
        code: Option<String>,
        /// The message of the first error in the answer.
        message: Option<String>,
        /// How long the registry wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// The registry's answer lacks what the protocol wants in it, or contradicts it.
    #[error("{registry} answered against the protocol: {problem}")]
    #[non_exhaustive]
    Protocol {
        /// The registry's host and port.
        registry: String,
        /// What is wrong with the answer.
        problem: &'static str,
    },
    /// The registry wants credentials, and there are none.
    #[error(
        "{registry} gives no access without credentials, or has no such repository; `docker login {registry}` keeps some"
    )]
    NoCredentials {
        /// The registry's host and port.
        registry: String,
    },
    /// The registry, or its token service, refuses the credentials.
    #[error("{registry} refuses the credentials{}", of_user(username.as_deref()))]
    Unauthorized {
        /// The registry's host and port.
        registry: String,
        /// Whose they are, where they have a name.
        username: Option<String>,
    },
    /// The credentials for the registry could not be had.
    #[error("cannot log in to {registry}")]
    Credentials {
        /// The registry's host and port.
        registry: String,
        /// The cause.
        source: CredentialError,
    },
    /// It failed again and again.
    #[error("gave up after {tries} tries")]
    GaveUp {
        /// How often it was tried.
        tries: u32,
        /// The last failure.
        source: Box<TransportError>,
    },
}

impl TransportError {
    /// Tells whether the same request may succeed later: after a broken, refused or stalled connection, and for the
    /// statuses 408, 429 and 5xx (but 501). Certificates that are not trusted and hosts that nobody knows stay so.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Connect { source, .. } => !is_lasting(source.as_ref()),
            Self::Stalled { .. } | Self::Interrupted { .. } => true,
            // 501 says that the registry does not know the request: it will not learn it in a minute.
            Self::Status { status, .. } => {
                matches!(status, 408 | 429 | 500..=599) && *status != 501
            }
            Self::GaveUp { source, .. } => source.is_retryable(),
            Self::Protocol { .. }
            | Self::NoCredentials { .. }
            | Self::Unauthorized { .. }
            | Self::Credentials { .. } => false,
        }
    }

    pub(crate) fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// Returns the HTTP status, if the registry answered with a failure.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(*status),
            Self::GaveUp { source, .. } => source.status(),
            _ => None,
        }
    }

    /// Tells whether no connection came about.
    pub(crate) fn is_out_of_reach(&self) -> bool {
        match self {
            Self::Connect { .. } => true,
            Self::GaveUp { source, .. } => source.is_out_of_reach(),
            _ => false,
        }
    }

    pub(crate) fn is_unknown_authority(&self) -> bool {
        matches!(self, Self::Connect { source, .. } if source.to_string().contains(UNKNOWN_AUTHORITY))
    }

    /// Says which authority is not trusted.
    pub(crate) fn naming(self, authority: Option<String>) -> Self {
        match (self, authority) {
            (Self::Connect { registry, .. }, Some(authority)) => Self::Connect {
                registry,
                source: format!(
                    "{CERTIFICATE}: {UNKNOWN_AUTHORITY}, {authority:?}; give that authority's certificate"
                )
                .into(),
            },
            (error, _) => error,
        }
    }

    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Status { code, .. } => code.as_deref(),
            _ => None,
        }
    }

    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    pub(crate) fn of_request(registry: &str, error: &reqwest::Error) -> Self {
        let registry = registry.to_owned();
        let source = root_cause(error);
        if error.is_connect() {
            let source = explained(source);
            Self::Connect { registry, source }
        } else {
            Self::Interrupted { registry, source }
        }
    }
}

fn said(message: Option<&str>) -> String {
    message.map_or(String::new(), |message| format!(": {message}"))
}

fn asked(retry_after: Option<Duration>) -> String {
    retry_after.map_or(String::new(), |wait| {
        format!("; it asks to wait {} s", wait.as_secs())
    })
}

fn of_user(username: Option<&str>) -> String {
    username.map_or(String::new(), |name| format!(" of {name}"))
}

/// Keeps the innermost error, which says what happened; those around it only say that a request failed.
pub(crate) fn root_cause(error: &dyn Error) -> Box<dyn Error + Send + Sync> {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string().into()
}

/// How rustls begins what it says of a certificate.
const CERTIFICATE: &str = "invalid peer certificate";

const UNKNOWN_AUTHORITY: &str = "this machine does not trust the authority that signed it";

/// What the system says of a host that no name server knows. One that cannot be asked at the moment is told otherwise.
const UNKNOWN_HOST: &str = "Name or service not known";

/// Tells whether waiting is of no use.
fn is_lasting(cause: &(dyn Error + Send + Sync)) -> bool {
    let text = cause.to_string();
    [CERTIFICATE, UNKNOWN_HOST, NO_TLS, "invalid port"]
        .iter()
        .any(|lasting| text.contains(lasting))
}

/// What rustls says when the other side speaks no TLS.
const NO_TLS: &str = "InvalidContentType";

/// Says in words what a certificate lacks.
fn explained(cause: Box<dyn Error + Send + Sync>) -> Box<dyn Error + Send + Sync> {
    let text = cause.to_string();
    // A certificate whose authority has the name of a trusted one fails by its signature.
    if text.contains("UnknownIssuer") || text.contains("BadSignature") {
        return format!("{CERTIFICATE}: {UNKNOWN_AUTHORITY}; give the authority's certificate")
            .into();
    }
    if text.contains(NO_TLS) {
        return format!("{text}: it seems to speak plain HTTP, which must be allowed").into();
    }
    cause
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16) -> TransportError {
        TransportError::Status {
            registry: "r".into(),
            status,
            code: None,
            message: None,
            retry_after: None,
        }
    }

    #[test]
    fn what_may_pass_is_retried() {
        for retried in [408, 429, 500, 502, 503] {
            assert!(status(retried).is_retryable(), "{retried}");
        }
        for given_up in [400, 401, 403, 404, 416, 501] {
            assert!(!status(given_up).is_retryable(), "{given_up}");
        }
    }

    #[test]
    fn certificates_and_unknown_hosts_do_not_get_better() {
        let connect = |source: &str| TransportError::Connect {
            registry: "r".into(),
            source: source.into(),
        };
        assert!(connect("Connection refused (os error 111)").is_retryable());
        assert!(!connect("invalid peer certificate: UnknownIssuer").is_retryable());
        let unknown = "failed to lookup address information: Name or service not known";
        assert!(!connect(unknown).is_retryable());
        let busy = "failed to lookup address information: Temporary failure in name resolution";
        assert!(connect(busy).is_retryable());
        let explained = explained("invalid peer certificate: UnknownIssuer".into());
        assert!(
            explained
                .to_string()
                .contains("give the authority's certificate")
        );
    }

    #[test]
    fn a_sentence_has_what_is_known() {
        let error = TransportError::Status {
            registry: "r".into(),
            status: 429,
            code: None,
            message: Some("slow down".into()),
            retry_after: Some(Duration::from_secs(3600)),
        };
        assert_eq!(
            error.to_string(),
            "r answered with status 429: slow down; it asks to wait 3600 s"
        );
    }
}
