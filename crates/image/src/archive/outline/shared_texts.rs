//! Short texts that come again and again, kept once.

use std::sync::Arc;

use pullstudy_json::RawText;

/// The media types, systems and architectures of a repository: a handful each.
#[derive(Debug, Default)]
pub(super) struct SharedTexts {
    /// What is asked for often stands in front.
    texts: Vec<Arc<str>>,
}

/// More are not remembered: whoever makes up a media type a layer must not make the search long.
const MAX_TEXTS: usize = 64;

impl SharedTexts {
    pub(super) fn share(&mut self, text: &str) -> Arc<str> {
        self.known(text.as_bytes())
            .unwrap_or_else(|| self.remember(text))
    }

    /// Shares a text as it stands in a file; `None` for one with an escape in it, or that is no UTF-8.
    pub(super) fn share_plain(&mut self, raw: RawText<'_>) -> Option<Arc<str>> {
        // What is known has no escape in it.
        self.known(raw.bytes())
            .or_else(|| Some(self.remember(plain(raw)?)))
    }

    fn known(&mut self, text: &[u8]) -> Option<Arc<str>> {
        let position = self
            .texts
            .iter()
            .position(|known| known.as_bytes() == text)?;
        // One step to the front each time: a rare text does not push a frequent one away.
        let ahead = position.saturating_sub(1);
        self.texts.swap(ahead, position);
        Some(Arc::clone(&self.texts[ahead]))
    }

    fn remember(&mut self, text: &str) -> Arc<str> {
        let shared: Arc<str> = text.into();
        if self.texts.len() < MAX_TEXTS && !text.contains(is_escaped_in_json) {
            self.texts.push(Arc::clone(&shared));
        }
        shared
    }
}

/// Returns the text of a string in which nothing is escaped.
pub(super) fn plain(raw: RawText<'_>) -> Option<&str> {
    let text = std::str::from_utf8(raw.bytes()).ok()?;
    (!text.contains(is_escaped_in_json)).then_some(text)
}

fn is_escaped_in_json(letter: char) -> bool {
    letter == '\\' || letter < ' '
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_once() {
        let mut texts = SharedTexts::default();
        let first = texts.share("linux");
        for other in 0..100 {
            assert_eq!(*texts.share(&other.to_string()), *other.to_string());
        }
        assert!(Arc::ptr_eq(&first, &texts.share("linux")));
    }
}
