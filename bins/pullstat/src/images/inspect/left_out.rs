//! What was found and cannot be inspected, by kind and by name.

use std::collections::BTreeMap;

use pullstudy_console::in_words;
use pullstudy_report::grouped;
use pullstudy_survey::SubjectError;

/// So many of a kind are named.
const NAMED: usize = 3;

/// How many there are of each kind, and the first of them.
#[derive(Debug, Default)]
pub(super) struct LeftOut(BTreeMap<(&'static str, &'static str), (usize, Vec<String>)>);

impl LeftOut {
    pub(super) fn add(&mut self, error: &SubjectError) {
        let (count, named) = self.0.entry(kind(error)).or_default();
        *count += 1;
        if named.len() < NAMED {
            named.push(in_words(error));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns a line a kind.
    pub(super) fn lines(&self) -> Vec<String> {
        let line = |((_, meaning), (count, named)): (&(_, &str), &(usize, Vec<String>))| {
            let more = match count - named.len() {
                0 => String::new(),
                more => format!("; and {} more", grouped(more as u64)),
            };
            let (count, named) = (grouped(*count as u64), named.join("; "));
            format!("not inspected: {meaning} ({count}): {named}{more}")
        };
        self.0.iter().map(line).collect()
    }
}

fn kind(error: &SubjectError) -> (&'static str, &'static str) {
    match error {
        SubjectError::Repository { .. } => {
            ("unreadable-repository", "repositories that cannot be read")
        }
        SubjectError::NotArchived { .. } => ("no-manifest", "manifests that the archive lacks"),
        SubjectError::NotAnImage { .. } => ("no-image", "documents that are no images"),
        SubjectError::NoPlatform { .. } => ("other-platform", "images for other platforms"),
        _ => ("unreadable", "images whose documents cannot be read"),
    }
}
