//! Pull times by group.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pullstudy_stats::{Sample, Summary};

use super::column::Column;
use super::key::Key;
use super::moments::sum;
use super::warning::{Group, SummaryWarning};
use crate::pull::{Clock, Pull};
use crate::trace::PullOutcome;

/// Waiting beyond this part of a group's seconds is worth a warning.
const WAITING_SHARE: f64 = 0.05;

/// The rows of a summary, and what to know about them.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Summaries {
    /// A row a group, sorted by key.
    pub rows: Vec<SummaryRow>,
    /// What a reader must know, in the order of the rows.
    pub warnings: Vec<SummaryWarning>,
}

/// The pulls of one group.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SummaryRow {
    /// The group's values in the columns.
    pub key: Key,
    /// Pulls that succeeded.
    pub count: usize,
    /// Nodes that these were pulled to, as far as the events name them. Fewer than `count` where pods shared a node.
    pub pulled_nodes: usize,
    /// Those of them that are known by their pods' statuses only, without seconds.
    pub filled: usize,
    /// Seconds of those of which they are known; `None` if of none.
    pub seconds: Option<Summary>,
    /// Containers that found the image on the node.
    pub present: usize,
    /// Pulls that failed for good.
    pub failed: usize,
    /// Pulls of which no event tells the end.
    pub unfinished: usize,
    /// `failed / (count + failed)`, 0 to 1; `None` where no pull came to an end.
    pub failure_rate: Option<f64>,
}

/// Sums up the pulls of each group by a clock.
///
/// A group in which nothing was pulled has a row, with a count of 0. A warning tells
///
/// - where waiting is more than 5 % of a group's seconds, as far as its pulls tell both times,
/// - by [`Clock::PullOnly`], how many pulls tell one time only: kubelets before 1.25 do, and it holds the queue,
/// - where there are fewer pulls than nodes, or several pulls on one node, in groups by image and number of nodes; an
///   image that was present everywhere measures nothing, and needs no warning,
/// - where each pull stands in several files, and where seconds are missing,
/// - where pulls are known by their pods' statuses only: they count, and are in no figure of seconds.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use pullstudy_events::{Clock, Column, Place, Pull, PullOutcome, summarise};
///
/// let mut pull = Pull::new(Arc::new(Place::new("events.json")), PullOutcome::Pulled);
/// pull.including_waiting_seconds = Some(2.0);
/// let summaries = summarise(&[pull], &[Column::File], Clock::IncludingWaiting);
/// assert_eq!(summaries.rows[0].count, 1);
/// assert_eq!(summaries.rows[0].seconds.map(|seconds| seconds.median), Some(2.0));
/// ```
#[must_use]
pub fn summarise(pulls: &[Pull], columns: &[Column], clock: Clock) -> Summaries {
    let names = Column::names(columns);
    let cluster = ClusterColumns::of(columns);
    let mut summaries = Summaries::default();
    for (key, tally) in tallies(pulls, columns, clock) {
        let group = Group {
            columns: Arc::clone(&names),
            key,
        };
        let warnings = tally.warnings(&group, cluster, clock);
        summaries.warnings.extend(warnings);
        summaries.rows.push(tally.into_row(group.key));
    }
    summaries
}

fn tallies(pulls: &[Pull], columns: &[Column], clock: Clock) -> BTreeMap<Key, Tally> {
    let mut tallies: BTreeMap<Key, Tally> = BTreeMap::new();
    for pull in pulls {
        let tally = tallies.entry(Column::key(columns, pull)).or_default();
        tally.add(pull, clock);
    }
    tallies
}

/// Whether groups are such that each node of a cluster should have a pull in each.
#[derive(Clone, Copy)]
struct ClusterColumns {
    is_by_image_and_nodes: bool,
}

impl ClusterColumns {
    fn of(columns: &[Column]) -> Self {
        let is_image = |column: &Column| {
            matches!(
                column,
                Column::Image | Column::Name | Column::Tag | Column::Repository
            )
        };
        let is_finer = |column: &Column| {
            matches!(
                column,
                Column::Node | Column::Pod | Column::Container | Column::File | Column::Outcome
            )
        };
        let is_by_image_and_nodes = columns.iter().any(is_image)
            && columns.contains(&Column::Nodes)
            && !columns.iter().any(is_finer);
        Self {
            is_by_image_and_nodes,
        }
    }
}

/// What is counted of one group.
#[derive(Default)]
struct Tally {
    seconds: Vec<f64>,
    /// Of the pulls that tell both times: with waiting, and without.
    including_waiting_seconds: Vec<f64>,
    pull_only_seconds: Vec<f64>,
    /// Pulls whose one time is taken for the pull alone, though the queue is in it.
    one_time: usize,
    pulled: usize,
    pulled_in_several_files: usize,
    /// Pulls of which the pod's status tells the end, and nothing the seconds.
    filled: usize,
    present: usize,
    failed: usize,
    unfinished: usize,
    nodes: Option<u32>,
    pulled_nodes: BTreeSet<Arc<str>>,
    pulled_without_node: usize,
}

