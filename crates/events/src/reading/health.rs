//! What was read of logs, and what was left out and why.

use std::collections::BTreeMap;

/// So many lines that were left out are shown of each file.
const SHOWN_LINES: usize = 10;

/// So many characters of each.
const SHOWN_CHARACTERS: usize = 200;

/// What was in one log, or in several.
///
/// Every line that is not blank is one of: `log_lines` (JSON, but no event), `non_json_lines`, `oversized_lines`, or
/// holds events. In a log over many lines (`kubectl get events -o json`) the objects are counted, not their lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogHealth {
    /// Lines that are not blank.
    pub lines: u64,
    /// Lines without any JSON record.
    pub non_json_lines: u64,
    /// JSON without a reason: lines of the exporter's own log, mostly.
    pub log_lines: u64,
    /// Lines, or objects over several lines, too long to be held in memory.
    pub oversized_lines: u64,
    /// Lines with more or less than one record: two records run together, the first mostly cut off. What is whole
    /// of them is read; the rest is lost.
    pub cut_lines: u64,
    /// Events, each time that one is told.
    pub events: u64,
    /// Events that the collector made of pod statuses, each time that one is told; not among `events`.
    pub filled_events: u64,
    /// Events without metadata; they are told apart by what they say.
    pub events_without_metadata: u64,
    /// Timestamps that are no moment between 1970 and 2262 in UTC; the event counts without them.
    pub bad_timestamps: u64,
    /// Distinct events by reason.
    pub reasons: BTreeMap<String, u64>,
    /// Lines that are JSON but no event, by level and message; beyond 50 kinds a file, under `…`.
    pub log_kinds: BTreeMap<(String, String), u64>,
    /// The first lines of each file that are no JSON, cut, or too long.
    pub left_out: Vec<LeftOut>,
}

/// A line that was not read, or not wholly.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut {
    /// Where it stands, counted from 1.
    pub line: u64,
    /// Its beginning.
    pub text: String,
}

impl LogHealth {
    pub(super) fn leave_out(&mut self, line: u64, text: &[u8]) {
        if self.left_out.len() < SHOWN_LINES {
            let text = &text[..text.len().min(SHOWN_CHARACTERS * 4)];
            let text = String::from_utf8_lossy(text);
            let text = text.trim().chars().take(SHOWN_CHARACTERS).collect();
            self.left_out.push(LeftOut { line, text });
        }
    }

    /// Adds the counts of another log. Reasons are counted by whoever knows which events are distinct.
    pub(crate) fn add(&mut self, other: &Self) {
        self.lines += other.lines;
        self.non_json_lines += other.non_json_lines;
        self.log_lines += other.log_lines;
        self.oversized_lines += other.oversized_lines;
        self.cut_lines += other.cut_lines;
        self.events += other.events;
        self.filled_events += other.filled_events;
        self.events_without_metadata += other.events_without_metadata;
        self.bad_timestamps += other.bad_timestamps;
        for (kind, count) in &other.log_kinds {
            *self.log_kinds.entry(kind.clone()).or_default() += count;
        }
    }
}
