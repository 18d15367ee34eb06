//! What a reader of a summary must know.

use std::fmt;
use std::sync::Arc;

use super::key::{Key, KeyValue};

/// The group that a warning is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Names of the columns.
    pub columns: Arc<[String]>,
    /// The group's values in them.
    pub key: Key,
}

/// Prints the columns that have a value, each with its own; `all pulls` if none has.
impl fmt::Display for Group {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.columns.iter().zip(&self.key.0);
        let known: Vec<String> = columns
            .filter(|(_, value)| **value != KeyValue::Null)
            .map(|(column, value)| format!("{column} {value}"))
            .collect();
        match known.is_empty() {
            true => formatter.write_str("all pulls"),
            false => formatter.write_str(&known.join(", ")),
        }
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
        /// Which part of the seconds is waiting, above 0.05: of the pulls that tell both times.
        share: f64,
    },
    /// Seconds of the pulls alone were asked for, and pulls tell one time only, with the queue in it.
    OneTime {
        /// The group.
        group: Group,
        /// Pulls that succeeded.
        pulled: usize,
        /// Those that tell one time only.
        one_time: usize,
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
    /// Several pulls were on one node: pods were not spread over the cluster.
    SharedNodes {
        /// The group.
        group: Group,
        /// Nodes of the cluster.
        nodes: u32,
        /// Pulls that succeeded.
        pulled: usize,
        /// Nodes that they were on, fewer than `pulled`.
        pulled_nodes: usize,
    },
    /// Each pull stands in several files.
    Repeated {
        /// The group.
        group: Group,
        /// How many there are.
        pulled: usize,
    },
    /// Of some pulls the events are lost; that they succeeded is known by their pods' statuses.
    Filled {
        /// The group.
        group: Group,
        /// Pulls that succeeded.
        pulled: usize,
        /// Those of which only a status tells.
        filled: usize,
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

impl SummaryWarning {
    /// Where warnings of the same kind stand together, and the worst first.
    fn order(&self) -> (Kind, f64) {
        match self {
            Self::Waiting { share, .. } => (Kind::Waiting, -share),
            Self::OneTime { one_time, .. } => (Kind::OneTime, -(*one_time as f64)),
            Self::Coverage { nodes, pulled, .. } => {
                (Kind::Coverage, *pulled as f64 / f64::from(*nodes))
            }
            Self::SharedNodes {
                pulled,
                pulled_nodes,
                ..
            } => (Kind::SharedNodes, *pulled_nodes as f64 / *pulled as f64),
            Self::Repeated { pulled, .. } => (Kind::Repeated, -(*pulled as f64)),
            Self::Filled { filled, .. } => (Kind::Filled, -(*filled as f64)),
            Self::WithoutSeconds { without, .. } => (Kind::WithoutSeconds, -(*without as f64)),
        }
    }
}

/// The kinds of warnings, in the order in which they are told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Waiting,
    OneTime,
    Coverage,
    SharedNodes,
    Repeated,
    Filled,
    WithoutSeconds,
}

impl Kind {
    fn what_is_wrong(self) -> &'static str {
        match self {
            Self::Waiting => "with much waiting behind other images",
            Self::OneTime => "with pulls whose only time holds the queue",
            Self::Coverage => "with fewer pulls than nodes",
            Self::SharedNodes => "with several pulls on one node",
            Self::Repeated => "with pulls that all stand in several files",
            Self::Filled => "with pulls that only pod statuses tell of",
            Self::WithoutSeconds => "with pulls without seconds",
        }
    }
}

