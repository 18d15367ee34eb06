//! A read-only registry over an OCI layout.

mod answer;
mod catalog;
mod routes;
mod throttle;

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use pullstudy_image::{Layout, LayoutError};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use catalog::Catalog;
use throttle::Bucket;

/// How a [`Server`] behaves.
///
/// # Examples
///
/// ```
/// use std::num::NonZeroU64;
/// use pullstudy_registry::ServerOptions;
///
/// let mut gigabit = ServerOptions::default();
/// gigabit.bandwidth_bytes_per_second = NonZeroU64::new(125_000_000);
/// assert!(gigabit.latency.is_zero());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerOptions {
    /// How many bytes of bodies all clients together get in a second. Default: as many as go.
    ///
    /// Headers are not counted, nor what TCP and IP add (5 % on Ethernet).
    pub bandwidth_bytes_per_second: Option<NonZeroU64>,
    /// How long every request waits before its answer starts. Default: not at all.
    pub latency: Duration,
}

/// A read-only registry that serves the images of an OCI layout.
///
/// - An entry of the layout is served at its repository's path, without the host: `ghcr.io/study/image:1` (from
///   `io.containerd.image.name`) as `study/image:1`. Its manifests and blobs are not there for other repositories.
/// - An entry without that name, as skopeo and umoci write it, has no repository of its own: it is served at every
///   path under its tag, behind the entries that belong there.
/// - Images added to the layout later are served too: `index.json` is looked at for every request.
/// - Blobs can be asked for in ranges. Bodies share one bandwidth, piece by piece in the order they ask for it, so
///   that concurrent downloads get about the same.
///
/// # Source
///
/// OCI distribution-spec 1.1: the endpoints for pulling, for listing tags and for referrers.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    state: Arc<State>,
}

/// What every request needs.
#[derive(Debug)]
struct State {
    catalog: Catalog,
    bucket: Option<Arc<Bucket>>,
    latency: Duration,
}

/// A running [`Server`]. Dropping it stops the server and cuts its connections.
#[derive(Debug)]
pub struct ServerHandle {
    address: SocketAddr,
    task: AbortHandle,
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
    /// There is no authentication: an address other than a loopback one opens the layout to the network.
    ///
    /// # Errors
    ///
    /// [`ServeError`]; a layout whose images cannot all be read is refused, before anyone pulls half of one.
    pub async fn bind(
        layout: Layout,
        listen: SocketAddr,
        options: ServerOptions,
    ) -> Result<Self, ServeError> {
        let catalog = Catalog::new(layout);
        catalog
            .view()
            .await
            .map_err(|source| ServeError::Layout { source })?;
        let failed = |source: io::Error| bind_error(listen, source);
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let bucket = options.bandwidth_bytes_per_second.map(Bucket::new);
        let state = Arc::new(State {
            catalog,
            bucket: bucket.map(Arc::new),
            latency: options.latency,
        });
        Ok(Self {
            listener,
            address,
            state,
        })
    }

    /// Returns the address listened on, with the port chosen.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` ends, then cuts what is still going on. So does dropping the returned future.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        tokio::select! {
            () = shutdown => {}
            () = self.accept() => {}
        }
    }

    /// Serves in the background, on the runtime this is called on.
    ///
    /// # Panics
    ///
    /// Panics outside of a tokio runtime.
    pub fn spawn(self) -> ServerHandle {
        let address = self.address;
        let task = tokio::spawn(self.accept()).abort_handle();
        ServerHandle { address, task }
    }

    async fn accept(mut self) {
        // A set of tasks ends with its owner, and no connection outlives the server.
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                (stream, _) = Listener::accept(&mut self.listener) => {
                    connections.spawn(serve(stream, Arc::clone(&self.state)));
                }
                Some(_) = connections.join_next() => {}
            }
        }
    }
}

async fn serve(stream: TcpStream, state: Arc<State>) {
    // The last piece of a body goes out at once. A failure costs speed alone.
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(routes::router(state));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        // Clients hang up in the middle of a body; that is theirs to report.
        tracing::debug!(%error, "connection ended early");
    }
}

impl ServerHandle {
    /// Returns the address listened on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for ServerHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn bind_error(address: SocketAddr, source: io::Error) -> ServeError {
    if source.kind() == io::ErrorKind::AddrInUse {
        ServeError::AddressInUse { address }
    } else {
        ServeError::Bind { address, source }
    }
}
