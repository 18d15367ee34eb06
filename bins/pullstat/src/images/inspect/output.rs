//! Reports of images, as they are printed.

use std::io::Write;

use pullstudy_report::{Alignment, Column, Format, Table, commands_terminal, grouped, human_bytes};
use pullstudy_survey::{BaseMatch, Finding, ImageReport, LayerRow, LimitRow, WastedPath};
use serde::Serialize;

/// Commands are cut off here in tables; files have all of them.
const COMMAND_CHARS: usize = 60;

/// So many findings of one code are shown in a table.
const SHOWN_OF_A_CODE: usize = 5;

/// So many wasted paths and bases are shown in a table.
const SHOWN_ROWS: usize = 10;

/// Limits are shown in a table from half of them on.
const NEAR_LIMIT_PERCENT: u64 = 50;

/// Where reports go, one after the other: nothing is kept.
pub(super) struct Output<'a> {
    format: Format,
    out: &'a mut dyn Write,
    written: usize,
}

impl<'a> Output<'a> {
    pub(super) fn new(format: Format, out: &'a mut dyn Write) -> Self {
        Self {
            format,
            out,
            written: 0,
        }
    }

    pub(super) fn write(&mut self, report: &ImageReport) -> anyhow::Result<()> {
        match self.format {
            Format::Json => self.json(report)?,
            Format::Csv => self.csv(report)?,
            _ => self.table(report)?,
        }
        self.written += 1;
        Ok(())
    }

    pub(super) fn finish(self) -> anyhow::Result<()> {
        match (self.format, self.written) {
            (Format::Json, 0) => self.out.write_all(b"[]\n")?,
            (Format::Json, _) => self.out.write_all(b"\n]\n")?,
            (Format::Csv, 0) => layer_lines().write(Format::Csv, &[], self.out)?,
            _ => {}
        }
        self.out.flush()?;
        Ok(())
    }

    /// One object a line, as everywhere else.
    fn json(&mut self, report: &ImageReport) -> anyhow::Result<()> {
        let start = if self.written == 0 { "[\n" } else { ",\n" };
        self.out.write_all(start.as_bytes())?;
        serde_json::to_writer(&mut *self.out, report)?;
        Ok(())
    }

    fn csv(&mut self, report: &ImageReport) -> anyhow::Result<()> {
        let lines: Vec<LayerLine<'_>> = report
            .layer_rows
            .iter()
            .map(|row| LayerLine {
                reference: &report.reference,
                platform: report.platform.as_deref(),
                row,
            })
            .collect();
        let mut text = Vec::new();
        layer_lines().write(Format::Csv, &lines, &mut text)?;
        // The names of the columns stand there once, and hold no line break.
        let header = text.iter().position(|byte| *byte == b'\n');
        let start = header.filter(|_| self.written > 0).map_or(0, |end| end + 1);
        self.out.write_all(&text[start..])?;
        Ok(())
    }

    fn table(&mut self, report: &ImageReport) -> anyhow::Result<()> {
        if self.written > 0 {
            writeln!(self.out)?;
        }
        writeln!(self.out, "{}", harmless(&headline(report)))?;
        writeln!(self.out, "{}\n", harmless(&summary(report)))?;
        layers(report.deep).write(Format::Table, &report.layer_rows, self.out)?;
        self.section("wasted", &wasted(), shown(&report.wasted_paths))?;
        self.section("likely bases", &bases(), shown(&report.bases))?;
        let near: Vec<LimitRow> = report.limits.iter().filter(is_near).cloned().collect();
        self.section("limits", &limits(), &near)?;
        let told = told(&report.findings);
        self.section("findings", &findings(), &told)?;
        self.remedies(&told)?;
        let left = report.findings.len() - told.len();
        if left > 0 {
            let left = grouped(left as u64);
            writeln!(
                self.out,
                "and {left} more like these; --format json has all"
            )?;
        }
        Ok(())
    }

    /// Tells once for each code what helps.
    fn remedies(&mut self, told: &[Finding]) -> anyhow::Result<()> {
        let mut before = None;
        for finding in told {
            if before != Some(finding.code) {
                let start = if before.is_none() { "\n" } else { "" };
                writeln!(self.out, "{start}{}: {}", finding.code, finding.remedy)?;
            }
            before = Some(finding.code);
        }
        Ok(())
    }

    fn section<R: Serialize>(
        &mut self,
        title: &str,
        table: &Table<R>,
        rows: &[R],
    ) -> anyhow::Result<()> {
        if !rows.is_empty() {
            writeln!(self.out, "\n{title}\n")?;
            table.write(Format::Table, rows, self.out)?;
        }
        Ok(())
    }
}

fn shown<R>(rows: &[R]) -> &[R] {
    &rows[..rows.len().min(SHOWN_ROWS)]
}

/// Leaves out what stands there often enough: an image may have ten thousand empty layers.
fn told(findings: &[Finding]) -> Vec<Finding> {
    let earlier = |position: usize, finding: &Finding| {
        let before = findings[..position].iter().rev();
        before
            .take_while(|other| other.code == finding.code)
            .take(SHOWN_OF_A_CODE)
            .count()
    };
    let told = findings.iter().enumerate();
    let told = told.filter(|(position, finding)| earlier(*position, finding) < SHOWN_OF_A_CODE);
    told.map(|(_, finding)| finding.clone()).collect()
}

