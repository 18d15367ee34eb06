//! `pullstat collect`: everything a cluster says of pulls, until it is stopped.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::Context;
use pullstudy_console::{counted, interrupted, say, warn, working, write_whole};
use pullstudy_runner::{CollectOptions, Collector, Coverage, CoverageTotals, ExpectedPods};

use crate::run::ClusterArgs;

/// Collect what a cluster says of pulls: events, pods and nodes, into files, until it is stopped.
///
/// Events are watched by both APIs (core/v1 and events.k8s.io/v1), pods and nodes with every state they go through. A line is
/// on the disk before anything relies on it. Started again in the same folder it goes on where it was, and writes nothing
/// twice. Ctrl-C, SIGTERM or the end of --for stop it.
///
/// At its end it says for every pod and container what is known and from which source, in coverage.json. What pod statuses
/// tell in place of lost events goes into events-by-status.jsonl, marked as such, where the other commands find it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  pullstat collect --out cluster-a/16\n  pullstat collect --namespace training --for 2h && pullstat pulls collected\n  \
    pullstat collect --expect my-job=16\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(crate) struct Args {
    /// Where the files go; one that ends in EXPERIMENT/NODES is found by the other commands
    #[arg(long, value_name = "DIR", default_value = "collected")]
    out: PathBuf,
    /// Only this namespace [default: all of them]
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// Stop after this time, such as 90m
    #[arg(long = "for", value_name = "TIME", value_parser = humantime::parse_duration)]
    duration: Option<Duration>,
    /// A job and how many pods it should have, so that those that never come are told too; may be repeated [default: the pods
    /// that come]
    #[arg(long, value_name = "JOB=PODS", value_parser = expected)]
    expect: Vec<ExpectedPods>,
    #[command(flatten)]
    cluster: ClusterArgs,
}

/// What the coverage of a folder is called.
const COVERAGE: &str = "coverage.json";

/// Events that were made of pod statuses; the other commands read whatever begins with `events`.
const FILLED: &str = "events-by-status.jsonl";

fn expected(text: &str) -> Result<ExpectedPods, String> {
    let both = text.split_once('=').filter(|(job, _)| !job.is_empty());
    let pods = both.and_then(|(job, pods)| Some((job, pods.parse().ok()?)));
    let (job, pods) = pods.ok_or("write a job's name and a number, such as my-job=16")?;
    Ok(ExpectedPods::any_of_job(job, pods))
}

/// Runs the command until it is stopped; nothing goes to `results`.
pub(crate) fn run(args: &Args, _results: &mut dyn Write) -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(collect(args))
}

async fn collect(args: &Args) -> anyhow::Result<()> {
    let cluster = args.cluster.connect().await?;
    let mut options = CollectOptions::new(&args.out);
    options.namespace = args.namespace.clone();
    let mut collector = Collector::start(&cluster, &options).await?;
    say(format_args!(
        "collecting into {}; Ctrl-C stops",
        args.out.display()
    ));
    working(format_args!("collecting"));
    tokio::select! {
        error = collector.ended() => return Err(error.into()),
        stopped = stop_signal(args.duration) => stopped?,
    }
    let collected = collector.stop().await?;
    for note in &collected.notes {
        warn(note);
    }
    say(format_args!(
        "{} objects written, {} came twice and were written once; pullstat pulls {} has the pulls",
        collected.written,
        collected.repeated,
        args.out.display()
    ));
    cover(&args.out, &args.expect)
}

/// Says what is known of every pod, and fills in what events do not tell.
fn cover(folder: &Path, expected: &[ExpectedPods]) -> anyhow::Result<()> {
    let coverage = Coverage::of_collected(folder, expected, SystemTime::now())?;
    let mut lines = Vec::new();
    for event in coverage.fill() {
        serde_json::to_writer(&mut lines, &event)?;
        lines.push(b'\n');
    }
    let filled = folder.join(FILLED);
    // An empty log would look like one that was lost; but one of an earlier run is out of date.
    if !lines.is_empty() || filled.exists() {
        write_whole(&filled, &lines)?;
    }
    let text = serde_json::to_vec_pretty(&coverage)?;
    write_whole(&folder.join(COVERAGE), &text)?;
    tell(&coverage.totals, folder);
    Ok(())
}

