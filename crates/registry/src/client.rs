//! The client and what can be set on it.

use std::time::Duration;

/// Pulls from container registries.
///
/// Cheap to clone: clones share connections and tokens.
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) options: ClientOptions,
}

/// How a [`Client`] behaves.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use pullstudy_registry::{ClientOptions, PlainHttp};
///
/// let mut options = ClientOptions::default();
/// assert_eq!(options.plain_http, PlainHttp::Loopback);
/// options.stall_timeout = Duration::from_secs(5);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientOptions {
    /// How long a connection may take to come about. Default: 10 s.
    pub connect_timeout: Duration,
    /// How long the registry may send nothing, before an answer or within one. Default: 30 s.
    pub stall_timeout: Duration,
    /// Which registries are spoken to without TLS.
    pub plain_http: PlainHttp,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(30),
            plain_http: PlainHttp::Loopback,
        }
    }
}

/// Which registries are spoken to in plain HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlainHttp {
    /// Those on this machine: `localhost` and 127.0.0.0/8.
    #[default]
    Loopback,
    /// None.
    Never,
    /// All.
    Always,
}

/// Why no client could be made.
#[derive(Debug, thiserror::Error)]
#[error("failed to set up the registry client")]
#[non_exhaustive]
pub struct NewClientError {
    /// The cause, such as certificates of this machine that cannot be read.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl Client {
    /// Makes a client. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`NewClientError`] when TLS cannot be set up.
    pub fn new(options: ClientOptions) -> Result<Self, NewClientError> {
        Ok(Self { options })
    }
}
