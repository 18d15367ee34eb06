//! How near the generator comes to what hashing alone would take.

use crate::crafting::{cores, into_nowhere};
use crate::figure::{Figure, Findings, Target};
use crate::hashing;

/// Stored bytes of a run: some seconds of work.
const WIRE_BYTES: u64 = 4_000_000_000;

/// Layers of a run, so that both cores are busy to the end.
const LAYERS: u64 = 16;

/// Runs the benchmark.
pub(crate) fn run(runs: usize) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    against_hashing(&mut findings, runs, "gzip", 2)?;
    against_hashing(&mut findings, runs, "none", 1)?;
    for (compression, promised) in [("gzip", true), ("zstd", false)] {
        realistic(&mut findings, runs, compression, promised)?;
    }
    findings.notes.push(format!(
        "A run makes an image of {LAYERS} layers, {} GB in all, into a sink that keeps nothing, on {} cores. The limit \
         hashes as many bytes on the same cores, in turn with it, with the same SHA-256.",
        WIRE_BYTES / 1_000_000_000,
        cores()?
    ));
    Ok(findings)
}

/// Incompressible layers, in turn with hashing every byte `times` times.
fn against_hashing(
    findings: &mut Findings,
    runs: usize,
    compression: &str,
    times: usize,
) -> anyhow::Result<()> {
    let sizes = format!(
        "sizes: [{{total: {WIRE_BYTES}}}]\nlayers: [{{exact: {LAYERS}}}]\ncompression: {compression}\n"
    );
    let cores = cores()?.get();
    let mut limit = Figure::new(
        format!("limit: SHA-256 of every byte, {times} times"),
        "MB/s",
    );
    let mut ours = Figure::new(format!("incompressible layers, {compression}"), "MB/s");
    for _ in 0..runs {
        let rate = hashing::bytes_per_second(cores, times, WIRE_BYTES / cores as u64);
        limit.values.push(rate / 1e6);
        let made = into_nowhere(&sizes)?;
        ours.values
            .push(made.wire_bytes as f64 / made.seconds / 1e6);
    }
    let ratio = ours.ratio(&limit, format!("{compression}: ours / limit"));
    let promise = format!("incompressible {compression} layers: 80 % of hashing {times} times");
    findings
        .targets
        .push(Target::at_least(promise, 0.8, ratio.median()?));
    findings.figures.extend([limit, ours, ratio]);
    Ok(())
}

fn realistic(
    findings: &mut Findings,
    runs: usize,
    compression: &str,
    promised: bool,
) -> anyhow::Result<()> {
    let wire_bytes = WIRE_BYTES / 8;
    let sizes = format!(
        "sizes: [{{total: {wire_bytes}}}]\nlayers: [{{exact: {LAYERS}}}]\nratio: 2.6\ncontent: realistic\n\
         compression: {compression}\n"
    );
    let mut rate = Figure::new(
        format!("realistic layers, {compression}, ratio 2.6, unpacked bytes"),
        "MB/s",
    );
    for _ in 0..runs {
        let made = into_nowhere(&sizes)?;
        rate.values
            .push(made.unpacked_bytes as f64 / made.seconds / 1e6);
    }
    if promised {
        let promise = format!("realistic {compression} layers: 300 MB/s of unpacked bytes");
        findings
            .targets
            .push(Target::at_least(promise, 300.0, rate.median()?));
    }
    findings.figures.push(rate);
    Ok(())
}
