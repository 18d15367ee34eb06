//! Where a log lies, and what that says of the pulls in it.

use std::collections::BTreeMap;

/// A file of events, with what its folders say: experiment, number of nodes, and any other named part of the layout.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The file as it was named or found; `-` for standard input.
    pub file: String,
    /// Name of the experiment, if the layout has it and the path fits.
    pub experiment: Option<String>,
    /// Number of nodes of the cluster, if the layout has it and the path fits.
    pub nodes: Option<u32>,
    /// What the other named parts of the layout matched.
    pub columns: BTreeMap<String, String>,
}

impl Place {
    /// A file of which only its name is known.
    #[must_use]
    pub fn new(file: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            ..Self::default()
        }
    }
}
