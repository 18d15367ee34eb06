//! The client and what can be set on it.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::transport::Transport;
use crate::{Anonymous, CertificateAuthority, CredentialSource, Observer, RateLimit, RetryPolicy};

/// Pulls from container registries, pushes to them, and copies between them.
///
/// Cheap to clone: clones share connections and tokens. Registries that want a token even from anonymous clients
/// (Docker Hub, ghcr.io, Quay) are given one. Proxies named in the environment are not used.
#[derive(Clone)]
pub struct Client {
    pub(crate) transport: Arc<Transport>,
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
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientOptions {
    /// How long a connection may take to come about. Default: 10 s.
    pub connect_timeout: Duration,
    /// How long the registry may send nothing, or take nothing. Default: 30 s.
    ///
    /// Only the time spent waiting counts: a caller who is slow to ask for the next bytes uses none of it up.
    pub stall_timeout: Duration,
    /// How long the registry may take to store what it has received whole. Default: 5 min: some copy it first.
    pub commit_timeout: Duration,
    /// How many blobs are moved at once. Default: 4.
    pub concurrent_transfers: usize,
    /// How many ranges of one large blob are pulled at once, each of 4 MiB, held in memory. Default: 1.
    ///
    /// More helps where one connection does not fill the line, as with registries that slow each one down.
    pub ranges_per_blob: usize,
    /// How much of a blob that is still being made is gathered for one request. Default: 4 MiB, the most that ghcr.io
    /// takes. A registry that asks for more (`OCI-Chunk-Min-Length`) is given that, up to 64 MiB.
    pub chunk_bytes: usize,
    /// Which registries are spoken to without TLS. Default: those on this machine.
    pub plain_http: PlainHttp,
    /// Authorities to trust beyond those of this machine. Default: none.
    pub certificate_authorities: Vec<CertificateAuthority>,
    /// Where credentials come from. Default: nowhere.
    pub credentials: Arc<dyn CredentialSource>,
    /// When a failed request is sent again.
    pub retry: RetryPolicy,
    /// Who hears what happens. Default: nobody.
    pub observer: Observer,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(30),
            commit_timeout: Duration::from_secs(300),
            concurrent_transfers: 4,
            ranges_per_blob: 1,
            chunk_bytes: 4 << 20,
            plain_http: PlainHttp::Loopback,
            certificate_authorities: Vec::new(),
            credentials: Arc::new(Anonymous),
            retry: RetryPolicy::default(),
            observer: Observer::default(),
        }
    }
}

/// Which registries are spoken to in plain HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlainHttp {
    /// Those on this machine, `localhost` and 127.0.0.0/8, unless [`ClientOptions::certificate_authorities`] has one.
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
    pub source: Box<dyn Error + Send + Sync>,
}

impl Client {
    /// Makes a client. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`NewClientError`] when TLS cannot be set up.
    pub fn new(options: ClientOptions) -> Result<Self, NewClientError> {
        let transport = Arc::new(Transport::new(options)?);
        Ok(Self { transport })
    }

    /// Returns a client that shares tokens and credentials with this one, but no connection; nothing if it cannot be made.
    pub(crate) fn with_own_connections(&self) -> Option<Self> {
        let transport = Arc::new(self.transport.with_own_connections().ok()?);
        Some(Self { transport })
    }

    /// Returns what a registry (host, and port if references write it) last said of its rate limit.
    pub fn rate_limit(&self, registry: &str) -> Option<RateLimit> {
        self.transport.rate_limit(registry)
    }

    pub(crate) fn options(&self) -> &ClientOptions {
        self.transport.options()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Connections and tokens are left out: the ones tell nothing, the others are secrets.
        f.debug_struct("Client")
            .field("options", self.options())
            .finish_non_exhaustive()
    }
}
