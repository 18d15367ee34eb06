//! Requests, and the ways they fail.

use std::error::Error;
use std::time::Duration;

/// Why a registry did not give what was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// No connection came about: unknown host, refused, bad certificate.
    #[error("cannot connect")]
    Connect {
        /// The cause.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The registry sent nothing for too long.
    #[error("no bytes arrived for {} s", waited.as_secs_f64())]
    Stalled {
        /// How long that was.
        waited: Duration,
    },
    /// The connection broke, or what came was no HTTP.
    #[error("the connection broke")]
    Interrupted {
        /// The cause.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The registry answered with a failure.
    #[error("the registry answered with status {status}{}", message.as_ref().map(|message| format!(": {message}")).unwrap_or_default())]
    #[non_exhaustive]
    Status {
        /// The HTTP status.
        status: u16,
        /// The code of the first error in the answer, such as `DENIED`.
        code: Option<String>,
        /// The message of the first error in the answer.
        message: Option<String>,
    },
    /// The registry wants credentials, or refuses those it got.
    #[error("the registry denies access; it wants credentials, or there is no such repository")]
    Unauthorized {
        /// What its token service said, if it was asked.
        source: Option<Box<dyn Error + Send + Sync>>,
    },
}

impl TransportError {
    /// Tells whether the same request may succeed later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::Stalled { .. } | Self::Interrupted { .. } => true,
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500..=599),
            Self::Unauthorized { .. } => false,
        }
    }
}
