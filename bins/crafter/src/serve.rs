//! `crafter serve`: a layout as a registry.

use std::io::Write;
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use pullstudy_console::{counted, runtime, say};
use pullstudy_image::ByteSize;
use pullstudy_image::{Layout, Reference};
use pullstudy_registry::{Server, ServerOptions};

/// Serve an OCI layout as a read-only registry, at a bandwidth and latency of your choice
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  crafter serve crafted --bandwidth 125MB --latency 20ms
  skopeo copy --src-tls-verify=false docker://127.0.0.1:5000/you/images:TAG oci:copy:TAG

Prints what can be pulled, one reference a line, and serves until it is interrupted. There is no \
authentication: an address other than 127.0.0.1 opens the layout to the network.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted")]
pub(crate) struct Args {
    /// OCI layout to serve
    #[arg(value_name = "LAYOUT_DIR")]
    layout: PathBuf,
    /// Address and port to listen on; port 0 takes any free one
    #[arg(long, default_value = "127.0.0.1:5000", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    /// Bytes a second that all clients share, such as 100MB [default: as many as go]
    #[arg(long, value_name = "BYTES", value_parser = bandwidth)]
    bandwidth: Option<NonZeroU64>,
    /// What every request waits before its answer starts, such as 20ms [default: nothing]
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    latency: Option<Duration>,
}

fn bandwidth(text: &str) -> Result<NonZeroU64, String> {
    let size: ByteSize = text
        .parse()
        .map_err(|error: pullstudy_image::ParseByteSizeError| error.to_string())?;
    NonZeroU64::new(size.bytes())
        .ok_or_else(|| "nothing would ever arrive at 0 bytes a second".to_owned())
}

/// Serves until the process ends.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let layout = Layout::open(&args.layout)?;
    let images = layout.images()?;
    let mut options = ServerOptions::default();
    options.bandwidth_bytes_per_second = args.bandwidth;
    options.latency = args.latency.unwrap_or_default();
    let runtime = runtime()?;
    let server = runtime.block_on(Server::bind(layout, args.listen, options))?;
    let address = server.address();
    say(format_args!(
        "serving {} of {} at http://{address}",
        counted(images.len(), "image"),
        args.layout.display()
    ));
    for image in &images {
        match image.name.as_deref().map(str::parse::<Reference>) {
            Some(Ok(name)) => writeln!(
                results,
                "{address}/{}:{}",
                name.repository(),
                name.tag_or_latest()
            )?,
            _ => writeln!(
                results,
                "{address}/{}",
                image
                    .tag
                    .as_deref()
                    .map_or(String::new(), |tag| format!("any:{tag}"))
            )?,
        }
    }
    results.flush()?;
    runtime.block_on(server.run(std::future::pending()));
    Ok(())
}
