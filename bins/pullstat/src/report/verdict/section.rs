//! The comparison on the page.

use pullstudy_console::counted;
use pullstudy_events::{Comparison, OneSided};

use super::super::sections::{intervals::DRAWN, table, times::ROWS_SHOWN};
use super::super::study::Choices;
use super::change::Row;
use super::{Basis, Compared, Outcome, change};
use pullstudy_report::{IntervalRow, Intervals, PageFigure, Section, Verdict, VerdictKind};

impl Compared {
    /// What stands first on the page.
    pub(in crate::report) fn verdict(&self) -> Verdict {
        let text = self.sentence();
        let kind = match self.outcome() {
            Outcome::Worse => VerdictKind::Worse,
            Outcome::WithinLimits => VerdictKind::WorseWithinLimits,
            Outcome::Better => VerdictKind::Better,
            Outcome::NoDifferenceShown => VerdictKind::NoDifferenceShown,
            Outcome::NotComparable => VerdictKind::NotComparable,
        };
        Verdict::new(kind, text)
    }

    pub(in crate::report) fn section(&self, choices: &Choices<'_>) -> anyhow::Result<Section> {
        let title = format!("Compared with {}", self.base);
        let mut section = Section::new("compared", title);
        for line in self.method(choices) {
            section = section.text(line);
        }
        if !self.rows.is_empty() {
            let caption = "Starts before and now, by image and number of nodes";
            let shown = change::table(choices.machines.is_some());
            if let Some(figure) = self.intervals()? {
                section = section.figure(figure);
            }
            let made = table("compared-starts", caption, &shown, &self.rows)?;
            section = section.table(made.first(ROWS_SHOWN));
        }
        Ok(section.warnings(self.warnings.clone()))
    }

    /// Draws by how many seconds starts differ, of the rows in front that were tested.
    fn intervals(&self) -> anyhow::Result<Option<PageFigure>> {
        let tested = self.rows.iter().filter(|row| row.p_corrected.is_some());
        let all: Vec<IntervalRow> = tested.filter_map(Row::interval).collect();
        if all.is_empty() {
            return Ok(None);
        }
        let rows = &all[..all.len().min(DRAWN)];
        let title = format!("Now beside {}", self.base);
        let figure = Intervals::of_seconds(title.as_str())
            .with_baseline(self.base.as_str())
            .with_note("Shift of Hodges and Lehmann. Each interval is of its row alone, and one in twenty lies beside the line by chance; the verdicts below are corrected for that.")
            .draw(rows)?;
        let figure = PageFigure::new("compared-intervals", title, "intervals", figure);
        Ok(Some(figure))
    }

    fn method(&self, choices: &Choices<'_>) -> Vec<String> {
        let tested = self.rows.iter().filter(|row| row.p_corrected.is_some());
        let mut lines = vec![format!(
            "A start is one image coming onto all nodes of one run, and takes as long as its slowest node; medians of starts are \
             compared. {} made, {} of them with observations enough to be tested; p is corrected for these (Holm, Tarone) at {} %.",
            counted(self.rows.len(), "comparison"),
            tested.count(),
            choices.args.confidence.level() * 100.0
        )];
        lines.push(match self.basis {
            Basis::Starts => "Tested by starts, each of which counts once; shift and interval are of starts.".to_owned(),
            Basis::Nodes => "There are too few starts to test (4 before and 4 now are the least), so the pulls of nodes are tested, a \
                node once; shift and interval are of those. Nodes of one start share a registry and a moment: what differs from \
                start to start is not in it, so this is surer than it should be. Repeat the runs to have more starts."
                .to_owned(),
        });
        if choices.machines.is_none() {
            lines.push(
                "No machine is named, so nothing is said of money: --machine prices the starts."
                    .to_owned(),
            );
        }
        let [before, now] = self.not_pulled;
        if before + now > 0 {
            lines.push(format!(
                "{} failed or did not end before, {now} now; they are in no start. More than before is worse, tested or not.",
                counted(before, "pull")
            ));
        }
        lines
    }
}

/// What of one experiment has no counterpart.
pub(super) fn one_sided(experiment: &str, comparison: &Comparison) -> Vec<String> {
    let line = |rows: &[OneSided], when: &str| {
        let first = rows.first()?;
        Some(format!(
            "{experiment}: {} only {when} and not compared, such as {}",
            counted(rows.len(), "row"),
            first.image
        ))
    };
    let lines = [
        line(&comparison.only_a, "before"),
        line(&comparison.only_b, "now"),
    ];
    lines.into_iter().flatten().collect()
}
