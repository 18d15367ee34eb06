//! Texts that come again and again, kept once.

use std::collections::HashSet;
use std::sync::Arc;

use crate::keyed_hash::KeyedHash;
use pullstudy_json::RawText;

/// Texts of one log: nodes, pods, images.
#[derive(Debug, Default)]
pub(crate) struct Strings {
    known: HashSet<Arc<str>, KeyedHash>,
}

impl Strings {
    pub(crate) fn keep(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.known.get(text) {
            return Arc::clone(known);
        }
        let kept: Arc<str> = text.into();
        self.known.insert(Arc::clone(&kept));
        kept
    }

    /// Keeps a text of an event; an empty one is none.
    pub(crate) fn keep_raw(&mut self, raw: Option<RawText<'_>>) -> Option<Arc<str>> {
        let raw = raw.filter(|raw| !raw.is_empty())?;
        Some(self.keep(&raw.text()))
    }
}
