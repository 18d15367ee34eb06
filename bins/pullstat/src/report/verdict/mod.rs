//! Whether starts became slower or dearer than they were in another folder.

mod change;
mod limit;
mod pairs;
mod section;
mod words;

use pullstudy_events::{CompareOptions, Comparison, Pull, PullOutcome, compare_all};

use super::sections::experiments::options;
use super::starts::Starts;
use super::study::{Choices, Study};
use change::{Change, Row};
use pairs::Pair;

pub(super) use limit::Limit;

/// Two folders, compared.
pub(super) struct Compared {
    base: String,
    rows: Vec<Row>,
    basis: Basis,
    /// Pulls that failed or have no end, before and now.
    not_pulled: [usize; 2],
    limits: Vec<Limit>,
    warnings: Vec<String>,
}

/// What a difference is tested by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Basis {
    /// The starts, each of which counts once.
    Starts,
    /// The pulls of nodes, since there are too few starts.
    Nodes,
}

/// All together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Worse,
    /// Slower, and by no more than is allowed.
    WithinLimits,
    Better,
    NoDifferenceShown,
    NotComparable,
}

impl Compared {
    /// Compares the starts of every image and number of nodes that are in both.
    pub(super) fn of(
        base_name: String,
        base: &Study,
        now: &Study,
        choices: &Choices<'_>,
    ) -> anyhow::Result<Self> {
        let limits = choices.args.fail_above.clone();
        limit::check(&limits, choices.machines.is_some())?;
        let (pairs, mut warnings) = pairs::of(base, now);
        let mut starts = Vec::new();
        for pair in &pairs {
            let before = Starts::of(&pair.base, choices)?;
            starts.push((before, Starts::of(&pair.now, choices)?));
        }
        let (basis, tested) = tested(&pairs, &starts, &options(choices));
        let mut rows = Vec::new();
        for ((pair, starts), comparison) in pairs.iter().zip(&starts).zip(&tested) {
            let compared = comparison.rows.iter();
            rows.extend(compared.map(|row| Row::of(&pair.name, starts, row)));
            warnings.extend(section::one_sided(&pair.name, comparison));
        }
        Ok(Self {
            base: base_name,
            rows,
            basis,
            not_pulled: [base, now].map(|study| not_pulled(&study.pulls)),
            limits,
            warnings,
        })
    }

    /// The sentence of a failure, if this is one.
    pub(super) fn failure(&self) -> Option<String> {
        (self.outcome() == Outcome::Worse).then(|| self.sentence())
    }

    fn outcome(&self) -> Outcome {
        let any = |change: Change| self.rows.iter().any(|row| row.change == change);
        if self.fails_more() || self.rows.iter().any(|row| self.is_too_much(row)) {
            Outcome::Worse
        } else if any(Change::Slower) {
            Outcome::WithinLimits
        } else if any(Change::Faster) {
            Outcome::Better
        } else if any(Change::NotShown) {
            Outcome::NoDifferenceShown
        } else {
            Outcome::NotComparable
        }
    }

    fn fails_more(&self) -> bool {
        let [before, now] = self.not_pulled;
        now > before
    }

    fn is_too_much(&self, row: &Row) -> bool {
        let exceeds = |limit: &Limit| limit.is_exceeded_by(row);
        row.change == Change::Slower && (self.limits.is_empty() || self.limits.iter().any(exceeds))
    }
}

fn not_pulled(pulls: &[Pull]) -> usize {
    let is_lost =
        |pull: &&Pull| matches!(pull.outcome, PullOutcome::Failed | PullOutcome::Unfinished);
    pulls.iter().filter(is_lost).count()
}

/// Tests by starts where these can show anything at all, by the pulls of nodes else: one family of tests in either case.
fn tested(
    pairs: &[Pair],
    starts: &[(Starts, Starts)],
    options: &CompareOptions,
) -> (Basis, Vec<Comparison>) {
    let sets: Vec<(&[Pull], &[Pull])> = starts
        .iter()
        .map(|(before, now)| (before.slowest(), now.slowest()))
        .collect();
    let by_starts = compare_all(&sets, options);
    let mut rows = by_starts.iter().flat_map(|comparison| &comparison.rows);
    if rows.any(|row| row.p_corrected.is_some()) {
        return (Basis::Starts, by_starts);
    }
    let sets: Vec<(&[Pull], &[Pull])> = pairs
        .iter()
        .map(|pair| (pair.base.as_slice(), pair.now.as_slice()))
        .collect();
    let options = CompareOptions {
        per_node: true,
        ..*options
    };
    (Basis::Nodes, compare_all(&sets, &options))
}