impl Tally {
    fn add(&mut self, pull: &Pull, clock: Clock) {
        self.nodes = pull.place.nodes;
        match pull.outcome {
            PullOutcome::Pulled => self.add_pulled(pull, clock),
            PullOutcome::Present => self.present += 1,
            PullOutcome::Failed => self.failed += 1,
            PullOutcome::Unfinished => self.unfinished += 1,
        }
    }

    fn add_pulled(&mut self, pull: &Pull, clock: Clock) {
        self.pulled += 1;
        self.filled += usize::from(pull.is_filled());
        self.pulled_in_several_files += usize::from(pull.files > 1);
        self.seconds.extend(pull.seconds(clock));
        self.pulled_without_node += usize::from(pull.node.is_none());
        self.pulled_nodes.extend(pull.node.clone());
        let both = pull.including_waiting_seconds.zip(pull.pull_seconds);
        if let Some((including_waiting, pull_only)) = both {
            self.including_waiting_seconds.push(including_waiting);
            self.pull_only_seconds.push(pull_only);
        }
        let is_one_time = both.is_none() && pull.pull_seconds.is_some();
        self.one_time += usize::from(is_one_time);
    }

    fn warnings(
        &self,
        group: &Group,
        cluster: ClusterColumns,
        clock: Clock,
    ) -> impl Iterator<Item = SummaryWarning> + use<> {
        let warnings = [
            self.waiting(group, clock),
            self.one_time(group, clock),
            self.coverage(group, cluster),
            self.shared_nodes(group, cluster),
            self.repeated(group),
            self.filled(group),
            self.without_seconds(group),
        ];
        warnings.into_iter().flatten()
    }

    fn waiting(&self, group: &Group, clock: Clock) -> Option<SummaryWarning> {
        let including_waiting = sum(&self.including_waiting_seconds);
        let share = (including_waiting - sum(&self.pull_only_seconds)) / including_waiting;
        (clock == Clock::IncludingWaiting && share > WAITING_SHARE).then(|| {
            SummaryWarning::Waiting {
                group: group.clone(),
                share,
            }
        })
    }

    fn one_time(&self, group: &Group, clock: Clock) -> Option<SummaryWarning> {
        (clock == Clock::PullOnly && self.one_time > 0).then(|| SummaryWarning::OneTime {
            group: group.clone(),
            pulled: self.pulled,
            one_time: self.one_time,
        })
    }

    fn coverage(&self, group: &Group, cluster: ClusterColumns) -> Option<SummaryWarning> {
        let nodes = self.nodes.filter(|_| cluster.is_by_image_and_nodes)?;
        let without_success = self.failed + self.unfinished;
        let was_wanted = self.pulled + without_success > 0;
        let is_short = u32::try_from(self.pulled).is_ok_and(|pulled| pulled < nodes);
        (was_wanted && is_short).then(|| SummaryWarning::Coverage {
            group: group.clone(),
            nodes,
            pulled: self.pulled,
            present: self.present,
            without_success,
        })
    }

    /// Pods on one node share a download: their times are one observation told twice.
    fn shared_nodes(&self, group: &Group, cluster: ClusterColumns) -> Option<SummaryWarning> {
        let nodes = self.nodes.filter(|_| cluster.is_by_image_and_nodes)?;
        let is_known = self.pulled_without_node == 0;
        (is_known && self.pulled_nodes.len() < self.pulled).then(|| SummaryWarning::SharedNodes {
            group: group.clone(),
            nodes,
            pulled: self.pulled,
            pulled_nodes: self.pulled_nodes.len(),
        })
    }

    fn repeated(&self, group: &Group) -> Option<SummaryWarning> {
        let is_repeated = self.pulled > 0 && self.pulled_in_several_files == self.pulled;
        is_repeated.then(|| SummaryWarning::Repeated {
            group: group.clone(),
            pulled: self.pulled,
        })
    }

    fn filled(&self, group: &Group) -> Option<SummaryWarning> {
        (self.filled > 0).then(|| SummaryWarning::Filled {
            group: group.clone(),
            pulled: self.pulled,
            filled: self.filled,
        })
    }

    /// Those that are known by a status have a warning of their own.
    fn without_seconds(&self, group: &Group) -> Option<SummaryWarning> {
        let without = (self.pulled - self.seconds.len()).saturating_sub(self.filled);
        (without > 0).then(|| SummaryWarning::WithoutSeconds {
            group: group.clone(),
            pulled: self.pulled,
            without,
        })
    }

    fn into_row(self, key: Key) -> SummaryRow {
        SummaryRow {
            key,
            count: self.pulled,
            filled: self.filled,
            pulled_nodes: self.pulled_nodes.len(),
            seconds: Sample::new(self.seconds)
                .ok()
                .map(|sample| Summary::of(&sample)),
            present: self.present,
            failed: self.failed,
            unfinished: self.unfinished,
            failure_rate: failure_rate(self.pulled, self.failed),
        }
    }
}

/// The part of the pulls that came to an end which failed.
pub(super) fn failure_rate(pulled: usize, failed: usize) -> Option<f64> {
    let ended = pulled + failed;
    (ended > 0).then(|| failed as f64 / ended as f64)
}
