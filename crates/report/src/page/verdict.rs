//! What came out of a comparison.

/// Which way a comparison went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerdictKind {
    /// Shown to be faster or cheaper.
    Better,
    /// Shown to be slower or dearer.
    Worse,
    /// Slower or dearer, and by no more than somebody allows.
    WorseWithinLimits,
    /// The observations show no difference. That is not to say that there is none.
    NoDifferenceShown,
    /// Nothing stands on both sides, or too little.
    NotComparable,
}

impl VerdictKind {
    /// Returns the word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::WorseWithinLimits => "worse, within what is allowed",
            Self::NoDifferenceShown => "no difference shown",
            Self::NotComparable => "not comparable",
        }
    }
}

/// What came out of a comparison, in one sentence.
#[derive(Debug, Clone)]
pub struct Verdict {
    kind: VerdictKind,
    text: String,
}

impl Verdict {
    /// Says which way it went, and in a sentence by how much.
    #[must_use]
    pub fn new(kind: VerdictKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
        }
    }

    /// Returns which way it went.
    #[must_use]
    pub fn kind(&self) -> VerdictKind {
        self.kind
    }

    /// Returns the sentence.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}
