//! A folder of logs as large as the one of the published study's performance runs, made from the logs that it kept.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use pullstudy_events::{FoundLogs, Layout};

/// What the study's folder had.
const LOGS: usize = 222;
const LINES: usize = 595_394;

/// Of ten lines in that folder three are events; the others are the exporter's own log.
const EVENTS_OF_TEN: usize = 3;

/// Shorter events are left out: those of the study's folder were longer than those of the logs that are here.
const MIN_EVENT_BYTES: usize = 1_200;

/// The sizes of the clusters, which are the names of folders.
const NODES: [&str; 3] = ["4", "8", "16"];

const UID_KEY: &[u8] = b"\"uid\":\"";

/// What was written: what a reader must find.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) bytes: u64,
    pub(super) lines: u64,
    pub(super) events: u64,
    pub(super) pulled: u64,
}

/// The lines of the logs that the study kept.
struct Kept {
    events: Vec<Vec<u8>>,
    log_lines: Vec<Vec<u8>>,
}

/// Writes the logs into and below `folder`.
pub(super) fn write(folder: &Path) -> anyhow::Result<Written> {
    let kept = Kept::read(&data_folder()?)?;
    let mut written = Written::default();
    let mut line = 0;
    for log in 0..LOGS {
        let end = LINES * (log + 1) / LOGS;
        let mut file = create(folder, log)?;
        for line in line..end {
            kept.write_line(line, &mut file, &mut written)?;
        }
        file.flush()?;
        line = end;
    }
    Ok(written)
}

fn create(folder: &Path, log: usize) -> anyhow::Result<BufWriter<File>> {
    let (run, nodes) = (log / NODES.len(), NODES[log % NODES.len()]);
    let folder = folder.join(format!("run{run}/{nodes}"));
    fs::create_dir_all(&folder)?;
    let file = File::create(folder.join(format!("events-size-{nodes}-{log}.json")))?;
    Ok(BufWriter::new(file))
}

impl Kept {
    fn read(data: &Path) -> anyhow::Result<Self> {
        let logs = FoundLogs::find(&[data], &Layout::default())?;
        let (mut events, mut log_lines) = (Vec::new(), Vec::new());
        for place in logs.places() {
            let text = fs::read(&place.file)?;
            for line in text.split(|&byte| byte == b'\n') {
                if line.starts_with(b"{\"level\":") && line.ends_with(b"}") {
                    log_lines.push(line.to_owned());
                } else if line.starts_with(b"{\"metadata\":") && line.len() >= MIN_EVENT_BYTES {
                    events.push(line.to_owned());
                }
            }
        }
        ensure!(
            !events.is_empty() && !log_lines.is_empty(),
            "the logs in {} are not those of the study",
            data.display()
        );
        Ok(Self { events, log_lines })
    }

    /// Writes one line of all: the kept events in turn, each time with other uids, so that none is a repeat.
    fn write_line(
        &self,
        line: usize,
        to: &mut impl Write,
        written: &mut Written,
    ) -> anyhow::Result<()> {
        let (tens, of_ten) = (line / 10, line % 10);
        let text = if of_ten < EVENTS_OF_TEN {
            let event = tens * EVENTS_OF_TEN + of_ten;
            let text = &self.events[event % self.events.len()];
            written.events += 1;
            written.pulled += u64::from(is_pulled(text));
            with_other_uids(text, event / self.events.len())?
        } else {
            let log_line = tens * (10 - EVENTS_OF_TEN) + of_ten - EVENTS_OF_TEN;
            self.log_lines[log_line % self.log_lines.len()].clone()
        };
        to.write_all(&text)?;
        to.write_all(b"\n")?;
        written.lines += 1;
        written.bytes += text.len() as u64 + 1;
        Ok(())
    }
}

/// Overwrites two digits of each uid. Those of the study are random: no two of them differ in these digits alone.
fn with_other_uids(event: &[u8], round: usize) -> anyhow::Result<Vec<u8>> {
    ensure!(round < 256, "two digits tell 256 rounds apart");
    let digits = format!("{round:02x}");
    let mut event = event.to_owned();
    let mut at = 0;
    while let Some(found) = find(&event[at..], UID_KEY) {
        at += found + UID_KEY.len();
        if let Some(start) = event.get_mut(at..at + digits.len())
            && start.iter().all(u8::is_ascii_hexdigit)
        {
            start.copy_from_slice(digits.as_bytes());
        }
    }
    Ok(event)
}

fn is_pulled(event: &[u8]) -> bool {
    find(event, b"\"reason\":\"Pulled\"").is_some()
        && find(event, b"\"message\":\"Successfully pulled image").is_some()
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// The logs lie in `../shared/data/pulling` beside the workspace, or below where `PULLSTUDY_DATA` says.
fn data_folder() -> anyhow::Result<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");
    let data = std::env::var_os("PULLSTUDY_DATA").map_or_else(|| beside.into(), PathBuf::from);
    let pulling = data.join("pulling");
    if !pulling.is_dir() {
        bail!(
            "this benchmark is made of the published study's logs, which are not in {}: set PULLSTUDY_DATA to the \
             folder that has them in `pulling`",
            pulling.display()
        );
    }
    fs::canonicalize(&pulling).with_context(|| format!("failed to find {}", pulling.display()))
}
