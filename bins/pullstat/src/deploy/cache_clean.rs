//! `pullstat deploy cache-clean`.

use std::io::Write;
use std::path::PathBuf;

use pullstudy_image::Reference;
use pullstudy_runner::CacheClean;

use super::helper_images::ToolsImage;
use super::output;
use super::site::SiteArgs;

/// Remove unused images from every node, again and again: a DaemonSet that speaks CRI with `crictl`.
///
/// An image is removed when no container had it at two looks in a row. It has no rights in the API, and is root on
/// every node: whoever can speak to the runtime's socket is. The kubelet cleans by itself, too: see imageMaximumGCAge
/// and imageGCHighThresholdPercent of its configuration, which need no helper at all.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  pullstat deploy cache-clean --image ghcr.io/my-org/crictl:1.35 --every 120 --keep '*/my-org/*' | kubectl apply -f -\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(super) struct Args {
    /// An image that has `crictl` in its path, with or without a shell
    #[arg(long, value_name = "REFERENCE")]
    image: Reference,
    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    every: u32,
    /// Keep images with a name that matches, as a shell matches: '*/my-org/*'; more than one may be given
    #[arg(long, value_name = "PATTERN")]
    keep: Vec<String>,
    /// The CRI socket of the nodes' runtime
    #[arg(
        long,
        value_name = "PATH",
        default_value = "/run/containerd/containerd.sock"
    )]
    socket: PathBuf,
    #[command(flatten)]
    tools: ToolsImage,
    #[command(flatten)]
    site: SiteArgs,
}

/// Runs the command; manifests go to `results`.
pub(super) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let site = args.site.site("cache-clean")?;
    let mut clean = CacheClean::new(args.image.clone());
    clean.every_seconds = args.every;
    clean.keep.clone_from(&args.keep);
    clean.socket.clone_from(&args.socket);
    args.tools.replace(&mut clean.tools_image);
    output::print(clean.manifests(&site), args.site.format, results)
}
