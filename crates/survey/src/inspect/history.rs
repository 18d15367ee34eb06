//! Which command made which layer.

use pullstudy_image::HistoryEntry;
use serde::Serialize;

/// Whether a config's history tells which command made which layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum History {
    /// It has one step with a layer for each layer.
    Matches,
    /// It has more or fewer: no step is given to any layer, rather than a wrong one.
    Differs,
    /// There is none.
    Missing,
}

/// The step that made a layer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) command: Option<String>,
    pub(super) created: Option<String>,
}

/// Gives each layer its step; steps that made no layer are passed over.
pub(super) fn steps(history: &[HistoryEntry], layers: usize) -> (History, Vec<Step>) {
    let made: Vec<&HistoryEntry> = history.iter().filter(|step| !step.empty_layer).collect();
    let nothing = vec![Step::default(); layers];
    if history.is_empty() {
        return (History::Missing, nothing);
    }
    if made.len() != layers {
        return (History::Differs, nothing);
    }
    let step = |entry: &&HistoryEntry| Step {
        command: entry.created_by.clone().or_else(|| entry.comment.clone()),
        created: entry.created.clone(),
    };
    (History::Matches, made.iter().map(step).collect())
}
