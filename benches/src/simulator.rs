//! Simulations of large clusters: how long they take, what memory, and how both grow.

use std::env;

use anyhow::{Context, bail};
use pullstudy_simulator::{Image, Scenario, Strategy, simulate};

use crate::figure::{Figure, Findings, Target};
use crate::process;

/// What tells the child which simulation it is.
const WORK: &str = "PULLSTUDY_BENCH_SIMULATION";

/// Nodes, layers, and the strategy; nodes differ in speed, so that hardly two things happen at one moment.
const MANY_LAYERS: (u32, u32, &str) = (4096, 100, Strategy::AS_IS);
const MANY_NODES: (u32, u32, &str) = (100_000, 12, Strategy::AS_IS);
const MANY_PEERS: (u32, u32, &str) = (100_000, 12, "pull-through-cache+peer-to-peer");

/// Nodes of the growth, each four times those before.
const GROWING: [u32; 4] = [2_000, 8_000, 32_000, 128_000];

/// Runs the benchmark.
pub(crate) fn run(runs: usize) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let (seconds, memory) = measured(&mut findings, MANY_LAYERS, runs)?;
    findings.targets.push(Target::at_most(
        "4,096 nodes x 100 layers within 2 s",
        2.0,
        seconds,
    ));
    findings
        .targets
        .push(Target::at_most("and 1 GiB (1,024 MiB)", 1024.0, memory));
    let (seconds, _) = measured(&mut findings, MANY_NODES, runs)?;
    findings.targets.push(Target::at_most(
        "100,000 nodes x 12 layers within 30 s",
        30.0,
        seconds,
    ));
    measured(&mut findings, MANY_PEERS, runs)?;
    grow(&mut findings, runs)?;
    findings.notes.push(
        "Each run is a process of its own, from start to exit. Nodes differ by 10 % in speed and start within 2 s; they \
         share a registry of 10 GB/s."
            .to_owned(),
    );
    Ok(findings)
}

/// Measures one simulation, and returns the medians of its seconds and MiB.
fn measured(
    findings: &mut Findings,
    (nodes, layers, strategy): (u32, u32, &str),
    runs: usize,
) -> anyhow::Result<(f64, f64)> {
    let name = format!("{nodes} nodes x {layers} layers, {strategy}");
    let mut seconds = Figure::new(format!("{name}: time"), "s");
    let mut memory = Figure::new(format!("{name}: peak resident memory"), "MiB");
    let own = env::current_exe().context("this program has no path")?;
    let work = format!("{nodes} {layers} {strategy}");
    for _ in 0..runs {
        let run = process::run(&own, &["simulator-child"], &[(WORK, &work)])?;
        seconds.values.push(run.wall_seconds);
        memory
            .values
            .push(run.peak_resident_bytes as f64 / 1_048_576.0);
    }
    let medians = (seconds.median()?, memory.median()?);
    findings.figures.extend([seconds, memory]);
    Ok(medians)
}

/// Compares what four times the nodes take with n log n.
fn grow(findings: &mut Findings, runs: usize) -> anyhow::Result<()> {
    let mut last: Option<(u32, f64)> = None;
    let mut worst: f64 = 0.0;
    for nodes in GROWING {
        let (seconds, _) = measured(findings, (nodes, 12, Strategy::AS_IS), runs)?;
        if let Some((fewer, before)) = last {
            let n_log_n = |nodes: u32| f64::from(nodes) * f64::from(nodes).ln();
            worst = worst.max(seconds / before / (n_log_n(nodes) / n_log_n(fewer)));
        }
        last = Some((nodes, seconds));
    }
    let promise = "time of four times the nodes, as a multiple of n log n's growth (at most, with a third for caches)";
    findings
        .targets
        .push(Target::at_most(promise, 4.0 / 3.0, worst));
    Ok(())
}

/// Does the work whose time and memory `run` measures.
pub(crate) fn run_child() -> anyhow::Result<Findings> {
    let work = env::var(WORK).context("the benchmark names the simulation")?;
    let words: Vec<&str> = work.splitn(3, ' ').collect();
    let [nodes, layers, strategy] = words[..] else {
        bail!("{work:?} is no simulation");
    };
    let strategy: Strategy = strategy.parse()?;
    let outcome = simulate(&strategy.applied_to(&scenario(nodes.parse()?, layers.parse()?)))?;
    if outcome.pulls.is_empty() {
        bail!("nobody pulled");
    }
    Ok(Findings::default())
}

fn scenario(nodes: u32, layers: u32) -> Scenario {
    let mut scenario = Scenario::default();
    scenario.nodes = nodes;
    scenario.images = vec![Image::of_equal_layers(
        "app:1",
        layers,
        5_000_000_000,
        None,
        60_000,
    )];
    scenario.registry.bytes_per_second = 10e9;
    scenario.node.speed_spread = 0.1;
    scenario.kubelet.start_spread_seconds = 2.0;
    scenario
}
