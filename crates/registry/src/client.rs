//! The client and what can be set on it.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use pullstudy_image::Reference;

use crate::transport::Transport;

/// Pulls from container registries.
///
/// Cheap to clone: clones share connections and tokens. Registries that want a token even from anonymous clients
/// (Docker Hub, ghcr.io, Quay) are given one; where credentials are needed, the error says so. Proxies named in the
/// environment are not used.
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
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientOptions {
    /// How long a connection may take to come about. Default: 10 s.
    pub connect_timeout: Duration,
    /// How long the registry may send nothing, before an answer or within one. Default: 30 s.
    ///
    /// Only the time spent waiting counts: a caller who is slow to ask for the next bytes uses none of it up.
    pub stall_timeout: Duration,
    /// How many blobs of one image [`Client::pull_to_layout`] pulls at once. Default: 3, as containerd does.
    pub concurrent_downloads: usize,
    /// Which registries are spoken to without TLS. Default: those on this machine.
    pub plain_http: PlainHttp,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(30),
            concurrent_downloads: 3,
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

impl PlainHttp {
    pub(crate) fn applies_to(self, reference: &Reference) -> bool {
        match self {
            Self::Loopback => reference.is_loopback(),
            Self::Never => false,
            Self::Always => true,
        }
    }
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
