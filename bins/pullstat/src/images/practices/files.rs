//! A row a file.

use std::io::Write;

use pullstudy_console::terminal_width;
use pullstudy_report::{Alignment, Column, Format, Table};
use pullstudy_survey::{BaseImage, BaseMeaning, DockerfileFacts, DockerfileReport, Practice};
use serde::Serialize;
use serde_json::{Map, Value};

/// So much of the base images is shown in a table.
const BASES_LENGTH: usize = 60;

/// A file. Keys are a contract.
#[derive(Debug, Serialize)]
struct Row {
    file: String,
    owner: String,
    /// `read`, or the reason why it could not be.
    outcome: &'static str,
    problem: Option<String>,
    utf8: Option<bool>,
    stages: Option<usize>,
    layers: Option<usize>,
    /// References, or what is written where the file alone does not tell which.
    bases: Vec<String>,
    copies_from: Vec<String>,
    apt_installs: Option<usize>,
    apt_updates: Option<usize>,
    apt_lists_removed: Option<usize>,
    apt_cleaned: Option<usize>,
    workdirs: Option<usize>,
    workdirs_on_existing: Option<usize>,
    onbuild: Option<usize>,
    /// True, false, or null where it does not apply.
    #[serde(flatten)]
    practices: Map<String, Value>,
}

impl Row {
    fn of(report: &DockerfileReport) -> Self {
        let facts = report.outcome.as_ref().ok();
        let why = report.outcome.as_ref().err();
        let count = |of: fn(&DockerfileFacts) -> usize| facts.map(of);
        Self {
            file: report.file.clone(),
            owner: report.owner.clone(),
            outcome: why.map_or("read", |why| why.reason.as_str()),
            problem: why.map(|why| why.message.clone()),
            utf8: facts.map(|_| report.is_utf8),
            stages: count(|facts| facts.stages),
            layers: count(|facts| facts.layers),
            bases: facts.map_or_else(Vec::new, |facts| names(&facts.bases)),
            copies_from: facts.map_or_else(Vec::new, copies_from),
            apt_installs: count(|facts| facts.apt_installs),
            apt_updates: count(|facts| facts.apt_updates),
            apt_lists_removed: count(|facts| facts.apt_removes_lists),
            apt_cleaned: count(|facts| facts.apt_cleans),
            workdirs: count(|facts| facts.workdirs),
            workdirs_on_existing: count(|facts| {
                facts.workdirs_on_made + facts.workdirs_on_standard
            }),
            onbuild: count(|facts| facts.onbuild),
            practices: practices(facts),
        }
    }

    /// As much of the base images as a table has place for.
    fn shown_bases(&self) -> String {
        let bases = self.bases.join(", ");
        match bases.char_indices().nth(BASES_LENGTH) {
            Some((end, _)) => format!("{}…", &bases[..end]),
            None => bases,
        }
    }
}

/// A number that no stage has is no image either: such a build fails.
fn copies_from(facts: &DockerfileFacts) -> Vec<String> {
    let images = facts.copies_from_images.iter();
    let may_be = images.filter(|image| image.meaning != BaseMeaning::Invalid);
    names(&may_be.cloned().collect::<Vec<_>>())
}

fn names(images: &[BaseImage]) -> Vec<String> {
    let name = |image: &BaseImage| match image.reference() {
        Some(reference) => reference.to_string(),
        None => image.written.clone(),
    };
    images.iter().map(name).collect()
}

fn practices(facts: Option<&DockerfileFacts>) -> Map<String, Value> {
    let practice = |practice: Practice| {
        let is_so = facts.and_then(|facts| practice.of(facts));
        (practice.as_str().to_owned(), Value::from(is_so))
    };
    Practice::ALL.into_iter().map(practice).collect()
}

/// Writes the rows.
pub(super) fn write(
    reports: &[DockerfileReport],
    format: Format,
    results: &mut dyn Write,
) -> anyhow::Result<()> {
    let rows: Vec<Row> = reports.iter().map(Row::of).collect();
    let mut columns = vec![
        Column::text("file", "file"),
        Column::hidden("owner"),
        Column::text("outcome", "outcome"),
        Column::hidden("problem"),
        Column::hidden("utf8"),
        Column::count("stages", "stages"),
        Column::count("layers", "layers"),
        Column::custom("bases", "bases", Alignment::Left, Row::shown_bases),
        Column::hidden("copies_from"),
        Column::count("apt_installs", "apt installs"),
        Column::hidden("apt_updates"),
        Column::hidden("apt_lists_removed"),
        Column::hidden("apt_cleaned"),
        Column::count("workdirs", "workdirs"),
        Column::hidden("workdirs_on_existing"),
        Column::hidden("onbuild"),
    ];
    columns.extend(Practice::ALL.map(|practice| Column::hidden(practice.as_str())));
    Ok(Table::new(columns)
        .within(terminal_width())
        .write(format, &rows, results)?)
}
