//! Starts a cluster and keeps it until it is killed: `cargo xtask cluster --nodes 16`.

#![forbid(unsafe_code)]

use std::error::Error;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use pullstudy_test_cluster::{Cluster, Settings};

fn main() -> ExitCode {
    let outcome = wish(std::env::args().skip(1)).and_then(|wish| run(&wish));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

/// What was asked for.
struct Wish {
    settings: Settings,
    real_node: bool,
}

fn wish(words: impl IntoIterator<Item = String>) -> Result<Wish, Box<dyn Error>> {
    let mut settings = Settings::default();
    let mut real_node = false;
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        if word == "--real-node" {
            real_node = true;
            continue;
        }
        let value = words.next().ok_or(format!("{word} needs a value"))?;
        settings = match word.as_str() {
            "--nodes" => settings.nodes(value.parse()?),
            "--folder" => settings.folder(PathBuf::from(value)),
            "--api-server-argument" => settings.api_server_argument(value),
            _ => return Err(format!("there is no option {word}").into()),
        };
    }
    Ok(Wish {
        settings,
        real_node,
    })
}

/// Needs no signal handler: the cluster ends with this process, however it ends.
fn run(wish: &Wish) -> Result<(), Box<dyn Error>> {
    let cluster = Cluster::start(&wish.settings)?;
    let _real = wish
        .real_node
        .then(|| cluster.add_real_node())
        .transpose()?;
    let mut out = io::stdout().lock();
    writeln!(out, "export KUBECONFIG={}", cluster.kubeconfig().display())?;
    writeln!(
        out,
        "# logs: {}; ends with Ctrl-C or `kill {}`",
        cluster.folder().display(),
        std::process::id()
    )?;
    out.flush()?;
    loop {
        std::thread::park();
    }
}

fn complain(error: &dyn Error) {
    let mut out = io::stderr().lock();
    let mut cause = Some(error);
    while let Some(error) = cause {
        // Nobody is left to tell.
        let _ = writeln!(out, "{error}");
        cause = error.source();
    }
}
