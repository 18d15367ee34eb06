//! What a word means.

/// A word of the page, and what it means.
#[derive(Debug, Clone)]
pub struct Definition {
    id: String,
    pub(super) term: String,
    pub(super) text: String,
}

impl Definition {
    /// Defines `term`; facts and columns refer to it by `id`.
    #[must_use]
    pub fn new(id: impl Into<String>, term: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            term: term.into(),
            text: text.into(),
        }
    }

    /// Returns the id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}
