//! Pull times by image and number of nodes.

use pullstudy_events::summarise;
use pullstudy_report::{PullTimes, Scale};

use super::super::study::{Choices, Study, USUAL_COLUMNS};
use super::table;
use crate::events::fields::Fields;
use crate::events::{picture, summary};
use pullstudy_report::{PageFigure, Section};

/// So many groups fit into one picture.
const GROUPS_DRAWN: usize = 40;

/// So many rows are shown before the others are asked for.
pub(in crate::report) const ROWS_SHOWN: usize = 60;

/// So many rows of pull times are in a page for a pull request.
const ROWS_IN_SHORT: usize = 10;

/// So many warnings are read beside a table.
const WARNINGS_SHOWN: usize = 6;

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Extent {
    /// Everything, for a browser.
    Full,
    /// What a comment can hold: no pictures.
    Short,
}

impl Extent {
    fn rows(self) -> usize {
        match self {
            Self::Full => ROWS_SHOWN,
            Self::Short => ROWS_IN_SHORT,
        }
    }
}

/// A section and what the command would have warned of.
pub(in crate::report) struct Told {
    pub(in crate::report) section: Section,
    pub(in crate::report) warnings: Vec<String>,
}

pub(in crate::report) fn section(
    study: &Study,
    choices: &Choices<'_>,
    extent: Extent,
) -> anyhow::Result<Option<Told>> {
    if study.pulls.is_empty() {
        return Ok(None);
    }
    let summaries = summarise(&study.pulls, &USUAL_COLUMNS, choices.clock());
    let most = extent.rows();
    let mut rows = summary::rows(&USUAL_COLUMNS, &summaries);
    let caption = match rows.len() > most {
        true => {
            rows.sort_by(|a, b| sum(b).total_cmp(&sum(a)));
            "Pull times by experiment, nodes and image; the largest sums first"
        }
        false => "Pull times by experiment, nodes and image",
    };
    let mut section = Section::new("pull-times", "Pull times by image and number of nodes");
    if let (Extent::Full, Some(figure)) = (extent, boxes(study, choices)?) {
        section = section.figure(figure);
    }
    let made = table("summary", caption, &summary::table(&USUAL_COLUMNS), &rows)?;
    let warnings = summary::warnings(&summaries);
    Ok(Some(Told {
        section: section.table(made.first(most)).warnings(first(&warnings)),
        warnings,
    }))
}

/// Leaves the warnings that fit beside a table, and says where the others are.
fn first(warnings: &[String]) -> Vec<String> {
    let mut shown: Vec<String> = warnings.iter().take(WARNINGS_SHOWN).cloned().collect();
    match warnings.len() - shown.len() {
        0 => {}
        more => shown.push(format!("{more} more; pullstat summary tells all of them")),
    }
    shown
}

fn sum(row: &Fields) -> f64 {
    row.get("sum_seconds")
        .and_then(serde_json::Value::as_f64)
        .unwrap_or(0.0)
}

fn boxes(study: &Study, choices: &Choices<'_>) -> anyhow::Result<Option<PageFigure>> {
    let clock = choices.clock();
    let all = picture::pull_times(&study.pulls, clock);
    let count = all.len();
    let rows = largest(all, GROUPS_DRAWN);
    if rows.is_empty() {
        return Ok(None);
    }
    let caption = match count > rows.len() {
        true => format!(
            "Pull times: the {} of {count} groups with the largest sums of seconds (--image chooses others)",
            rows.len()
        ),
        false => "Pull times".to_owned(),
    };
    let linear = picture::box_plot_of(&rows, clock, Scale::Linear)?;
    let figure = PageFigure::new("pull-times-boxes", caption, "linear", linear);
    let has_logarithm = rows
        .iter()
        .flat_map(|row| &row.seconds)
        .all(|&seconds| seconds > 0.0);
    Ok(Some(match has_logarithm {
        true => figure.also(
            "logarithmic",
            picture::box_plot_of(&rows, clock, Scale::Log)?,
        ),
        false => figure,
    }))
}

/// Leaves the groups with the largest sums, in the order in which they were.
fn largest(rows: Vec<PullTimes>, most: usize) -> Vec<PullTimes> {
    let sum = |row: &PullTimes| row.seconds.iter().sum::<f64>();
    let mut sums: Vec<f64> = rows.iter().map(sum).collect();
    sums.sort_by(|a, b| b.total_cmp(a));
    let Some(&least) = sums.get(most.saturating_sub(1)) else {
        return rows;
    };
    let mut rows: Vec<PullTimes> = rows.into_iter().filter(|row| sum(row) >= least).collect();
    rows.truncate(most);
    rows
}
