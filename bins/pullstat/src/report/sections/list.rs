//! All pulls: the slowest to be seen, and every one to be taken along.

use std::collections::BTreeSet;

use pullstudy_events::Pull;
use pullstudy_report::grouped;

use super::super::study::{Choices, Study};
use super::{csv, table};
use crate::events::pulls;
use pullstudy_report::Section;

/// What the file of the page leaves out: each is different in every row, and pullstat pulls has them.
const LEFT_OUT: [&str; 3] = ["pod_uid", "message", "file"];

pub(in crate::report) fn section(
    study: &Study,
    choices: &Choices<'_>,
) -> anyhow::Result<Option<Section>> {
    if study.pulls.is_empty() {
        return Ok(None);
    }
    let names = pulls::names(&study.pulls, &[]);
    let slowest = slowest(&study.pulls, choices);
    let caption = format!(
        "The {} slowest of {} pulls, and of images that were present; the file has all of them",
        grouped(slowest.len() as u64),
        grouped(study.pulls.len() as u64)
    );
    let shown = pulls::table(&names, false);
    let made = table("pulls", &caption, &shown, &pulls::rows(slowest, &names))?;
    let made = made.raw_csv(all(&study.pulls, &names)?);
    let section = Section::new("all-pulls", "All pulls").text(format!(
        "The file leaves {} out, to be small; pullstat pulls has every column.",
        LEFT_OUT.join(", ")
    ));
    Ok(Some(section.table(made)))
}

/// The slowest first; of equals, the first of the logs.
fn slowest<'a>(pulls: &'a [Pull], choices: &Choices<'_>) -> Vec<&'a Pull> {
    let seconds = |pull: &Pull| pull.seconds(choices.clock()).unwrap_or(-1.0);
    let mut slowest: Vec<&Pull> = pulls.iter().collect();
    slowest.sort_by(|a, b| seconds(b).total_cmp(&seconds(a)));
    slowest.truncate(choices.args.slowest);
    slowest
}

fn all(pulls: &[Pull], names: &BTreeSet<String>) -> anyhow::Result<Vec<u8>> {
    let table = pulls::table(names, false).without(&LEFT_OUT);
    csv(&table, &pulls::rows(pulls, names))
}
