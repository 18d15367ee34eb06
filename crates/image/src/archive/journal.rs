//! The list of a repository's tags: one line a record, later lines replace earlier ones.
//!
//! Lines are appended while tags are fetched; a process that is killed leaves half a line at worst, which is no line.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::missing::Missing;
use crate::Digest;

/// The version of the files written here.
pub(super) const FORMAT_VERSION: u32 = 1;

/// What is known of a tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TagRecord {
    /// The tag; none for what was asked for by digest alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// What the tag stood for; none where the registry did not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// The media type of the manifest or index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// The size of the manifest or index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// When the registry was asked, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at_unix_seconds: Option<u64>,
    /// What could not be had of it, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Missing>,
}

impl TagRecord {
    /// Starts a record of a tag of which nothing is known yet.
    pub fn new(tag: impl Into<String>) -> Self {
        Self {
            tag: Some(tag.into()),
            ..Self::default()
        }
    }

    /// Starts a record of what is asked for by digest alone.
    pub fn of_digest(digest: Digest) -> Self {
        Self {
            digest: Some(digest),
            ..Self::default()
        }
    }

    /// What tells one record from another.
    pub(super) fn key(&self) -> String {
        match (&self.tag, self.digest) {
            (Some(tag), _) => tag.clone(),
            (None, Some(digest)) => digest.to_string(),
            (None, None) => String::new(),
        }
    }
}

/// The tags a registry listed, or why it did not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TagList {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) asked_at_unix_seconds: Option<u64>,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) missing: Option<Missing>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
enum Line {
    Repository {
        format_version: u32,
        repository: String,
    },
    Tags(TagList),
    Tag(TagRecord),
}

/// Everything a journal says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Journal {
    pub(super) repository: String,
    pub(super) list: Option<TagList>,
    /// One record a tag, in the order in which they first appeared.
    records: Vec<TagRecord>,
    positions: HashMap<String, usize>,
}

/// Why a text is no journal.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// There is no whole first line, or it is something else.
    NoHeader,
    /// It is of this version.
    Version(u32),
    /// A line, counted from 1, is no record.
    Line(usize, String),
}

impl Journal {
    pub(super) fn new(repository: String) -> Self {
        Self {
            repository,
            ..Self::default()
        }
    }

    /// Reads a journal. Returns it, and whether it should be written anew: it ends with half a line, or most of its
    /// lines were replaced by later ones.
    pub(super) fn parse(text: &str) -> Result<(Self, bool), Fault> {
        let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
        let mut lines = whole.lines().enumerate();
        let first = lines.next().map(|(_, line)| serde_json::from_str(line));
        let Some(Ok(Line::Repository {
            format_version,
            repository,
        })) = first
        else {
            return Err(Fault::NoHeader);
        };
        if format_version != FORMAT_VERSION {
            return Err(Fault::Version(format_version));
        }
        let mut journal = Self::new(repository);
        let mut count = 0;
        for (position, line) in lines {
            let line = serde_json::from_str(line)
                .map_err(|error| Fault::Line(position + 1, error.to_string()))?;
            journal.enter(line);
            count += 1;
        }
        let live = journal.records.len() + usize::from(journal.list.is_some());
        let stale = whole.len() < text.len() || count > 2 * live + 16;
        Ok((journal, stale))
    }

    fn enter(&mut self, line: Line) {
        match line {
            Line::Repository { .. } => {}
            Line::Tags(list) => self.list = Some(list),
            Line::Tag(record) => self.put(record),
        }
    }

    pub(super) fn put(&mut self, record: TagRecord) {
        let key = record.key();
        match self.positions.get(&key) {
            Some(&position) => self.records[position] = record,
            None => {
                self.positions.insert(key, self.records.len());
                self.records.push(record);
            }
        }
    }

    pub(super) fn record(&self, key: &str) -> Option<&TagRecord> {
        self.positions
            .get(key)
            .map(|&position| &self.records[position])
    }

    pub(super) fn records(&self) -> &[TagRecord] {
        &self.records
    }

    /// Writes all that is known, without what was replaced.
    pub(super) fn to_text(&self) -> String {
        let header = Line::Repository {
            format_version: FORMAT_VERSION,
            repository: self.repository.clone(),
        };
        let mut text = line(&header);
        if let Some(list) = &self.list {
            text.push_str(&list_line(list));
        }
        for record in &self.records {
            text.push_str(&record_line(record));
        }
        text
    }
}

pub(super) fn list_line(list: &TagList) -> String {
    line(&Line::Tags(list.clone()))
}

pub(super) fn record_line(record: &TagRecord) -> String {
    line(&Line::Tag(record.clone()))
}

fn line(line: &Line) -> String {
    let mut text = serde_json::to_string(line).expect("records are made of texts and numbers");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{MissingPart, MissingReason};

    fn journal() -> Journal {
        let mut journal = Journal::new("docker.io/library/busybox".into());
        journal.list = Some(TagList {
            tags: vec!["1".into(), "2".into()],
            ..TagList::default()
        });
        journal.put(TagRecord {
            digest: Some(Digest::of(b"1")),
            ..TagRecord::new("1")
        });
        let gone = Missing::new(MissingPart::Manifest, MissingReason::NotFound);
        journal.put(TagRecord {
            missing: vec![gone.with_message("no such tag")],
            ..TagRecord::new("2")
        });
        journal.put(TagRecord::of_digest(Digest::of(b"3")));
        journal
    }

    #[test]
    fn a_journal_reads_back() {
        let journal = journal();
        assert_eq!(Journal::parse(&journal.to_text()), Ok((journal, false)));
    }

    #[test]
    fn a_journal_cut_anywhere_after_its_header_is_a_shorter_journal() {
        let text = journal().to_text();
        let header = text.find('\n').unwrap() + 1;
        for end in 0..text.len() {
            let parsed = Journal::parse(&text[..end]);
            if end < header {
                assert_eq!(parsed, Err(Fault::NoHeader));
                continue;
            }
            let (shorter, stale) = parsed.unwrap();
            assert!(shorter.records().len() <= 3);
            assert_eq!(stale, !text[..end].ends_with('\n'));
        }
    }

    #[test]
    fn later_lines_win_and_many_replaced_ones_call_for_a_new_file() {
        let mut text = journal().to_text();
        for size in 0..60 {
            let record = TagRecord {
                size_bytes: Some(size),
                ..TagRecord::new("1")
            };
            text.push_str(&record_line(&record));
        }
        let (journal, stale) = Journal::parse(&text).unwrap();
        assert!(stale);
        assert_eq!(journal.record("1").unwrap().size_bytes, Some(59));
        assert_eq!(journal.records()[0].tag.as_deref(), Some("1"));
    }

    #[test]
    fn broken_lines_and_other_versions_are_named() {
        let text = journal().to_text();
        let broken = text.replacen("\"record\":\"tags\"", "\"record\":\"tugs\"", 1);
        assert!(matches!(Journal::parse(&broken), Err(Fault::Line(2, _))));
        let newer = text.replacen("\"format_version\":1", "\"format_version\":9", 1);
        assert_eq!(Journal::parse(&newer), Err(Fault::Version(9)));
    }
}
