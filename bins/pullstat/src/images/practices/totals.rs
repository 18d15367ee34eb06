//! Practices over all files.

use std::collections::BTreeMap;
use std::io::Write;

use pullstudy_console::terminal_width;
use pullstudy_report::{Alignment, Column, Format, Table, grouped, percent};
use pullstudy_survey::{Dockerfiles, PracticeShare, Share};
use serde::Serialize;

/// What is printed. Keys are a contract.
#[derive(Debug, Serialize)]
struct Totals {
    files: usize,
    read: usize,
    unread: usize,
    unread_reasons: BTreeMap<&'static str, usize>,
    not_utf8: usize,
    owners: usize,
    largest_owner: Option<LargestOwner>,
    stages: usize,
    layers: usize,
    bases: Bases,
    practices: Vec<Row>,
    unread_files: Vec<UnreadFile>,
    not_utf8_files: Vec<String>,
}

#[derive(Debug, Serialize)]
struct LargestOwner {
    owner: String,
    files: usize,
}

#[derive(Debug, Serialize)]
struct Bases {
    /// How many different images.
    images: usize,
    /// How many FROM name one that is known.
    uses: usize,
    official_uses: usize,
    /// How many FROM name one that is not.
    unknown_uses: usize,
}

#[derive(Debug, Serialize)]
struct UnreadFile {
    file: String,
    reason: &'static str,
    problem: String,
}

/// A practice.
#[derive(Debug, Serialize)]
struct Row {
    practice: &'static str,
    files: usize,
    of: usize,
    share: Option<f64>,
    without_largest_owner_files: usize,
    without_largest_owner_of: usize,
    without_largest_owner_share: Option<f64>,
}

impl Row {
    fn of(row: &PracticeShare) -> Self {
        let without = row.without_largest_owner;
        Self {
            practice: row.practice.as_str(),
            files: row.all.files,
            of: row.all.of,
            share: row.all.share(),
            without_largest_owner_files: without.files,
            without_largest_owner_of: without.of,
            without_largest_owner_share: without.share(),
        }
    }
}

impl Totals {
    fn of(dockerfiles: &Dockerfiles) -> Self {
        let reports = dockerfiles.reports();
        let read = || {
            reports
                .iter()
                .filter_map(|report| report.outcome.as_ref().ok())
        };
        let largest = dockerfiles.largest_owner();
        let reasons = dockerfiles.unread().into_iter();
        let not_utf8_files = not_utf8(dockerfiles);
        Self {
            files: reports.len(),
            read: read().count(),
            unread: reports.len() - read().count(),
            unread_reasons: reasons.map(|(why, count)| (why.as_str(), count)).collect(),
            not_utf8: not_utf8_files.len(),
            owners: dockerfiles.owners().len(),
            largest_owner: largest.map(|(owner, files)| LargestOwner {
                owner: owner.to_owned(),
                files,
            }),
            stages: read().map(|facts| facts.stages).sum(),
            layers: read().map(|facts| facts.layers).sum(),
            bases: Bases::of(dockerfiles),
            practices: dockerfiles.practices().iter().map(Row::of).collect(),
            unread_files: unread_files(dockerfiles),
            not_utf8_files,
        }
    }
}

impl Bases {
    fn of(dockerfiles: &Dockerfiles) -> Self {
        let bases = dockerfiles.bases();
        let official = bases.iter().filter(|base| base.is_official);
        Self {
            images: bases.len(),
            uses: bases.iter().map(|base| base.uses).sum(),
            official_uses: official.map(|base| base.uses).sum(),
            unknown_uses: dockerfiles
                .unknown_bases()
                .iter()
                .map(|base| base.uses)
                .sum(),
        }
    }
}

fn not_utf8(dockerfiles: &Dockerfiles) -> Vec<String> {
    let reports = dockerfiles.reports().iter();
    let others = reports.filter(|report| report.outcome.is_ok() && !report.is_utf8);
    others.map(|report| report.file.clone()).collect()
}

fn unread_files(dockerfiles: &Dockerfiles) -> Vec<UnreadFile> {
    let unread = |report: &pullstudy_survey::DockerfileReport| {
        let why = report.outcome.as_ref().err()?;
        Some(UnreadFile {
            file: report.file.clone(),
            reason: why.reason.as_str(),
            problem: why.message.clone(),
        })
    };
    dockerfiles.reports().iter().filter_map(unread).collect()
}

/// Writes one object as JSON, else the practices, and for people what they rest on.
pub(super) fn write(
    dockerfiles: &Dockerfiles,
    format: Format,
    results: &mut dyn Write,
) -> anyhow::Result<()> {
    let totals = Totals::of(dockerfiles);
    if format == Format::Json {
        let text = serde_json::to_string_pretty(&totals)?;
        return Ok(writeln!(results, "{text}")?);
    }
    table()
        .within(terminal_width())
        .write(format, &totals.practices, results)?;
    if format == Format::Table {
        totals.write_basis(results)?;
    }
    Ok(())
}

fn table() -> Table<Row> {
    let of =
        |files: usize, of: usize| format!("{} of {}", grouped(files as u64), grouped(of as u64));
    Table::new(vec![
        Column::text("practice", "practice"),
        Column::custom("files", "files", Alignment::Right, move |row: &Row| {
            of(row.files, row.of)
        }),
        Column::hidden("of"),
        Column::percent("share", "share"),
        Column::custom(
            "without_largest_owner_files",
            "without the largest owner",
            Alignment::Right,
            move |row: &Row| {
                of(
                    row.without_largest_owner_files,
                    row.without_largest_owner_of,
                )
            },
        ),
        Column::hidden("without_largest_owner_of"),
        Column::percent("without_largest_owner_share", "share"),
    ])
}

impl Totals {
    fn write_basis(&self, results: &mut dyn Write) -> anyhow::Result<()> {
        let number = |count: usize| grouped(count as u64);
        writeln!(
            results,
            "\n{} of {} files read; {} not UTF-8",
            number(self.read),
            number(self.files),
            number(self.not_utf8)
        )?;
        for (reason, &count) in &self.unread_reasons {
            writeln!(results, "not read, {reason}: {}", number(count))?;
        }
        if let Some(largest) = &self.largest_owner {
            let share = Share::new(largest.files, self.read).share();
            writeln!(
                results,
                "owners: {}; the largest, {}, has {} files ({})",
                number(self.owners),
                largest.owner,
                number(largest.files),
                percent(share.unwrap_or_default())
            )?;
        }
        let bases = &self.bases;
        writeln!(
            results,
            "base images: {} in {} FROM, {} of them official; {} FROM tell none",
            number(bases.images),
            number(bases.uses),
            number(bases.official_uses),
            number(bases.unknown_uses)
        )?;
        Ok(())
    }
}
