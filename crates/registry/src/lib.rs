//! A client for container registries, and a read-only server of an OCI layout.
//!
//! - [`Client`]: pulls manifests, configs and blobs. A blob comes as a [`BlobStream`], chunk by chunk and unchecked,
//!   so that a caller can time the network apart from the hashing; [`BlobStream::verified`] checks the digest on the
//!   way. [`Client::pull_to_layout`] does the whole image.
//! - [`Client::tags`] and [`Client::referrers`]: lists, whatever pages a registry makes of them.
//!   [`Client::fetch_manifests`]: manifests and configs of many tags, into a [`pullstudy_image::ArchiveWriter`]'s archive.
//! - [`RemoteSource`]: a repository as a [`pullstudy_image::BlobSource`], for producers and checkers that read with
//!   [`std::io::Read`].
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
#![forbid(unsafe_code)]

mod blob;
mod client;
mod digester;
mod fetch;
mod image;
mod layout;
mod link;
mod manifest;
mod referrers;
#[cfg(feature = "server")]
mod server;
mod source;
mod tags;
mod token;
mod transport;
mod whole;

pub use blob::{BlobStream, PullBlobError, VerifiedBlobStream};
pub use bytes::Bytes;
pub use client::{Client, ClientOptions, NewClientError, PlainHttp};
pub use fetch::{FetchManifestsError, FetchOptions, FetchOutcome, FetchProgress, FetchedTag};
pub use image::PullImageError;
pub use layout::{Platforms, PullToLayoutError};
pub use link::next_link;
pub use manifest::PullManifestError;
pub use referrers::ReferrersError;
#[cfg(feature = "server")]
pub use server::{ServeError, Server, ServerHandle, ServerOptions};
pub use source::RemoteSource;
pub use tags::{ListTagsError, near_tags};
pub use transport::TransportError;
