//! What of a set counts.

/// What of a set counts when it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Every item counts as one: layers.
    Items,
    /// Every item counts with its weight: bytes. Items without weight do not count at all, so that two
    /// sets of nothing else are as equal as two empty ones.
    Weights,
}
