//! Runs a pull study: nodes that pull images, and a record of where the time went.
//!
//! - [`LocalStudy`]: the engine `local`. Nodes are folders of this machine; each has a content store and unpacks for
//!   real. A pull goes the way containerd's does by default: resolve, manifest, config, layers with three downloads at
//!   a time, hashed as they come, unpacked in order as they become whole. It leaves `trace.jsonl` and a kubelet's
//!   events; a [`LocalReport`] holds the same, with the [`Caveat`]s to be shown beside the figures.
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
#![forbid(unsafe_code)]

mod arrivals;
mod confined;
mod content_store;
mod fetch;
mod layer_stream;
mod layer_writer;
mod node;
mod pod;
mod prepare;
mod pull;
mod recorder;
mod report;
mod stopwatch;
mod study;
mod trace_file;
mod unpack;

pub use content_store::StoreError;
pub use node::NodeError;
pub use pull::{PullError, PullOptions, PullPolicy};
pub use pullstudy_image::TarError;
pub use report::{Caveat, LocalOutcome, LocalPull, LocalReport};
pub use stopwatch::Span;
pub use study::{LocalStudy, Progress, StudyError};

pub use unpack::{RootFilesystem, Skipped, UnpackError, Unpacked};
