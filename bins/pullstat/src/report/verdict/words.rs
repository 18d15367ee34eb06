//! The verdict in a sentence or two.

use pullstudy_console::counted;
use pullstudy_report::{human_seconds, human_usd};

use super::change::{Change, Row};
use super::{Basis, Compared, Limit, Outcome};

impl Compared {
    /// What is said first.
    pub(super) fn sentence(&self) -> String {
        let base = &self.base;
        match self.outcome() {
            Outcome::Worse if self.fails_more() => self.failures(),
            Outcome::Worse => {
                let worst = self.largest(|row| self.is_too_much(row));
                format!("Worse than {base}: {}", self.about(worst, Change::Slower))
            }
            Outcome::WithinLimits => {
                let worst = self.largest(|row| row.change == Change::Slower);
                let limits: Vec<String> = self.limits.iter().map(Limit::words).collect();
                format!(
                    "Slower than {base}, by no more than {} allowed: {}",
                    limits.join(" or "),
                    self.about(worst, Change::Slower)
                )
            }
            Outcome::Better => {
                let best = self.largest(|row| row.change == Change::Faster);
                format!("Better than {base}: {}", self.about(best, Change::Faster))
            }
            Outcome::NoDifferenceShown => format!(
                "No difference to {base} is shown: of {} not one is more than chance.",
                counted(self.rows.len(), "comparison")
            ),
            Outcome::NotComparable => self.not_comparable(),
        }
    }

    fn failures(&self) -> String {
        let [before, now] = self.not_pulled;
        format!(
            "Worse than {}: {} failed or did not end, {before} did before; a start without them has no end.",
            self.base,
            counted(now, "pull")
        )
    }

    fn not_comparable(&self) -> String {
        match self.rows.len() {
            0 => format!(
                "Cannot be compared with {}: no image was pulled in both on the same number of nodes.",
                self.base
            ),
            rows => format!(
                "Cannot be compared with {}: of {} (an image on a number of nodes) not one has observations enough to show any difference; repeat the runs \
                 (repeats: 5 in study.yaml), or pull on more nodes.",
                self.base,
                counted(rows, "row")
            ),
        }
    }

    /// The row that weighs most, of those that count.
    fn largest(&self, counts: impl Fn(&Row) -> bool) -> Option<&Row> {
        let rows = self.rows.iter().filter(|row| counts(row));
        rows.max_by(|a, b| a.weight().total_cmp(&b.weight()))
    }

    fn about(&self, row: Option<&Row>, change: Change) -> String {
        let Some(row) = row else {
            return String::new();
        };
        let others = self.rows.iter().filter(|other| other.change == change);
        let more = match others.count().saturating_sub(1) {
            0 => String::new(),
            more => format!(
                "; {more} more of {} changed the same way",
                counted(self.rows.len(), "comparison")
            ),
        };
        format!("{}{}{more}.", change_words(row), self.evidence(row))
    }

    /// What the sentence rests on.
    fn evidence(&self, row: &Row) -> String {
        let starts = format!(
            "{} before, {} now",
            counted(row.starts_base, "start"),
            row.starts_new
        );
        let interval = match row.shift_low_seconds.zip(row.shift_high_seconds) {
            Some((low, high)) => format!(", the interval of the shift is {low:.2} to {high:.2} s"),
            None => String::new(),
        };
        match self.basis {
            Basis::Starts => format!(" ({starts}{interval})"),
            Basis::Nodes => format!(
                " ({starts}; by the pulls of {} and {} nodes{interval})",
                row.count_base, row.count_new
            ),
        }
    }
}

/// `this change adds 40.0 s (26 %) and 12.00 USD to a 256-node start of app:1: 195 s, 155 s before`.
fn change_words(row: &Row) -> String {
    let nodes = row.nodes.map_or_else(
        || "a start".to_owned(),
        |nodes| format!("a {nodes}-node start"),
    );
    let verb = if row.difference_seconds < 0.0 {
        ("takes", "from")
    } else {
        ("adds", "to")
    };
    let percent = row
        .difference_percent()
        .map_or_else(String::new, |percent| format!(" ({percent:+.1} %)"));
    let usd = row.difference_usd.map_or_else(String::new, |usd| {
        format!(" and {} USD", human_usd(usd.abs()))
    });
    format!(
        "this change {} {} s{percent}{usd} {} {nodes} of {}: {} s, {} s before",
        verb.0,
        human_seconds(row.difference_seconds.abs()),
        verb.1,
        row.image,
        human_seconds(row.start_new_seconds),
        human_seconds(row.start_base_seconds)
    )
}