fn tell(totals: &CoverageTotals, folder: &Path) {
    let counted = |count: u64, thing| counted(usize::try_from(count).unwrap_or(usize::MAX), thing);
    say(format_args!(
        "{} in {}: images pulled {}, present {}, failed {}, without an end {}; {} filled in by status; {} has each",
        counted(totals.containers, "container"),
        counted(totals.pods, "pod"),
        totals.pulled,
        totals.present,
        totals.failed,
        totals.unfinished,
        totals.filled,
        folder.join(COVERAGE).display()
    ));
    if totals.pods_never_created > 0 {
        warn(&format_args!(
            "{} of {} expected never came; rows without a uid are theirs, with what their job says",
            totals.pods_never_created,
            counted(totals.pods_expected, "pod")
        ));
    }
    if totals.undecided > 0 {
        warn(&format_args!(
            "{}: the image was there when it started, and nothing tells whether it was pulled or present; it is no pull in any figure",
            counted(totals.undecided, "container")
        ));
    }
    if totals.unaccounted > 0 {
        warn(&format_args!(
            "{} or pods without any: nothing tells what became of the image, nor why; figures are over the rest",
            counted(totals.unaccounted, "container")
        ));
    }
}

/// Waits for whatever ends the collection in peace. A cluster ends its pods with SIGTERM.
async fn stop_signal(duration: Option<Duration>) -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be waited for")?;
    let time_is_up = async {
        match duration {
            Some(duration) => tokio::time::sleep(duration).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        stopped = interrupted() => stopped.context("Ctrl-C cannot be waited for"),
        _ = terminate.recv() => Ok(()),
        () = time_is_up => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::{Value, json};

    use super::*;

    fn write(folder: &Path, name: &str, line: &Value) {
        fs::write(folder.join(name), format!("{line}\n")).unwrap();
    }

    #[test]
    fn an_expectation_is_a_job_and_a_number() {
        assert_eq!(
            expected("my-job=16"),
            Ok(ExpectedPods::any_of_job("my-job", 16))
        );
        for text in ["my-job", "=16", "my-job=", "my-job=many", "my-job=-1"] {
            assert!(expected(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_collection_ends_with_what_is_known_and_what_is_filled() {
        let folder = tempfile::tempdir().unwrap();
        let pod = json!({
            "metadata": {"name": "my-job-0-abcde", "namespace": "default", "uid": "4f44ba2a-61dc-4970-965f-1f39e3235a47"},
            "spec": {"nodeName": "node-1", "containers": [{"name": "app", "image": "app:1", "imagePullPolicy": "Always"}]},
            "status": {"containerStatuses": [{
                "name": "app", "image": "app:1", "imageID": "sha256:00", "ready": true, "restartCount": 0,
                "state": {"running": {"startedAt": "2026-03-02T09:15:09Z"}},
            }]},
        });
        let line = |object: &Value| json!({"seen_at": "2026-03-02T09:15:00.000000Z", "type": "ADDED", "object": object});
        write(folder.path(), "pods.jsonl", &line(&pod));
        write(
            folder.path(),
            "nodes.jsonl",
            &line(&json!({"metadata": {"name": "node-1", "uid": "n"}})),
        );
        fs::write(folder.path().join("events.jsonl"), "").unwrap();
        // Twice: what a second run of the collector finds out replaces what the first did.
        for _ in 0..2 {
            cover(folder.path(), &[ExpectedPods::any_of_job("my-job", 2)]).unwrap();
            let coverage = fs::read(folder.path().join(COVERAGE)).unwrap();
            let coverage: Value = serde_json::from_slice(&coverage).unwrap();
            assert_eq!(coverage["totals"]["pods_never_created"], 1);
            let filled = fs::read_to_string(folder.path().join(FILLED)).unwrap();
            assert_eq!(filled.lines().count(), 2, "{filled}");
        }
    }
}
