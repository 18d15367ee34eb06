//! The book has every page of `docs/`, each once.

use std::fs;
use std::path::Path;

use crate::tree;

/// Returns the pages that the book lacks, and those that it has twice.
pub(crate) fn has_every_page() -> Vec<String> {
    let summary = Path::new("docs/SUMMARY.md");
    let text = fs::read_to_string(tree::root().join(summary)).unwrap();
    let pages = tree::pages().into_iter();
    let pages = pages.filter(|page| page.starts_with("docs") && page != summary);
    pages
        .filter_map(|page| {
            let name = page.strip_prefix("docs").unwrap().display().to_string();
            match text.matches(&format!("({name})")).count() {
                1 => None,
                0 => Some(format!("docs/SUMMARY.md lacks {name}")),
                _ => Some(format!("docs/SUMMARY.md has {name} more than once")),
            }
        })
        .collect()
}
