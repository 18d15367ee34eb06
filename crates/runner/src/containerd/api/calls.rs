//! The calls that are needed here.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::sleep;

use super::cri_messages::{
    CreateContainerRequest, Id, Ids, Image, ImageSpec, ImageStatusRequest, ImageStatusResponse,
    ListSandboxesRequest, PodSandboxConfig, PullImageRequest, PullImageResponse,
    RunPodSandboxRequest, SandboxFilter, StatusRequest, StatusResponse,
};
use super::messages::{
    Any, Blob, BlobResponse, BlobsResponse, DeleteImageRequest, DeleteLeaseRequest, DigestRequest,
    Empty, Envelope, Filters, ImageName, ImagesResponse, Ingest, IngestsResponse,
    ListSnapshotsRequest, Namespace, NamespaceMessage, NamespacesResponse, Plugin, PluginsResponse,
    PublishRequest, ReadResponse, Snapshot, SnapshotsResponse, VersionResponse,
};
use super::{Answers, Api, ApiError};

/// How often the removal of a sandbox is tried, and the pause between.
const REMOVALS: u32 = 20;
const REMOVAL_PAUSE: Duration = Duration::from_millis(250);

impl Api {
    /// Returns containerd's version, such as `1.6.20~ds1`.
    pub(crate) async fn version(&self) -> Result<String, ApiError> {
        let path = "/containerd.services.version.v1.Version/Version";
        let response: VersionResponse = self.call(path, Empty {}).await?;
        Ok(response.version)
    }

    pub(crate) async fn plugins(&self) -> Result<Vec<Plugin>, ApiError> {
        let path = "/containerd.services.introspection.v1.Introspection/Plugins";
        let response: PluginsResponse = self.call(path, Filters::default()).await?;
        Ok(response.plugins)
    }

    pub(crate) async fn namespaces(&self) -> Result<Vec<String>, ApiError> {
        let path = "/containerd.services.namespaces.v1.Namespaces/List";
        let response: NamespacesResponse = self.call(path, Empty {}).await?;
        let namespaces = response.namespaces.into_iter();
        Ok(namespaces.map(|namespace| namespace.name).collect())
    }

    /// Makes this connection's namespace, where it is not there.
    pub(crate) async fn make_namespace(&self) -> Result<(), ApiError> {
        let path = "/containerd.services.namespaces.v1.Namespaces/Create";
        let name = self.namespace.clone();
        let namespace = Some(Namespace { name });
        if !self.namespaces().await?.contains(&self.namespace) {
            let _: Empty = self.call(path, NamespaceMessage { namespace }).await?;
        }
        Ok(())
    }

    /// Removes this connection's namespace; refused by containerd unless it is empty.
    pub(crate) async fn remove_namespace(&self) -> Result<(), ApiError> {
        let path = "/containerd.services.namespaces.v1.Namespaces/Delete";
        let name = self.namespace.clone();
        let _: Empty = self.call(path, Namespace { name }).await?;
        Ok(())
    }

    /// Returns all blobs of the namespace.
    pub(crate) async fn blobs(&self) -> Result<Vec<Blob>, ApiError> {
        let path = "/containerd.services.content.v1.Content/List";
        let mut answers: Answers<BlobsResponse> = self.stream(path, Filters::default()).await?;
        let mut blobs = Vec::new();
        while let Some(answer) = answers.next().await? {
            blobs.extend(answer.info);
        }
        Ok(blobs)
    }