/// Returns what to tell a person: of each kind of warning the worst `most`, and how many more there are.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use pullstudy_events::{Clock, Column, Place, Pull, PullOutcome, summarise, warning_lines};
///
/// let pulls: Vec<Pull> = (0..9)
///     .map(|number| {
///         let mut pull = Pull::new(Arc::new(Place::new("events.json")), PullOutcome::Pulled);
///         pull.image = Some(format!("app:{number}").into());
///         pull
///     })
///     .collect();
/// let summaries = summarise(&pulls, &[Column::Image], Clock::PullOnly);
/// let lines = warning_lines(&summaries.warnings, 2);
/// assert_eq!(lines.len(), 3);
/// assert_eq!(lines[2], "7 more groups with pulls without seconds");
/// ```
#[must_use]
pub fn warning_lines(warnings: &[SummaryWarning], most: usize) -> Vec<String> {
    let mut sorted: Vec<&SummaryWarning> = warnings.iter().collect();
    sorted.sort_by(|a, b| {
        let ((kind_a, worth_a), (kind_b, worth_b)) = (a.order(), b.order());
        kind_a.cmp(&kind_b).then(worth_a.total_cmp(&worth_b))
    });
    let of_one_kind = sorted.chunk_by(|a, b| a.order().0 == b.order().0);
    of_one_kind
        .flat_map(|group| lines_of_one_kind(group, most))
        .collect()
}

fn lines_of_one_kind(group: &[&SummaryWarning], most: usize) -> Vec<String> {
    let mut lines: Vec<String> = group.iter().take(most).map(ToString::to_string).collect();
    let more = group.len().saturating_sub(most);
    if let Some(first) = group.first().filter(|_| more > 0) {
        let what = first.order().0.what_is_wrong();
        lines.push(format!("{} {what}", counted(more, "more group")));
    }
    lines
}

/// `1 pull`, `2 pulls`.
fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// `2 of 3 pulls have`, and where there is but one, `the only pull has`.
fn part_of_pulls(part: usize, pulled: usize, (singular, plural): (&str, &str)) -> String {
    match pulled {
        1 => format!("the only pull {singular}"),
        _ => format!("{part} of {pulled} pulls {plural}"),
    }
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
            Self::OneTime {
                group,
                pulled,
                one_time,
            } => write!(
                formatter,
                "{group}: {} one time only, as kubelets before 1.25 do; it holds the queue behind \
                 other images, so the figures are not of the pull alone, and how much is waiting is not known",
                part_of_pulls(*one_time, *pulled, ("tells", "tell")),
            ),
            Self::Coverage {
                group,
                nodes,
                pulled,
                present,
                without_success,
            } => write!(
                formatter,
                "{group}: {} on a cluster of {} ({present} present, {without_success} failed \
                 or unfinished), so the figures do not tell of every node; `pullstat pulls` lists those there are",
                counted(*pulled, "pull"),
                counted(*nodes as usize, "node"),
            ),
            Self::SharedNodes {
                group,
                nodes,
                pulled,
                pulled_nodes,
            } => write!(
                formatter,
                "{group}: {} on {pulled_nodes} of {} nodes; pods on one node share its download and its disk, so \
                 these are fewer observations than pulls, and not of every node",
                counted(*pulled, "pull"),
                nodes,
            ),
            Self::Repeated { group, pulled: 1 } => write!(
                formatter,
                "{group}: the only pull stands in two files or more, as in a log that was copied or replayed; \
                 it counts once, but leave one of the files out if it is of another run"
            ),
            Self::Repeated { group, pulled } => write!(
                formatter,
                "{group}: all {pulled} pulls stand in two files or more, as in a log that was copied or replayed; \
                 each counts once, but leave one of the files out if it is of another run"
            ),
            Self::Filled {
                group,
                pulled,
                filled,
            } => write!(
                formatter,
                "{group}: {} known by the pod's status only, as events were lost; such a pull counts, but a status \
                 tells no seconds, so {}; `pullstat pulls` shows them with clock_source pod_status",
                part_of_pulls(*filled, *pulled, ("is", "are")),
                match filled == pulled {
                    true => "there are no figures",
                    false => "the figures are of the others",
                }
            ),
            Self::WithoutSeconds {
                group,
                pulled,
                without,
            } => write!(
                formatter,
                "{group}: {} no seconds, neither in the message nor by timestamps, so {}",
                part_of_pulls(*without, *pulled, ("has", "have")),
                match without == pulled {
                    true => "there are no figures",
                    false => "the figures are of the others",
                }
            ),
        }
    }
}
