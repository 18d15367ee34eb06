//! How the start of one image on one number of nodes changed.

use pullstudy_events::{ComparedRow, Verdict};
use pullstudy_report::{Alignment, Column, IntervalRow, Table};
use serde::Serialize;

use super::super::sections::intervals::label;
use super::super::starts::{Middle, Starts};

/// What may be said of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Change {
    Slower,
    Faster,
    #[serde(rename = "no_difference_shown")]
    NotShown,
    TooFew,
}

/// What is shown of it. Seconds and USD are those of now without those of before.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) experiment: String,
    pub(super) nodes: Option<u32>,
    pub(super) image: String,
    pub(super) starts_base: usize,
    pub(super) starts_new: usize,
    pub(super) start_base_seconds: f64,
    pub(super) start_new_seconds: f64,
    pub(super) difference_seconds: f64,
    pub(super) base_usd: Option<f64>,
    pub(super) difference_usd: Option<f64>,
    /// Of what was tested: starts, or pulls of nodes.
    pub(super) count_base: usize,
    pub(super) count_new: usize,
    pub(super) shift_seconds: f64,
    pub(super) shift_low_seconds: Option<f64>,
    pub(super) shift_high_seconds: Option<f64>,
    pub(super) p_corrected: Option<f64>,
    #[serde(rename = "verdict")]
    pub(super) change: Change,
}

impl Row {
    pub(super) fn of(
        experiment: &str,
        (before, now): &(Starts, Starts),
        tested: &ComparedRow,
    ) -> Self {
        // What was tested has a pull on either side, and every pull is part of a start.
        let middle = |starts: &Starts, image: &str| starts.middle(tested.nodes, image);
        let nothing = Middle {
            count: 0,
            median_seconds: 0.0,
            median_usd: None,
        };
        let base = middle(before, &tested.image_a).unwrap_or(nothing);
        let new = middle(now, &tested.image_b).unwrap_or(nothing);
        let interval = tested.shift_seconds.interval;
        Self {
            experiment: experiment.to_owned(),
            nodes: tested.nodes,
            image: tested.image_b.clone(),
            starts_base: base.count,
            starts_new: new.count,
            start_base_seconds: base.median_seconds,
            start_new_seconds: new.median_seconds,
            difference_seconds: new.median_seconds - base.median_seconds,
            base_usd: base.median_usd,
            difference_usd: new
                .median_usd
                .zip(base.median_usd)
                .map(|(new, base)| new - base),
            count_base: tested.count_a,
            count_new: tested.count_b,
            shift_seconds: -tested.shift_seconds.estimate,
            shift_low_seconds: interval.map(|interval| -interval.high),
            shift_high_seconds: interval.map(|interval| -interval.low),
            p_corrected: tested.p_corrected,
            change: Change::of(tested.verdict),
        }
    }

    /// What a picture draws of it, if there is an interval.
    pub(super) fn interval(&self) -> Option<IntervalRow> {
        let (low, high) = self.shift_low_seconds.zip(self.shift_high_seconds)?;
        Some(IntervalRow {
            label: label(&self.image, self.nodes),
            estimate: self.shift_seconds,
            low,
            high,
            count: self.count_new as u64,
            baseline_count: self.count_base as u64,
        })
    }

    /// Per cent of the seconds before; nothing where a start took no time.
    pub(super) fn difference_percent(&self) -> Option<f64> {
        let before = self.start_base_seconds;
        (before > 0.0).then(|| 100.0 * self.difference_seconds / before)
    }

    /// Node-seconds by which starts differ, which is what a change is weighed by.
    pub(super) fn weight(&self) -> f64 {
        self.difference_seconds.abs() * f64::from(self.nodes.unwrap_or(1))
    }
}

impl Change {
    fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::AFaster => Self::Slower,
            Verdict::BFaster => Self::Faster,
            Verdict::NoDifferenceShown => Self::NotShown,
            _ => Self::TooFew,
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Slower => "slower",
            Self::Faster => "faster",
            Self::NotShown => "no difference shown",
            Self::TooFew => "too few",
        }
    }
}

pub(super) fn table(has_price: bool) -> Table<Row> {
    let usd = |column: Column<Row>| match has_price {
        true => column,
        false => column.only_in_files(),
    };
    Table::new(vec![
        Column::text("experiment", "experiment"),
        Column::count("nodes", "nodes"),
        Column::text("image", "image"),
        Column::count("starts_base", "starts before"),
        Column::count("starts_new", "now"),
        Column::seconds("start_base_seconds", "start before s"),
        Column::seconds("start_new_seconds", "now s"),
        Column::seconds("difference_seconds", "difference s"),
        usd(Column::usd("base_usd", "before USD")),
        usd(Column::usd("difference_usd", "difference USD")),
        Column::count("count_base", "tested before"),
        Column::count("count_new", "now"),
        Column::seconds("shift_seconds", "shift s"),
        Column::custom("shift_low_seconds", "interval", Alignment::Right, interval),
        Column::hidden("shift_high_seconds"),
        Column::custom("p_corrected", "p", Alignment::Right, p_words),
        Column::custom("verdict", "verdict", Alignment::Left, |row: &Row| {
            row.change.words().to_owned()
        }),
    ])
}

fn interval(row: &Row) -> String {
    match row.shift_low_seconds.zip(row.shift_high_seconds) {
        Some((low, high)) => format!("{low:.2} to {high:.2}"),
        None => "-".to_owned(),
    }
}

fn p_words(row: &Row) -> String {
    match row.p_corrected {
        Some(p) if p < 0.001 => "<0.001".to_owned(),
        Some(p) => format!("{p:.3}"),
        None => "-".to_owned(),
    }
}
