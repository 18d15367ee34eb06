//! The pull times behind one box.

use pullstudy_events::{PullOutcome, PullTrace};

/// The pull times of one image on one number of nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct PullTimes {
    /// What was pulled; rows of equal labels are drawn together.
    pub label: String,
    /// On how many nodes; gives the colour.
    pub nodes: Option<u32>,
    /// Every single pull time in seconds, in any order.
    pub seconds: Vec<f64>,
}

impl PullTimes {
    /// Collects traced pulls that succeeded by image and number of nodes, in the order of their first
    /// appearance, images kept together. The label is the reference of the image.
    #[must_use]
    pub fn of_traces<'a>(traces: impl IntoIterator<Item = &'a PullTrace>) -> Vec<Self> {
        let mut rows: Vec<Self> = Vec::new();
        for PullTrace { pull, .. } in traces {
            if pull.outcome != PullOutcome::Pulled {
                continue;
            }
            let is_same = |row: &&mut Self| row.label == pull.image && row.nodes == pull.nodes;
            match rows.iter_mut().find(is_same) {
                Some(row) => row.seconds.push(pull.seconds),
                None => insert_beside_its_image(
                    &mut rows,
                    Self {
                        label: pull.image.clone(),
                        nodes: pull.nodes,
                        seconds: vec![pull.seconds],
                    },
                ),
            }
        }
        rows
    }
}

fn insert_beside_its_image(rows: &mut Vec<PullTimes>, row: PullTimes) {
    let after = rows.iter().rposition(|other| other.label == row.label);
    rows.insert(after.map_or(rows.len(), |position| position + 1), row);
}
