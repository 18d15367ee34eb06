//! The messages of containerd's API that are needed here, with the fields that are needed.
//!
//! Source: containerd 1.6 and 2.0, `api/services/*/v1/*.proto`, `api/events/*.proto`, `api/types/*.proto`.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

/// `google.protobuf.Empty`, and requests that say nothing.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Empty {}

/// `google.protobuf.Timestamp`.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Timestamp {
    #[prost(int64, tag = "1")]
    pub(crate) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(crate) nanos: i32,
}

impl Timestamp {
    /// Moments before 1970 and beyond the system's clock count as 1970: no runtime has such a clock.
    pub(crate) fn to_system_time(self) -> SystemTime {
        let seconds = u64::try_from(self.seconds).unwrap_or(0);
        let nanos = u32::try_from(self.nanos).unwrap_or(0).min(999_999_999);
        let since = Duration::new(seconds, nanos);
        let at = SystemTime::UNIX_EPOCH.checked_add(since);
        at.unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Any {
    #[prost(string, tag = "1")]
    pub(crate) type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) value: Vec<u8>,
}

/// What many requests to list things have in common: expressions of which one must hold.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Filters {
    #[prost(string, repeated, tag = "1")]
    pub(crate) filters: Vec<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct VersionResponse {
    #[prost(string, tag = "1")]
    pub(crate) version: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PluginsResponse {
    #[prost(message, repeated, tag = "1")]
    pub(crate) plugins: Vec<Plugin>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Plugin {
    #[prost(string, tag = "1")]
    pub(crate) kind: String,
    #[prost(string, tag = "2")]
    pub(crate) id: String,
    #[prost(message, repeated, tag = "4")]
    pub(crate) platforms: Vec<PluginPlatform>,
    #[prost(message, optional, tag = "7")]
    pub(crate) init_error: Option<RpcStatus>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PluginPlatform {
    #[prost(string, tag = "1")]
    pub(crate) os: String,
    #[prost(string, tag = "2")]
    pub(crate) architecture: String,
    #[prost(string, tag = "3")]
    pub(crate) variant: String,
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct RpcStatus {
    #[prost(string, tag = "2")]
    pub(crate) message: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Namespace {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct NamespaceMessage {
    #[prost(message, optional, tag = "1")]
    pub(crate) namespace: Option<Namespace>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct NamespacesResponse {
    #[prost(message, repeated, tag = "1")]
    pub(crate) namespaces: Vec<Namespace>,
}

/// A blob of the content store.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Blob {
    #[prost(string, tag = "1")]
    pub(crate) digest: String,
    #[prost(int64, tag = "2")]
    pub(crate) size: i64,
    /// When it was committed.
    #[prost(message, optional, tag = "3")]
    pub(crate) created_at: Option<Timestamp>,
    #[prost(map = "string, string", tag = "5")]
    pub(crate) labels: HashMap<String, String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct DigestRequest {
    #[prost(string, tag = "1")]
    pub(crate) digest: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct BlobResponse {
    #[prost(message, optional, tag = "1")]
    pub(crate) info: Option<Blob>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct BlobsResponse {
    #[prost(message, repeated, tag = "1")]
    pub(crate) info: Vec<Blob>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ReadResponse {
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) data: Vec<u8>,
}

/// A blob on its way into the content store.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Ingest {
    #[prost(message, optional, tag = "1")]
    pub(crate) started_at: Option<Timestamp>,
    /// What is fetched: `layer-sha256:…`.
    #[prost(string, tag = "3")]
    pub(crate) reference: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct IngestsResponse {
    #[prost(message, repeated, tag = "1")]
    pub(crate) statuses: Vec<Ingest>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TypedDescriptor {
    #[prost(string, tag = "1")]
    pub(crate) media_type: String,
    #[prost(string, tag = "2")]
    pub(crate) digest: String,
    #[prost(int64, tag = "3")]
    pub(crate) size: i64,
}

/// A name in the image store.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ImageName {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(message, optional, tag = "3")]
    pub(crate) target: Option<TypedDescriptor>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ImagesResponse {
    #[prost(message, repeated, tag = "1")]
    pub(crate) images: Vec<ImageName>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct DeleteImageRequest {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    /// Whether to return only when all that nothing needs any more is gone.
    #[prost(bool, tag = "2")]
    pub(crate) sync: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct DeleteLeaseRequest {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
    /// Whether to return only when what it held is gone.
    #[prost(bool, tag = "2")]
    pub(crate) sync: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ListSnapshotsRequest {
    #[prost(string, tag = "1")]
    pub(crate) snapshotter: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Snapshot {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) parent: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SnapshotsResponse {
    #[prost(message, repeated, tag = "1")]
    pub(crate) info: Vec<Snapshot>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PublishRequest {
    #[prost(string, tag = "1")]
    pub(crate) topic: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) event: Option<Any>,
}

/// An event of containerd.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Envelope {
    #[prost(message, optional, tag = "1")]
    pub(crate) timestamp: Option<Timestamp>,
    #[prost(string, tag = "3")]
    pub(crate) topic: String,
    #[prost(message, optional, tag = "4")]
    pub(crate) event: Option<Any>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SnapshotPrepare {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SnapshotCommit {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(string, tag = "2")]
    pub(crate) name: String,
}

/// `TaskCreate` and `TaskStart`: what both have.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TaskEvent {
    #[prost(string, tag = "1")]
    pub(crate) container_id: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TaskExit {
    #[prost(string, tag = "1")]
    pub(crate) container_id: String,
    /// The process: the same as the container for its first one.
    #[prost(string, tag = "2")]
    pub(crate) id: String,
    #[prost(uint32, tag = "4")]
    pub(crate) exit_status: u32,
    #[prost(message, optional, tag = "5")]
    pub(crate) exited_at: Option<Timestamp>,
}
