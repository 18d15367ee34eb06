//! Which lines of other programs' logs stand among the events.

use std::collections::BTreeMap;

use crate::record::Record;
use pullstudy_json::RawText;

/// So many kinds are told apart; the rest is counted together.
const MAX_KINDS: usize = 50;

/// What stands for the kinds beyond that.
const MORE: &str = "…";

/// Counts log lines by level and message, as they stand in the file.
#[derive(Debug, Default)]
pub(super) struct LogKinds {
    kinds: Vec<Kind>,
    /// The last one that was counted: an exporter says the same thing a thousand times.
    latest: usize,
    more: u64,
}

#[derive(Debug)]
struct Kind {
    level: Box<[u8]>,
    message: Box<[u8]>,
    names: (String, String),
    count: u64,
}

impl Kind {
    fn is(&self, (level, message): (&[u8], &[u8])) -> bool {
        *self.message == *message && *self.level == *level
    }
}

impl LogKinds {
    pub(super) fn count(&mut self, line: &Record<'_>) {
        let raw =
            |text: Option<RawText<'_>>| text.map_or_else(Vec::new, |text| text.bytes().to_vec());
        let key = (bytes(line.level), bytes(line.message));
        if !self.kinds.get(self.latest).is_some_and(|kind| kind.is(key)) {
            self.latest = self
                .kinds
                .iter()
                .position(|kind| kind.is(key))
                .unwrap_or(self.kinds.len());
        }
        if self.latest < self.kinds.len() {
            self.kinds[self.latest].count += 1;
        } else if self.kinds.len() < MAX_KINDS {
            self.kinds.push(Kind {
                level: raw(line.level).into(),
                message: raw(line.message).into(),
                names: (text(line.level), text(line.message)),
                count: 1,
            });
        } else {
            self.more += 1;
        }
    }

    pub(super) fn into_counts(self) -> BTreeMap<(String, String), u64> {
        let mut counts = BTreeMap::new();
        for kind in self.kinds {
            *counts.entry(kind.names).or_default() += kind.count;
        }
        if self.more > 0 {
            *counts
                .entry((MORE.to_owned(), MORE.to_owned()))
                .or_default() += self.more;
        }
        counts
    }
}

fn bytes(raw: Option<RawText<'_>>) -> &[u8] {
    raw.map_or(&[], RawText::bytes)
}

fn text(raw: Option<RawText<'_>>) -> String {
    raw.map_or_else(String::new, |raw| raw.text().into_owned())
}