fn is_near(row: &&LimitRow) -> bool {
    let (Some(actual), Some(most)) = (row.actual, row.most) else {
        return false;
    };
    u128::from(actual) * 100 >= u128::from(most) * u128::from(NEAR_LIMIT_PERCENT)
}

/// Names come from others, and nothing in them commands the terminal.
fn harmless(text: &str) -> String {
    text.replace(commands_terminal, "\u{fffd}")
}

fn headline(report: &ImageReport) -> String {
    let mut words = vec![report.reference.clone()];
    words.extend(report.platform.clone());
    words.extend(report.os_release.clone());
    words.extend(report.digest.map(|digest| digest.to_string()));
    words.join("  ")
}

fn summary(report: &ImageReport) -> String {
    let layers = match report.layers {
        1 => "1 layer".to_owned(),
        count => format!("{} layers", grouped(count as u64)),
    };
    let mut words = vec![layers];
    let mut add = |bytes: Option<u64>, what: &str| {
        words.extend(bytes.map(|bytes| format!("{} {what}", human_bytes(bytes))));
    };
    add(report.wire_bytes, "on the wire");
    add(report.unpacked_bytes, "unpacked");
    add(report.wasted_bytes, "wasted");
    words.join(", ")
}

fn short_digest(digest: &str) -> String {
    let hex = digest.split(':').next_back().unwrap_or(digest);
    hex.chars().take(12).collect()
}

fn command(row: &LayerRow) -> String {
    let Some(command) = &row.command else {
        return "-".to_owned();
    };
    let words: Vec<&str> = command.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(COMMAND_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn notes(row: &LayerRow) -> String {
    let mut notes = Vec::new();
    if row.problem.is_some() {
        notes.push("problem".to_owned());
    }
    if row.empty == Some(true) {
        notes.push("empty".to_owned());
    }
    notes.extend(row.duplicate_of.map(|first| format!("= layer {first}")));
    notes.join(", ")
}

fn layers(deep: bool) -> Table<LayerRow> {
    let digest = |row: &LayerRow| short_digest(&row.digest.to_string());
    let mut columns = vec![
        Column::count("layer", "layer"),
        Column::custom("digest", "digest", Alignment::Left, digest),
        Column::bytes("wire_bytes", "wire"),
    ];
    if deep {
        columns.extend([
            Column::bytes("unpacked_bytes", "unpacked"),
            Column::bytes("wasted_bytes", "wasted"),
            Column::count("files", "files"),
            Column::count("whiteouts", "whiteouts"),
        ]);
    }
    columns.extend([
        Column::text("compression", "stored"),
        Column::custom("empty", "notes", Alignment::Left, notes),
        Column::custom("command", "command", Alignment::Left, command),
    ]);
    Table::new(columns)
}

fn wasted() -> Table<WastedPath> {
    Table::new(vec![
        Column::text("path", "path"),
        Column::bytes("wasted_bytes", "bytes"),
        Column::count("copies", "copies"),
        Column::text("cause", "cause"),
        Column::count("layer", "in layer"),
        Column::count("lost_in_layer", "by layer"),
    ])
}

fn bases() -> Table<BaseMatch> {
    let layers = |row: &BaseMatch| {
        let same = row.same_digests.max(row.same_diff_ids);
        format!("{same} of {}", row.base_layers)
    };
    Table::new(vec![
        Column::text("base", "base"),
        Column::text("family", "family"),
        Column::custom("base_layers", "layers", Alignment::Right, layers),
        Column::count("shared_paths", "shared paths"),
        Column::percent("containment", "of the base"),
        Column::percent("jaccard", "of both"),
    ])
}

fn limits() -> Table<LimitRow> {
    Table::new(vec![
        Column::text("limit", "limit"),
        Column::text("of", "of"),
        Column::count("actual", "here"),
        Column::count("most", "most"),
    ])
}

fn findings() -> Table<Finding> {
    Table::new(vec![
        Column::text("severity", "severity"),
        Column::text("code", "code"),
        Column::text("message", "what was found"),
    ])
}

/// A row of CSV: the layer, and which image's it is.
#[derive(Serialize)]
struct LayerLine<'a> {
    reference: &'a str,
    platform: Option<&'a str>,
    #[serde(flatten)]
    row: &'a LayerRow,
}

fn layer_lines<'a>() -> Table<LayerLine<'a>> {
    let keys = [
        "reference",
        "platform",
        "layer",
        "digest",
        "diff_id",
        "media_type",
        "compression",
        "wire_bytes",
        "tar_bytes",
        "unpacked_bytes",
        "wasted_bytes",
        "command",
        "created",
        "empty",
        "duplicate_of",
        "files",
        "directories",
        "symlinks",
        "hard_links",
        "other_entries",
        "whiteouts",
        "problem",
    ];
    Table::new(keys.map(|key| Column::text(key, key)).into())
}
