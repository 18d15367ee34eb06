//! `pullstat deploy collector`.

use std::io::Write;

use pullstudy_image::Reference;
use pullstudy_runner::CollectorDeployment;

use super::output;
use super::site::{SiteArgs, StorageArgs};

/// Collect events, pods and nodes in the cluster: a Deployment that runs `pullstat collect`.
///
/// It may read events, pods and nodes, and nothing else; it is neither root nor privileged. The volume is 10Gi unless
/// told otherwise.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  pullstat deploy collector --image ghcr.io/my-org/pullstat:0.1 | kubectl apply -f -\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(super) struct Args {
    /// An image that has `pullstat` in its path; docs/deploy.md has the three lines that make one
    #[arg(long, value_name = "REFERENCE")]
    image: Reference,
    /// Collect from this namespace alone, and have no rights in others [default: all of them]
    #[arg(long, value_name = "NAMESPACE")]
    watch_namespace: Option<String>,
    #[command(flatten)]
    storage: StorageArgs,
    #[command(flatten)]
    site: SiteArgs,
}

/// Runs the command; manifests go to `results`.
pub(super) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let site = args.site.site("collector")?;
    let mut collector = CollectorDeployment::new(args.image.clone());
    collector.storage = args.storage.storage("10Gi");
    collector.only.clone_from(&args.watch_namespace);
    output::print(collector.manifests(&site), args.site.format, results)
}
