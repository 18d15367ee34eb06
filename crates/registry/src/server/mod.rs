//! A read-only registry over an OCI layout.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::time::Duration;

use pullstudy_image::{Layout, LayoutError};

/// How a [`Server`] behaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerOptions {
    /// How many bytes of bodies all clients together get in a second. Default: as many as go.
    pub bandwidth_bytes_per_second: Option<NonZeroU64>,
    /// How long every request waits before its answer starts. Default: not at all.
    pub latency: Duration,
}

/// A read-only registry that serves the images of an OCI layout.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
}

/// A running [`Server`]. Dropping it stops the server and cuts its connections.
#[derive(Debug)]
pub struct ServerHandle {
    address: SocketAddr,
}

/// Why a layout cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The layout cannot be read.
    #[error("the layout cannot be served")]
    Layout {
        /// Which part of it, and why.
        source: LayoutError,
    },
    /// Another program listens there.
    #[error(
        "{address} is taken by another program; choose another port, or port 0 for any free one"
    )]
    AddressInUse {
        /// What was asked for.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("failed to listen on {address}")]
    Bind {
        /// What was asked for.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

impl Server {
    /// Reads the layout and starts to listen; port 0 takes any free port.
    ///
    /// # Errors
    ///
    /// [`ServeError`].
    pub async fn bind(
        layout: Layout,
        listen: SocketAddr,
        options: ServerOptions,
    ) -> Result<Self, ServeError> {
        todo!("{layout:?} {listen} {options:?}")
    }

    /// Returns the address listened on, with the port chosen.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` ends, then cuts what is still going on.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        shutdown.await;
    }

    /// Serves in the background, on the runtime this is called on.
    pub fn spawn(self) -> ServerHandle {
        ServerHandle {
            address: self.address,
        }
    }
}

impl ServerHandle {
    /// Returns the address listened on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
