//! What needs the superuser's rights: containerd, which pulls what `crafter serve` serves and what `crafter` pushed and
//! runs it to its end; and a disk small enough to be full.
//!
//! Without these rights the tests are reported as ignored.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod daemon;
mod disk;
mod registry;
mod serving;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::ExitCode;

use daemon::{Daemon, Gzip};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use registry::Registry;
use serving::Serving;

/// Sizes files whose images between them hold every way of landing on a size.
const SIZES: &[(&str, &str)] = &[
    (
        "random-gzip",
        "sizes: [{total: 5000003}]\nlayers: [{exact: 9}]",
    ),
    (
        "random-none",
        "sizes: [{total: 5000003}]\nlayers: [{exact: 3}]\ncompression: none",
    ),
    (
        "random-zstd",
        "sizes: [{total: 5000003}]\nlayers: [{exact: 3}]\ncompression: zstd",
    ),
    (
        "zeros-gzip",
        "sizes: [{total: 90001}]\nlayers: [{exact: 3}]\nratio: 500\ncontent: zeros",
    ),
    (
        "realistic-gzip",
        "sizes: [{total: 5000003}]\nlayers: [{exact: 3}]\nratio: 2.6\nfiles: {per_layer: 300, sizes: lognormal}",
    ),
    (
        "realistic-zstd",
        "sizes: [{total: 5000003}]\nlayers: [{exact: 3}]\nratio: 2.6\ncompression: zstd\nfiles: {per_layer: 300}",
    ),
    (
        "platforms",
        "sizes: [{total: 3000000}]\nlayers: [{exact: 3}]\nplatforms: [linux/amd64, linux/arm64]",
    ),
];

fn main() -> ExitCode {
    let trials = vec![
        trial("images_run_to_exit_0_after_pigz", || {
            pull_and_run_all(Gzip::Pigz)
        }),
        trial("images_run_to_exit_0_after_its_own_gzip", || {
            pull_and_run_all(Gzip::Own)
        }),
        trial("what_was_pushed_runs_to_exit_0", pull_and_run_pushed),
        trial("a_full_disk_is_told_and_gone_on_from", disk::full_midway),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial(name: &str, run: fn() -> Result<(), Failed>) -> Trial {
    Trial::ignorable_test(name, move || {
        if fs::metadata("/proc/self")?.uid() != 0 {
            return Ok(Completion::ignored_with("it needs the superuser's rights"));
        }
        run().map(|()| Completion::Completed)
    })
}

fn pull_and_run_all(gzip: Gzip) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    for (name, sizes) in SIZES {
        serving::build(folder.path(), name, sizes, &[])?;
    }
    serving::build(
        folder.path(),
        "published",
        "sizes: [{total: 9MB}]\nlayers: [{exact: 4}]",
        &["--method", "published"],
    )?;
    let serving = Serving::start(folder.path())?;
    let daemon = Daemon::start(gzip)?;
    assert_eq!(
        serving.references.len(),
        SIZES.len() + 1,
        "{:?}",
        serving.references
    );
    for (number, reference) in serving.references.iter().enumerate() {
        pull_and_run(&daemon, reference, &format!("{gzip:?}-{number}"))?;
    }
    Ok(())
}

/// Layers that were pushed while they were made, and layers that were copied from a layout.
fn pull_and_run_pushed() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let registry = Registry::start()?;
    let [made, copied] =
        ["made", "copied"].map(|name| format!("{}/study/{name}", registry.address));
    let chosen = ["random-gzip", "realistic-zstd", "platforms"];
    for (name, sizes) in SIZES.iter().filter(|(name, _)| chosen.contains(name)) {
        serving::build(folder.path(), name, sizes, &[])?;
    }
    let mut references = serving::copy_all(folder.path(), &copied)?;
    assert_eq!(references.len(), chosen.len(), "{references:?}");
    references.extend(serving::push(folder.path(), "random-gzip", &made)?);
    let daemon = Daemon::start(Gzip::Pigz)?;
    for (number, reference) in references.iter().enumerate() {
        pull_and_run(&daemon, reference, &format!("pushed-{number}"))?;
    }
    Ok(())
}

fn pull_and_run(daemon: &Daemon, reference: &str, name: &str) -> Result<(), String> {
    daemon.ctr(&[
        "images",
        "pull",
        "--plain-http",
        "--snapshotter",
        "overlayfs",
        reference,
    ])?;
    // runc keeps the containers of all daemons of the machine in one folder.
    let container = format!("crafter-{}-{name}", std::process::id());
    daemon.ctr(&[
        "run",
        "--rm",
        "--snapshotter",
        "overlayfs",
        reference,
        &container,
    ])
}
