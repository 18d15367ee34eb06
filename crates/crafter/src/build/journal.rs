//! Which layers a layout has, by recipe: a line for each, appended when the layer is whole.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Mutex;

use pullstudy_image::{DiffId, Digest};
use serde::{Deserialize, Serialize};

use super::RecipeFingerprint;
use crate::LayerReceipt;

/// The version of the lines; lines of another version are not understood and left alone.
const VERSION: u32 = 1;

/// A file of finished layers, open for more.
#[derive(Debug)]
pub(super) struct Journal {
    finished: BTreeMap<RecipeFingerprint, LayerReceipt>,
    file: Mutex<File>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    version: u32,
    recipe: String,
    digest: Digest,
    diff_id: DiffId,
    wire_bytes: u64,
    unpacked_bytes: u64,
    tar_bytes: u64,
}

impl Journal {
    /// Opens a journal, an empty one where there is none, and reads what it says.
    ///
    /// A process that was killed may have left half a line at the end: it is not understood, and the next line
    /// starts on its own.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .read(true)
            .open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let finished = bytes
            .split(|byte| *byte == b'\n')
            .filter_map(parse_line)
            .collect();
        if !bytes.is_empty() && !bytes.ends_with(b"\n") {
            file.write_all(b"\n")?;
        }
        Ok(Self {
            finished,
            file: Mutex::new(file),
        })
    }

    /// Returns what the journal said of a layer when it was opened.
    pub(super) fn recall(&self, recipe: &RecipeFingerprint) -> Option<LayerReceipt> {
        self.finished.get(recipe).copied()
    }

    /// Appends a line in a single write, so that a kill leaves at most one half line.
    pub(super) fn record(
        &self,
        recipe: &RecipeFingerprint,
        receipt: &LayerReceipt,
    ) -> io::Result<()> {
        let line = Line {
            version: VERSION,
            recipe: recipe.to_string(),
            digest: receipt.digest,
            diff_id: receipt.diff_id,
            wire_bytes: receipt.wire_bytes,
            unpacked_bytes: receipt.unpacked_bytes,
            tar_bytes: receipt.tar_bytes,
        };
        let mut bytes = serde_json::to_vec(&line)?;
        bytes.push(b'\n');
        let mut file = self
            .file
            .lock()
            .expect("a thread that writes a line does not panic");
        file.write_all(&bytes)
    }
}

fn parse_line(bytes: &[u8]) -> Option<(RecipeFingerprint, LayerReceipt)> {
    let line: Line = serde_json::from_slice(bytes).ok()?;
    (line.version == VERSION).then_some(())?;
    let receipt = LayerReceipt {
        digest: line.digest,
        diff_id: line.diff_id,
        wire_bytes: line.wire_bytes,
        unpacked_bytes: line.unpacked_bytes,
        tar_bytes: line.tar_bytes,
    };
    Some((line.recipe.parse().ok()?, receipt))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn receipt(size: u64) -> LayerReceipt {
        LayerReceipt {
            digest: Digest::of(&size.to_le_bytes()),
            diff_id: DiffId::of(b"tar"),
            wire_bytes: size,
            unpacked_bytes: 1,
            tar_bytes: 2048,
        }
    }

    fn fingerprint(text: &str) -> RecipeFingerprint {
        Digest::of(text.as_bytes()).to_string().parse().unwrap()
    }

    #[test]
    fn lines_are_read_back_and_a_torn_one_costs_only_itself() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("layers.jsonl");
        let journal = Journal::open(&path).unwrap();
        journal.record(&fingerprint("a"), &receipt(1)).unwrap();
        journal.record(&fingerprint("b"), &receipt(2)).unwrap();
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 9]).unwrap();

        let journal = Journal::open(&path).unwrap();
        assert_eq!(journal.recall(&fingerprint("a")), Some(receipt(1)));
        assert_eq!(journal.recall(&fingerprint("b")), None);
        journal.record(&fingerprint("c"), &receipt(3)).unwrap();
        let journal = Journal::open(&path).unwrap();
        assert_eq!(journal.recall(&fingerprint("c")), Some(receipt(3)));
    }

    #[test]
    fn lines_of_another_version_are_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("layers.jsonl");
        Journal::open(&path)
            .unwrap()
            .record(&fingerprint("a"), &receipt(1))
            .unwrap();
        let text = fs::read_to_string(&path)
            .unwrap()
            .replace("\"version\":1", "\"version\":2");
        fs::write(&path, &text).unwrap();
        assert_eq!(
            Journal::open(&path).unwrap().recall(&fingerprint("a")),
            None
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}
