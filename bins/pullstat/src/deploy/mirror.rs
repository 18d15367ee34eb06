//! `pullstat deploy mirror`.

use std::io::Write;
use std::path::PathBuf;

use pullstudy_image::Reference;
use pullstudy_runner::{HostsFile, Mirror, Upstream};

use super::helper_images::ToolsImage;
use super::output::{self, usage};
use super::site::{SiteArgs, StorageArgs};

/// Keep what nodes pull in the cluster: a pull-through registry for each upstream, and the hosts.toml that tells
/// containerd of it.
///
/// containerd reads hosts.toml files only if its configuration says where they are: `config_path =
/// "/etc/containerd/certs.d"`, in the registry section of its CRI plugin. It asks the upstream itself when the mirror
/// does not answer. The volume of each is 50Gi unless told otherwise.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  pullstat deploy mirror --upstream docker.io --upstream ghcr.io | kubectl apply -f -\n  \
    pullstat deploy mirror --upstream docker.io --hosts-toml 10.96.0.20:5000\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(super) struct Args {
    /// A registry to mirror, as references name it; =URL where it is reached elsewhere; more than one may be given
    #[arg(long, value_name = "HOST[:PORT][=URL]", required = true)]
    upstream: Vec<String>,
    /// The registry that mirrors: distribution 2 or 3
    #[arg(
        long,
        value_name = "REFERENCE",
        default_value = "docker.io/library/registry:3"
    )]
    image: Reference,
    /// A secret of the namespace with `username` and `password` for the upstreams
    #[arg(long, value_name = "SECRET")]
    secret: Option<String>,
    /// The folder that config_path names in containerd's configuration
    #[arg(long, value_name = "PATH", default_value = "/etc/containerd/certs.d")]
    certs_dir: PathBuf,
    /// Leave the nodes alone: no DaemonSet that writes hosts.toml files
    #[arg(long)]
    no_nodes: bool,
    /// Print the hosts.toml files alone, for mirrors at this address, as nodes reach it
    #[arg(long, value_name = "HOST:PORT")]
    hosts_toml: Option<String>,
    #[command(flatten)]
    tools: ToolsImage,
    #[command(flatten)]
    storage: StorageArgs,
    #[command(flatten)]
    site: SiteArgs,
}

/// Runs the command; manifests go to `results`.
pub(super) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let upstreams: Result<Vec<Upstream>, _> =
        args.upstream.iter().map(|text| text.parse()).collect();
    let upstreams = upstreams.map_err(|error| usage(&error))?;
    if let Some(address) = &args.hosts_toml {
        return print_hosts(upstreams, address, args, results);
    }
    let site = args.site.site("mirror")?;
    let mut mirror = Mirror::new(upstreams);
    mirror.image = args.image.clone();
    mirror.secret.clone_from(&args.secret);
    mirror.storage = args.storage.storage("50Gi");
    mirror.hosts_folder = (!args.no_nodes).then(|| args.certs_dir.clone());
    args.tools.replace(&mut mirror.tools_image);
    output::print(mirror.manifests(&site), args.site.format, results)
}

/// The files one after the other, each under a comment with its place.
fn print_hosts(
    upstreams: Vec<Upstream>,
    address: &str,
    args: &Args,
    results: &mut dyn Write,
) -> anyhow::Result<()> {
    for upstream in upstreams {
        let file = HostsFile::new(upstream, address).map_err(|error| usage(&error))?;
        let path = args.certs_dir.join(file.path());
        writeln!(results, "# {}\n{file}", path.display())?;
    }
    Ok(())
}
