//! Bytes that are pulled, unpacked and stored, and that no container ever sees.

use std::collections::HashMap;

use serde::Serialize;

/// Why the contents of a file are of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum WasteCause {
    /// A later layer put something else in the file's place, or in that of a folder above it.
    Overwritten,
    /// A later layer has the same contents under the same name: only owner, mode, time or attributes changed.
    Rewritten,
    /// A later layer removed it, by a whiteout of its own name or of a folder above it.
    Deleted,
    /// The same layer has something else in its place.
    Repeated,
}

impl WasteCause {
    /// Returns the word used in files and tables: `overwritten`, `rewritten`, `deleted`, `repeated`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Overwritten => "overwritten",
            Self::Rewritten => "rewritten",
            Self::Deleted => "deleted",
            Self::Repeated => "repeated",
        }
    }
}

/// A file that lost its last name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WastedFile {
    pub(super) path: Box<[u8]>,
    pub(super) size_bytes: u64,
    /// The layer that holds the contents.
    pub(super) layer: u32,
    /// The layer that made them useless.
    pub(super) lost_in: u32,
    pub(super) cause: WasteCause,
    pub(super) content: [u8; 16],
}

/// A path whose contents were stored in vain, once or more often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WastedPath {
    /// The path, from the root. What is no UTF-8 in it is replaced.
    pub path: String,
    /// The bytes of all copies that are of no use.
    pub wasted_bytes: u64,
    /// How many copies that are.
    pub copies: u64,
    /// Why the largest of them is of no use.
    pub cause: WasteCause,
    /// The layer that holds the largest of them, counted from 1.
    pub layer: u32,
    /// The layer that made it useless.
    pub lost_in_layer: u32,
}

/// Wasted bytes by their cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WasteByCause {
    /// See [`WasteCause::Overwritten`].
    pub overwritten_bytes: u64,
    /// See [`WasteCause::Rewritten`].
    pub rewritten_bytes: u64,
    /// See [`WasteCause::Deleted`].
    pub deleted_bytes: u64,
    /// See [`WasteCause::Repeated`].
    pub repeated_bytes: u64,
}

impl WasteByCause {
    pub(super) fn of(files: &[WastedFile]) -> Self {
        let mut sums = Self::default();
        for file in files {
            let sum = match file.cause {
                WasteCause::Overwritten => &mut sums.overwritten_bytes,
                WasteCause::Rewritten => &mut sums.rewritten_bytes,
                WasteCause::Deleted => &mut sums.deleted_bytes,
                WasteCause::Repeated => &mut sums.repeated_bytes,
            };
            *sum = sum.saturating_add(file.size_bytes);
        }
        sums
    }

    /// Returns the sum of all causes.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        let parts = [
            self.overwritten_bytes,
            self.rewritten_bytes,
            self.deleted_bytes,
            self.repeated_bytes,
        ];
        parts.into_iter().fold(0, u64::saturating_add)
    }
}

/// Returns the paths that waste most, at most `limit` of them, the worst first.
pub(super) fn worst(files: &[WastedFile], limit: usize) -> Vec<WastedPath> {
    let mut by_path: HashMap<&[u8], (u64, u64, &WastedFile)> = HashMap::new();
    for file in files {
        let (bytes, copies, largest) = by_path.entry(&file.path).or_insert((0, 0, file));
        *bytes = bytes.saturating_add(file.size_bytes);
        *copies += 1;
        if file.size_bytes > largest.size_bytes {
            *largest = file;
        }
    }
    let mut sums: Vec<_> = by_path.into_iter().collect();
    sums.sort_unstable_by(|a, b| b.1.0.cmp(&a.1.0).then(a.0.cmp(b.0)));
    sums.truncate(limit);
    let row =
        |(path, (wasted_bytes, copies, largest)): (&[u8], (u64, u64, &WastedFile))| WastedPath {
            path: String::from_utf8_lossy(path).into_owned(),
            wasted_bytes,
            copies,
            cause: largest.cause,
            layer: largest.layer,
            lost_in_layer: largest.lost_in,
        };
    sums.into_iter().map(row).collect()
}
