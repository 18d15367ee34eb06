//! What a reader of a summary must know.

use std::fmt;
use std::sync::Arc;

use super::key::Key;

/// The group that a warning is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Names of the columns.
    pub columns: Arc<[String]>,
    /// The group's values in them.
    pub key: Key,
}

/// Prints each column with its value, `all pulls` without columns.
impl fmt::Display for Group {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.columns.is_empty() {
            return formatter.write_str("all pulls");
        }
        for (position, (column, value)) in self.columns.iter().zip(&self.key.0).enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            write!(formatter, "{comma}{column} {value}")?;
        }
        Ok(())
    }
}

/// Something that makes a group's figures mean less than they seem to.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SummaryWarning {
    /// Much of the seconds is the queue behind other images.
    Waiting {
        /// The group.
        group: Group,
        /// Which part of the seconds is waiting, above 0.05.
        share: f64,
    },
    /// There are fewer pulls than nodes.
    Coverage {
        /// The group.
        group: Group,
        /// Nodes of the cluster.
        nodes: u32,
        /// Pulls that succeeded.
        pulled: usize,
        /// Containers that found the image present.
        present: usize,
        /// Pulls that failed or have no end.
        without_success: usize,
    },
    /// Each pull stands in several files.
    Repeated {
        /// The group.
        group: Group,
        /// How many there are.
        pulled: usize,
    },
    /// Pulls succeeded of which no seconds are known.
    WithoutSeconds {
        /// The group.
        group: Group,
        /// Pulls that succeeded.
        pulled: usize,
        /// Those without seconds.
        without: usize,
    },
}

/// Prints the cause, what it does to the figures, and what helps.
impl fmt::Display for SummaryWarning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting { group, share } => write!(
                formatter,
                "{group}: {:.1} % of the seconds is waiting behind other images, so the figures say more of the \
                 queue than of this image; --clock pull-only leaves it out",
                share * 100.0
            ),
            Self::Coverage {
                group,
                nodes,
                pulled,
                present,
                without_success,
            } => write!(
                formatter,
                "{group}: {pulled} pulls on a cluster of {nodes} nodes ({present} present, {without_success} failed \
                 or unfinished), so the figures do not tell of every node; `pullstat pulls` lists those there are"
            ),
            Self::Repeated { group, pulled } => write!(
                formatter,
                "{group}: all {pulled} pulls stand in two files or more, as in a log that was copied or replayed; \
                 each counts once, but leave one of the files out if it is of another run"
            ),
            Self::WithoutSeconds {
                group,
                pulled,
                without,
            } => write!(
                formatter,
                "{group}: {without} of {pulled} pulls have no seconds, neither in the message nor by timestamps, so \
                 the figures are of the others"
            ),
        }
    }
}