    /// Returns a blob of the namespace; none if it is not there.
    pub(crate) async fn blob(&self, digest: &str) -> Result<Option<Blob>, ApiError> {
        let path = "/containerd.services.content.v1.Content/Info";
        let digest = digest.to_owned();
        let answer: Result<BlobResponse, _> = self.call(path, DigestRequest { digest }).await;
        match answer {
            Ok(response) => Ok(response.info),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns the content of a small blob.
    pub(crate) async fn read(&self, digest: &str) -> Result<Vec<u8>, ApiError> {
        let path = "/containerd.services.content.v1.Content/Read";
        let digest = digest.to_owned();
        let mut answers: Answers<ReadResponse> =
            self.stream(path, DigestRequest { digest }).await?;
        let mut content = Vec::new();
        while let Some(answer) = answers.next().await? {
            content.extend(answer.data);
        }
        Ok(content)
    }

    /// Returns what is being fetched.
    pub(crate) async fn ingests(&self) -> Result<Vec<Ingest>, ApiError> {
        let path = "/containerd.services.content.v1.Content/ListStatuses";
        let response: IngestsResponse = self.call(path, Filters::default()).await?;
        Ok(response.statuses)
    }

    /// Returns the ids of all containers in the namespace.
    pub(crate) async fn containers(&self) -> Result<Vec<String>, ApiError> {
        let path = "/containerd.services.containers.v1.Containers/List";
        let response: Ids = self.call(path, Filters::default()).await?;
        Ok(response.items.into_iter().map(|item| item.id).collect())
    }

    /// Removes all leases of the namespace, and what only they held.
    pub(crate) async fn remove_leases(&self) -> Result<(), ApiError> {
        let path = "/containerd.services.leases.v1.Leases/List";
        let response: Ids = self.call(path, Filters::default()).await?;
        let path = "/containerd.services.leases.v1.Leases/Delete";
        for Id { id } in response.items {
            let request = DeleteLeaseRequest { id, sync: true };
            let _: Empty = self.call(path, request).await?;
        }
        Ok(())
    }

    /// Returns all names of images in the namespace.
    pub(crate) async fn images(&self) -> Result<Vec<ImageName>, ApiError> {
        let path = "/containerd.services.images.v1.Images/List";
        let response: ImagesResponse = self.call(path, Filters::default()).await?;
        Ok(response.images)
    }

    /// Removes a name; what nothing needs any more is gone when this returns.
    pub(crate) async fn remove_image(&self, name: &str) -> Result<(), ApiError> {
        let path = "/containerd.services.images.v1.Images/Delete";
        let request = DeleteImageRequest {
            name: name.to_owned(),
            sync: true,
        };
        match self.call::<_, Empty>(path, request).await {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }

    pub(crate) async fn snapshots(&self, snapshotter: &str) -> Result<Vec<Snapshot>, ApiError> {
        let path = "/containerd.services.snapshots.v1.Snapshots/List";
        let request = ListSnapshotsRequest {
            snapshotter: snapshotter.to_owned(),
        };
        let mut answers: Answers<SnapshotsResponse> = self.stream(path, request).await?;
        let mut snapshots = Vec::new();
        while let Some(answer) = answers.next().await? {
            snapshots.extend(answer.info);
        }
        Ok(snapshots)
    }

    /// Opens the stream of events of which one filter holds. The answer comes with the first event.
    pub(crate) async fn subscribe(
        &self,
        filters: Vec<String>,
    ) -> Result<Answers<Envelope>, ApiError> {
        let path = "/containerd.services.events.v1.Events/Subscribe";
        self.stream(path, Filters { filters }).await
    }

    /// Sends an event that says nothing to all who listen for the topic.
    pub(crate) async fn publish(&self, topic: String) -> Result<(), ApiError> {
        let path = "/containerd.services.events.v1.Events/Publish";
        let event = Some(Any {
            type_url: "google.protobuf.Empty".to_owned(),
            value: Vec::new(),
        });
        let _: Empty = self.call(path, PublishRequest { topic, event }).await?;
        Ok(())
    }

    /// Pulls as a kubelet does.
    pub(crate) async fn cri_pull(
        &self,
        image: &str,
        sandbox_config: Option<PodSandboxConfig>,
    ) -> Result<(), ApiError> {
        let request = PullImageRequest {
            image: Some(spec(image)),
            sandbox_config,
        };
        let path = "/runtime.v1.ImageService/PullImage";
        let _: PullImageResponse = self.call(path, request).await?;
        Ok(())
    }

    /// Returns what the CRI knows of an image; none if it is not there.
    pub(crate) async fn cri_image(&self, image: &str) -> Result<Option<Image>, ApiError> {
        let path = "/runtime.v1.ImageService/ImageStatus";
        let image = Some(spec(image));
        let response: ImageStatusResponse = self.call(path, ImageStatusRequest { image }).await?;
        Ok(response.image)
    }

    /// Returns the settings of the CRI, as JSON.
    pub(crate) async fn cri_settings(&self) -> Result<String, ApiError> {
        let path = "/runtime.v1.RuntimeService/Status";
        let mut response: StatusResponse = self.call(path, StatusRequest { verbose: true }).await?;
        Ok(response.info.remove("config").unwrap_or_default())
    }

    /// Returns the ids of the sandboxes with a label.
    pub(crate) async fn cri_sandboxes(
        &self,
        (key, value): (&str, &str),
    ) -> Result<Vec<String>, ApiError> {
        let path = "/runtime.v1.RuntimeService/ListPodSandbox";
        let labels = HashMap::from([(key.to_owned(), value.to_owned())]);
        let filter = Some(SandboxFilter { labels });
        let response: Ids = self.call(path, ListSandboxesRequest { filter }).await?;
        Ok(response.items.into_iter().map(|item| item.id).collect())
    }

    /// Returns the id of a new sandbox.
    pub(crate) async fn cri_run_sandbox(
        &self,
        config: PodSandboxConfig,
    ) -> Result<String, ApiError> {
        let path = "/runtime.v1.RuntimeService/RunPodSandbox";
        let config = Some(config);
        let response: Id = self.call(path, RunPodSandboxRequest { config }).await?;
        Ok(response.id)
    }

    /// Returns the id of a new container.
    pub(crate) async fn cri_create_container(
        &self,
        request: CreateContainerRequest,
    ) -> Result<String, ApiError> {
        let path = "/runtime.v1.RuntimeService/CreateContainer";
        let response: Id = self.call(path, request).await?;
        Ok(response.id)
    }

    pub(crate) async fn cri_start_container(&self, id: String) -> Result<(), ApiError> {
        let path = "/runtime.v1.RuntimeService/StartContainer";
        let _: Empty = self.call(path, Id { id }).await?;
        Ok(())
    }

    /// Removes a sandbox with all its containers. A container that is just being started cannot be removed: as a kubelet
    /// does, it is tried again.
    pub(crate) async fn cri_remove_sandbox(&self, id: &str) -> Result<(), ApiError> {
        for _ in 1..REMOVALS {
            match self.cri_try_removing_sandbox(id).await {
                Ok(()) => return Ok(()),
                Err(_) => sleep(REMOVAL_PAUSE).await,
            }
        }
        self.cri_try_removing_sandbox(id).await
    }

    async fn cri_try_removing_sandbox(&self, id: &str) -> Result<(), ApiError> {
        let id = id.to_owned();
        let path = "/runtime.v1.RuntimeService/StopPodSandbox";
        let _: Empty = self.call(path, Id { id: id.clone() }).await?;
        let path = "/runtime.v1.RuntimeService/RemovePodSandbox";
        let _: Empty = self.call(path, Id { id }).await?;
        Ok(())
    }
}

fn spec(image: &str) -> ImageSpec {
    ImageSpec {
        image: image.to_owned(),
    }
}
