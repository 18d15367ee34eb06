//! Runs a pull study: nodes that pull images, and a record of where the time went.
//!
//! - [`LocalStudy`]: the engine `local`. Nodes are folders of this machine; each has a content store and unpacks for
//!   real. A pull goes the way containerd's does by default: resolve, manifest, config, layers with three downloads at
//!   a time, hashed as they come, unpacked in order as they become whole. It leaves `trace.jsonl` and a kubelet's
//!   events; a [`LocalReport`] holds the same, with the [`Caveat`]s to be shown beside the figures.
//! - [`StudyFile`], [`Plan`], [`run_study`]: a study from its file to its journal, on any [`Engine`]: [`LocalEngine`]; with the
//!   features of those names, `ContainerdEngine` and `KubernetesEngine`.
//! - With the feature `kubernetes`, `Collector`, `Runner`, `Preload`, `CacheClean`, `Mirror` and `Soci`: manifests for a
//!   cluster, each with what it may touch.
//! - [`RootFilesystem`]: layers unpacked into one folder that nothing leaves, and what each step of it cost.
//!
//! ```
//! use pullstudy_image::{Layout, LayoutWriter};
//! use pullstudy_registry::{Server, ServerOptions};
//! use pullstudy_runner::{LocalOutcome, LocalStudy};
//!
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use std::collections::BTreeMap;
//! # use pullstudy_image::{Config, Descriptor, DiffId, Manifest, MediaType, Tag, oci_spec::image as spec};
//! # let (layout, results) = (tempfile::tempdir()?, tempfile::tempdir()?);
//! # let (layout, results) = (layout.path(), results.path());
//! # let writer = LayoutWriter::create(layout)?;
//! # let put = |media_type, bytes: &[u8]| -> Result<Descriptor, Box<dyn std::error::Error>> {
//! #     Ok(Descriptor::new(media_type, writer.put_blob(bytes)?, bytes.len() as u64))
//! # };
//! # let tar = [0; 1024];
//! # let mut rootfs = spec::RootFs::default();
//! # rootfs.set_diff_ids(vec![DiffId::of(&tar).to_string()]);
//! # let mut config = spec::ImageConfiguration::default();
//! # config.set_rootfs(rootfs);
//! # let config = put(MediaType::ImageConfig, Config::new(config)?.raw())?;
//! # let manifest = Manifest::new(&config, &[put(MediaType::ImageLayer, &tar)?], &BTreeMap::new());
//! # let manifest = put(MediaType::ImageManifest, manifest.raw())?;
//! # writer.put_tags(&[Tag::new("localhost/study/tiny:1".parse()?, manifest)])?;
//! let layout = Layout::open(layout)?;
//! let server = Server::bind(layout, ([127, 0, 0, 1], 0).into(), ServerOptions::default()).await?.spawn();
//! let image = format!("{}/study/tiny:1", server.address()).parse()?;
//!
//! let report = LocalStudy::new("run1", vec![image], 2, results).run(|_| {}).await?;
//! assert_eq!(report.pulls.len(), 2);
//! assert!(matches!(report.pulls[0].outcome, LocalOutcome::Pulled { .. }));
//! # Ok(())
//! # }
//! ```
//!
//! # Errors
//!
//! [`StudyError`] where a study cannot start, or its results cannot be kept. A pull that fails is a result: it is in the
//! report with its [`PullError`], and the study goes on.
//!
//! # Links
//!
//! [Studies and their files](https://github.com/pullstudy/pullstudy/blob/main/docs/run.md), [containerd](https://github.com/pullstudy/pullstudy/blob/main/docs/containerd.md), [clusters](https://github.com/pullstudy/pullstudy/blob/main/docs/howto-clusters.md).
#![forbid(unsafe_code)]

mod arrivals;
mod chain_ids;
#[cfg(feature = "kubernetes")]
mod cluster;
#[cfg(feature = "kubernetes")]
mod collect;
mod confined;
#[cfg(feature = "containerd")]
mod containerd;
mod content_store;
#[cfg(feature = "kubernetes")]
mod deploy;
mod engine;
mod fetch;
#[cfg(feature = "kubernetes")]
mod kubernetes;
mod layer_stream;
mod layer_writer;
mod local_engine;
mod node;
mod plan;
mod pod;
mod prepare;
mod pull;
mod recorder;
mod report;
mod run;
mod stopwatch;
mod study;
mod trace_file;
mod unpack;

#[cfg(feature = "kubernetes")]
pub use cluster::{Cluster, ClusterAddress, ClusterError, ConnectClusterError};
#[cfg(feature = "kubernetes")]
pub use collect::{
    CollectError, CollectOptions, Collected, Collector, Coverage, CoverageFailure, CoverageNote,
    CoverageRow, CoverageStep, CoverageTotals, ExpectedOf, ExpectedPods, FailureSource, Known,
    KnownBy, ReadCollectedError, SeenBy,
};
#[cfg(feature = "containerd")]
pub use containerd::{ContainerdEngine, ContainerdError, ContainerdOptions, PullBy};
pub use content_store::StoreError;
#[cfg(feature = "kubernetes")]
pub use deploy::{
    CacheClean, CollectorDeployment, DeployError, HostsFile, Manifests, Mirror, Preload, Runner,
    Site, Soci, SociSource, Storage, StudyJob, Touches, Upstream,
};
pub use engine::{Engine, StepProgress, StepResult, StudyIdentity};
#[cfg(feature = "kubernetes")]
pub use kubernetes::{KubernetesEngine, KubernetesError};
pub use local_engine::LocalEngine;
pub use node::NodeError;
pub use plan::{
    CachePolicy, ContainerdSettings, ImageSource, KubernetesSettings, Order, Plan, PlanError,
    ReadStudyError, RunContainer, Step, Strategy, StudyFile, StudyImage, Timeouts, Toleration,
};
pub use pull::{PullError, PullOptions, PullPolicy};
pub use pullstudy_image::TarError;
pub use report::{Caveat, LocalOutcome, LocalPull, LocalReport};
pub use run::{
    Journal, JournalError, RunProgress, RunStudyError, StepRecord, StudyRecord, StudyReport,
    WriteResultsError, run_study,
};
pub use stopwatch::Span;
pub use study::{LocalStudy, Progress, StudyError};

pub use unpack::{RootFilesystem, Skipped, UnpackError, Unpacked};
