//! The closing table of `ci`: each step, how long it took, and how it ended.

use std::fmt;
use std::time::Duration;

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All its commands succeeded.
    Done,
    /// One of its commands failed.
    Failed,
    /// A step before it failed.
    NotReached,
    /// This machine lacks what it needs: what, and how to get it.
    LeftOut(&'static str),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Failed => f.write_str("failed"),
            Self::NotReached => f.write_str("not reached"),
            Self::LeftOut(why) => write!(f, "NOT RUN: {why}"),
        }
    }
}

/// What became of each step, in their order.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    rows: Vec<(&'static str, Option<Duration>, Outcome)>,
}

impl Ledger {
    /// Enters a step that was run.
    pub(crate) fn enter(&mut self, step: &'static str, took: Duration, outcome: Outcome) {
        self.rows.push((step, Some(took), outcome));
    }

    /// Enters a step that was not.
    pub(crate) fn enter_not_reached(&mut self, step: &'static str) {
        self.rows.push((step, None, Outcome::NotReached));
    }

    /// Enters a step that this machine cannot run.
    pub(crate) fn enter_left_out(&mut self, step: &'static str, why: &'static str) {
        self.rows.push((step, None, Outcome::LeftOut(why)));
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<28}{:>8}  outcome", "step", "seconds")?;
        for (step, took, outcome) in &self.rows {
            let seconds = took.map_or("-".to_owned(), |took| format!("{:.1}", took.as_secs_f64()));
            writeln!(f, "{step:<28}{seconds:>8}  {outcome}")?;
        }
        let total: Duration = self.rows.iter().filter_map(|(_, took, _)| *took).sum();
        write!(f, "{:<28}{:>8.1}", "total", total.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_a_step_and_a_total() {
        let mut ledger = Ledger::default();
        ledger.enter("format", Duration::from_millis(1250), Outcome::Done);
        ledger.enter("clippy", Duration::from_secs(100), Outcome::Failed);
        ledger.enter_not_reached("tests");
        ledger.enter_left_out("cluster", "there is none");
        let expected = "\
step                         seconds  outcome
format                           1.2  done
clippy                         100.0  failed
tests                              -  not reached
cluster                            -  NOT RUN: there is none
total                          101.2";
        assert_eq!(ledger.to_string(), expected);
    }
}
