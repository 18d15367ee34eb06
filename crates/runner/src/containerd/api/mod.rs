//! containerd's own gRPC API and its CRI, on one socket: a call each, no meaning.

mod calls;
mod codec;
pub(super) mod cri_messages;
pub(super) mod messages;

use std::io;
use std::path::Path;

use prost::Message;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status, Streaming};

use codec::Prost;

/// The namespace of the CRI: what a kubelet pulls is there.
pub(super) const CRI_NAMESPACE: &str = "k8s.io";

/// containerd's own limit; a node with many images has long answers.
const LARGEST_MESSAGE_BYTES: usize = 16 << 20;

/// A connection to one containerd, for one of its namespaces; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Api {
    channel: Channel,
    namespace: String,
}

/// containerd did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[error("{method}: {message}")]
pub(super) struct ApiError {
    /// The call, such as `images.v1.Images/Delete`.
    method: String,
    code: Code,
    message: String,
}

impl ApiError {
    fn new(path: &str, status: &Status) -> Self {
        Self {
            method: short(path),
            code: status.code(),
            message: status.message().to_owned(),
        }
    }

    /// Says that what is asked for is not there.
    pub(super) fn is_not_found(&self) -> bool {
        self.code == Code::NotFound
    }

    /// Returns what a kubelet makes of it.
    pub(super) fn as_kubelet_says(&self) -> String {
        format!("rpc error: code = {:?} desc = {}", self.code, self.message)
    }

    /// Returns what containerd said.
    pub(super) fn message(&self) -> &str {
        &self.message
    }
}

/// `/containerd.services.images.v1.Images/Delete` is `images.v1.Images/Delete`.
fn short(path: &str) -> String {
    let path = path.trim_start_matches('/');
    let path = path.trim_start_matches("containerd.services.");
    path.to_owned()
}

impl Api {
    /// Connects to a socket.
    pub(super) async fn connect(address: &Path, namespace: &str) -> io::Result<Self> {
        // Tried by hand first: tonic's own error does not tell a missing socket from a closed one.
        drop(tokio::net::UnixStream::connect(address).await?);
        let uri = format!("unix://{}", address.display());
        let endpoint = Endpoint::from_shared(uri).map_err(io::Error::other)?;
        Ok(Self {
            channel: endpoint.connect_lazy(),
            namespace: namespace.to_owned(),
        })
    }

    pub(super) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Returns the same connection for another namespace.
    pub(super) fn in_namespace(&self, namespace: &str) -> Self {
        Self {
            channel: self.channel.clone(),
            namespace: namespace.to_owned(),
        }
    }

    async fn call<Q, R>(&self, path: &'static str, message: Q) -> Result<R, ApiError>
    where
        Q: Message + 'static,
        R: Message + Default + 'static,
    {
        let mut grpc = self.ready(path).await?;
        let request = self.request(path, message)?;
        let path_and_query = PathAndQuery::from_static(path);
        let answer = grpc.unary(request, path_and_query, Prost::<Q, R>::default());
        match answer.await {
            Ok(response) => Ok(response.into_inner()),
            Err(status) => Err(ApiError::new(path, &status)),
        }
    }

    async fn stream<Q, R>(&self, path: &'static str, message: Q) -> Result<Answers<R>, ApiError>
    where
        Q: Message + 'static,
        R: Message + Default + 'static,
    {
        let mut grpc = self.ready(path).await?;
        let request = self.request(path, message)?;
        let path_and_query = PathAndQuery::from_static(path);
        let answer = grpc.server_streaming(request, path_and_query, Prost::<Q, R>::default());
        match answer.await {
            Ok(response) => Ok(Answers {
                path,
                stream: response.into_inner(),
            }),
            Err(status) => Err(ApiError::new(path, &status)),
        }
    }

    async fn ready(&self, path: &'static str) -> Result<Grpc<Channel>, ApiError> {
        let grpc = Grpc::new(self.channel.clone());
        let mut grpc = grpc.max_decoding_message_size(LARGEST_MESSAGE_BYTES);
        let is_ready = grpc.ready().await;
        is_ready.map_err(|error| {
            let mut text = error.to_string();
            let mut cause = std::error::Error::source(&error);
            while let Some(error) = cause {
                text = format!("{text}: {error}");
                cause = error.source();
            }
            ApiError::new(path, &Status::unavailable(text))
        })?;
        Ok(grpc)
    }

    fn request<Q>(&self, path: &str, message: Q) -> Result<Request<Q>, ApiError> {
        let mut request = Request::new(message);
        let namespace = self.namespace.parse();
        let namespace = namespace
            .map_err(|_| ApiError::new(path, &Status::invalid_argument("bad namespace")))?;
        request
            .metadata_mut()
            .insert("containerd-namespace", namespace);
        Ok(request)
    }
}

/// A call's answers, one after the other.
pub(super) struct Answers<R> {
    path: &'static str,
    stream: Streaming<R>,
}

impl<R> Answers<R> {
    /// Waits for the next one; none when there are no more.
    pub(super) async fn next(&mut self) -> Result<Option<R>, ApiError> {
        let next = self.stream.message().await;
        next.map_err(|status| ApiError::new(self.path, &status))
    }
}
