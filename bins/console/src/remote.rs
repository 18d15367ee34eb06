//! Registries as places that blobs are read from.

use std::io::{self, Cursor, Read};
use std::sync::OnceLock;

use pullstudy_image::{BlobSource, Descriptor, Reference, SourceError};
use pullstudy_registry::{Client, RemoteSource};
use tokio::runtime::{Handle, Runtime};

/// Returns the runtime that all connections of a program share.
///
/// # Errors
///
/// An [`io::Error`] when it cannot be started.
pub fn runtime() -> io::Result<Handle> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime.handle().clone());
    }
    let runtime = Runtime::new()?;
    Ok(RUNTIME.get_or_init(|| runtime).handle().clone())
}

/// A repository that gives its manifests as blobs, too.
#[derive(Debug)]
pub struct Repository {
    client: Client,
    reference: Reference,
    runtime: Handle,
    blobs: RemoteSource,
}

impl Repository {
    /// Prepares to read from the reference's repository. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// Those of [`runtime`].
    pub fn open(reference: &Reference, client: Client) -> anyhow::Result<Self> {
        let runtime = runtime()?;
        Ok(Self {
            blobs: RemoteSource::new(client.clone(), reference.clone(), runtime.clone()),
            client,
            reference: reference.clone(),
            runtime,
        })
    }

    /// Asks what the reference stands for.
    ///
    /// # Errors
    ///
    /// Those of [`Client::resolve`].
    pub fn resolve(&self) -> anyhow::Result<Descriptor> {
        Ok(self
            .runtime
            .block_on(self.client.resolve(&self.reference))?)
    }
}

impl BlobSource for Repository {
    /// Registries keep manifests apart from blobs (distribution-spec 1.1, "Pulling manifests").
    fn open(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send + '_>, SourceError> {
        if !descriptor.is_manifest() && !descriptor.is_index() {
            return self.blobs.open(descriptor);
        }
        let document = self
            .runtime
            .block_on(self.client.document(&self.reference, descriptor));
        match document {
            Ok(document) => Ok(Box::new(Cursor::new(document.raw().to_vec()))),
            Err(source) => Err(SourceError::new(
                self.reference.name(),
                descriptor.digest,
                source,
            )),
        }
    }
}
