//! A client for container registries, and a read-only server of an OCI layout.
//!
//! - [`Client::copy`]: images between registries and layouts, one or all tags, with blobs that move once, are mounted
//!   where possible, and go on where a broken connection or a kill left them.
//! - [`Client::pull_document`], [`Client::config`], [`Client::download`], [`Client::push_document`],
//!   [`Client::start_upload`] and their neighbours: the pieces it is made of.
//! - [`Client::tags`] and [`Client::referrers`]: lists, whatever pages a registry makes of them.
//!   [`Client::fetch_manifests`]: manifests and configs of many tags, into a [`pullstudy_image::ArchiveWriter`]'s archive.
//! - [`Client::blob`]: one request for a blob, chunk by chunk and unchecked, so that a caller can time the network
//!   apart from the hashing; [`BlobStream::verified`] checks the digest on the way.
//! - [`RetryPolicy`], [`CredentialSource`], [`CertificateAuthority`], [`Observer`]: how the client deals with failures,
//!   with those who want to know who it is, and with those who want to know how far it is.
//! - [`RemoteSource`], [`RemoteSink`]: a repository as a [`pullstudy_image::BlobSource`] and a
//!   [`pullstudy_image::BlobSink`], for producers and checkers that read and write with [`std::io`].
//! - `Server` (feature `server`): a layout served at a shared bandwidth and with a latency of one's choice.
//!
//! ```
//! use pullstudy_image::{Index, LayoutWriter, Reference, Tag};
//! use pullstudy_registry::{Client, ClientOptions, Server, ServerOptions};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let dir = tempfile::tempdir()?;
//! let writer = LayoutWriter::create(dir.path())?;
//! let index = Index::new(&[]);
//! writer.put_blob(index.raw())?;
//! writer.put_tags(&[Tag::new("ghcr.io/study/empty:1".parse()?, index.descriptor())])?;
//!
//! let layout = writer.layout().clone();
//! let server = Server::bind(layout, "127.0.0.1:0".parse()?, ServerOptions::default()).await?.spawn();
//! let reference: Reference = format!("{}/study/empty:1", server.address()).parse()?;
//!
//! let client = Client::new(ClientOptions::default())?;
//! assert_eq!(client.resolve(&reference).await?.digest, index.digest());
//! # Ok(())
//! # }
//! ```
//!
//! # Errors
//!
//! Each operation has an error of its own, such as [`PullManifestError`]; below it lies a [`TransportError`] where a
//! registry could not be reached or said no. Tries are repeated as [`RetryPolicy`] says before an error is returned.
//!
//! # Links
//!
//! [Registries](https://github.com/pullstudy/pullstudy/blob/main/docs/registries.md) says what is asked of a registry and how failures are met; the protocol is the
//! [distribution specification](https://github.com/opencontainers/distribution-spec).
#![forbid(unsafe_code)]

mod auth;
mod blob;
mod certificate;
mod client;
mod copy;
mod download;
mod feed;
mod fetch;
mod image;
mod link;
mod manifest;
mod observer;
mod push;
mod rate_limit;
mod referrers;
mod retry;
#[cfg(feature = "server")]
mod server;
mod sink;
mod source;
mod tags;
mod transport;
mod upload;
mod whole;

pub use auth::{
    Anonymous, Challenge, Credential, CredentialError, CredentialSource, DockerConfig,
    OneCredential, ReadDockerConfigError, Secret,
};
pub use blob::{BlobStream, PullBlobError, VerifiedBlobStream};
pub use bytes::Bytes;
pub use certificate::{CertificateAuthority, CertificateError};
pub use client::{Client, ClientOptions, NewClientError, PlainHttp};
pub use copy::{Copied, CopyError, CopyJob, CopySource, CopyTarget, LayoutImage, Platforms};
pub use download::Download;
pub use feed::FeedError;
pub use fetch::{FetchManifestsError, FetchOptions, FetchOutcome, FetchProgress, FetchedTag};
pub use image::PullImageError;
pub use link::next_link;
pub use manifest::PullManifestError;
pub use observer::{BlobOutcome, Observer, TransferEvent};
pub use push::{PushBlobError, PushManifestError};
pub use rate_limit::RateLimit;
pub use referrers::ReferrersError;
pub use retry::RetryPolicy;
#[cfg(feature = "server")]
pub use server::{ServeError, Server, ServerHandle, ServerOptions};
pub use sink::{RemoteSink, TagError};
pub use source::RemoteSource;
pub use tags::{ListTagsError, near_tags};
pub use transport::TransportError;
pub use upload::Upload;
