//! Simulated runs as files that real ones leave.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use pullstudy_console::say;
use pullstudy_events::{Event, EventsFile, TraceWriter};
use pullstudy_simulator::{Outcome, Recording, Scenario, Strategy};

/// Simulated runs begin at 2000-01-01T00:00:00Z, long before there were containers: nobody takes them for measured ones,
/// and the same scenario gives the same files.
const BEGINS_AT: Duration = Duration::from_secs(946_684_800);

/// Writes the events of all pods and the traces of all pulls. The strategy is the experiment.
pub(super) fn write(
    out: &Path,
    strategy: &Strategy,
    scenario: &Scenario,
    outcome: &Outcome,
) -> anyhow::Result<()> {
    let begins_at = SystemTime::UNIX_EPOCH + BEGINS_AT;
    let recording = Recording::new(strategy.to_string(), begins_at);
    let file = EventsFile::new(out, &strategy.to_string(), scenario.nodes, begins_at)?;
    let events: Vec<Event> = recording.events(scenario, outcome).collect();
    file.write(&events)?;
    say(format_args!("{}", file.path().display()));
    let folder = file.path().parent().unwrap_or(out);
    let traces = folder.join("trace.jsonl");
    fs::create_dir_all(folder).with_context(|| format!("failed to make {}", folder.display()))?;
    let opened = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&traces);
    let opened = opened.with_context(|| format!("failed to write {}", traces.display()))?;
    let mut writer = TraceWriter::new(&traces, std::io::BufWriter::new(opened));
    for trace in recording.traces(scenario, outcome) {
        writer.write(&trace)?;
    }
    say(format_args!("{}", traces.display()));
    Ok(())
}
