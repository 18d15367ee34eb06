//! `pullstat deploy soci`.

use std::io::Write;
use std::path::PathBuf;

use pullstudy_console::UsageError;
use pullstudy_image::Reference;
use pullstudy_runner::{Soci, SociSource};

use super::helper_images::{PauseImage, ToolsImage};
use super::output;
use super::site::SiteArgs;

/// Install the SOCI snapshotter on every node, so that containers start before their image is there.
///
/// A privileged DaemonSet: it puts `soci-snapshotter-grpc` onto the node as a service of systemd, makes it the
/// snapshotter of containerd's CRI plugin, and RESTARTS CONTAINERD, on all chosen nodes at about the same time. A node
/// that lacks something is left as it was, and its pod says what. --undo prints what takes all of it back.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  pullstat deploy soci --image ghcr.io/my-org/soci:0.11 --node-selector pool=streaming | kubectl apply -f -\n  \
    pullstat deploy soci --undo --node-selector pool=streaming | kubectl apply -f -\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(super) struct Args {
    /// An image that holds the snapshotter
    #[arg(long, value_name = "REFERENCE")]
    image: Option<Reference>,
    /// Where it lies in that image
    #[arg(
        long,
        value_name = "PATH",
        default_value = "/usr/local/bin/soci-snapshotter-grpc"
    )]
    path: PathBuf,
    /// A release to download instead, for nodes of one architecture: a tar.gz or the program
    #[arg(
        long,
        value_name = "URL",
        conflicts_with = "image",
        requires = "sha256"
    )]
    url: Option<String>,
    /// The SHA-256 of what is downloaded
    #[arg(long, value_name = "HEX", requires = "url")]
    sha256: Option<String>,
    /// Take it back from the nodes, and restart containerd
    #[arg(long, conflicts_with_all = ["image", "url"])]
    undo: bool,
    /// The folder of nodes that the program is put into; programs must be allowed to run there
    #[arg(long, value_name = "PATH", default_value = "/opt/pullstudy-soci")]
    host_dir: PathBuf,
    /// The folder of nodes that has containerd's config.toml
    #[arg(long, value_name = "PATH", default_value = "/etc/containerd")]
    containerd_dir: PathBuf,
    #[command(flatten)]
    tools: ToolsImage,
    #[command(flatten)]
    pause: PauseImage,
    #[command(flatten)]
    site: SiteArgs,
}

/// Runs the command; manifests go to `results`.
pub(super) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let site = args.site.site("soci")?;
    let mut soci = match source(args)? {
        Some(source) => Soci::install(source),
        None => Soci::undo(),
    };
    soci.folder.clone_from(&args.host_dir);
    soci.containerd_folder.clone_from(&args.containerd_dir);
    args.tools.replace(&mut soci.tools_image);
    args.pause.replace(&mut soci.pause_image);
    output::print(soci.manifests(&site), args.site.format, results)
}

/// Where the snapshotter comes from; none where it is taken back.
fn source(args: &Args) -> Result<Option<SociSource>, UsageError> {
    match (&args.image, &args.url, &args.sha256) {
        _ if args.undo => Ok(None),
        (Some(image), ..) => Ok(Some(SociSource::Image {
            image: image.clone(),
            path: args.path.clone(),
        })),
        (None, Some(url), Some(sha256)) => Ok(Some(SociSource::Url {
            url: url.clone(),
            sha256: sha256.clone(),
        })),
        _ => {
            let message = "where the snapshotter comes from is not said: give --image, or --url with --sha256";
            Err(UsageError(message.to_owned()))
        }
    }
}
