//! `pullstat health`: whether one can trust what was read.

use std::collections::BTreeMap;
use std::io::Write;

use pullstudy_console::terminal_width;
use pullstudy_events::{EventLogs, Health, LogHealth, Pull};
use pullstudy_report::{Column, Format, Table};
use serde::Serialize;

use super::args::LogArgs;

/// Tell what was read, what was left out and why, and which events there are.
///
/// Lines that are no JSON, cut, or too long, and files that could not be read to their end, are shown with their
/// place. Nothing of it stops the other commands; this one tells how much of the logs they rest on.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  pullstat health experiments/\n  pullstat health experiments/ --by-file\n\n\
    `distinct_events` differ; `repeated_events` were seen before: replayed logs, and events that came again.\n\
    `filled_events` were made of pod statuses where events were lost; `filled_pulls` are known by them only, and of\n\
    `undecided` containers they do not tell whether the image was pulled or present.\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(crate) struct Args {
    #[command(flatten)]
    logs: LogArgs,
    /// A row for each file instead
    #[arg(long)]
    by_file: bool,
    /// How the figures are printed: table, json or csv
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Format,
}

/// What is printed. Keys are a contract.
#[derive(Debug, Serialize)]
struct Figures {
    files: u64,
    empty_files: u64,
    unfitting_files: u64,
    #[serde(flatten)]
    lines: Lines,
    distinct_events: u64,
    repeated_events: u64,
    filled_events: u64,
    filled_pulls: u64,
    undecided: u64,
    pulls: u64,
    pulled: u64,
    present: u64,
    failed: u64,
    unfinished: u64,
    retried: u64,
    reasons: BTreeMap<String, u64>,
    log_kinds: Vec<LogKind>,
    left_out: Vec<LeftOut>,
    problems: Vec<Problem>,
}

/// Counts of lines, of one file or of all.
#[derive(Debug, Serialize)]
struct Lines {
    lines: u64,
    non_json_lines: u64,
    log_lines: u64,
    cut_lines: u64,
    oversized_lines: u64,
    events: u64,
    events_without_metadata: u64,
    bad_timestamps: u64,
}

#[derive(Debug, Serialize)]
struct LogKind {
    level: String,
    message: String,
    count: u64,
}

#[derive(Debug, Serialize)]
struct LeftOut {
    file: String,
    line: u64,
    text: String,
}

#[derive(Debug, Serialize)]
struct Problem {
    file: String,
    problem: String,
}

/// One file.
#[derive(Debug, Serialize)]
struct FileRow {
    file: String,
    experiment: Option<String>,
    nodes: Option<u32>,
    #[serde(flatten)]
    lines: Lines,
    reasons: BTreeMap<String, u64>,
    problem: Option<String>,
}

/// Runs the command; figures go to `results`.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let logs = args.logs.read()?;
    if args.by_file {
        return write_files(&logs, args.format, results);
    }
    let pulls = args.logs.selection().of(logs.pulls());
    let figures = Figures::of(&logs, logs.health(&pulls));
    match args.format {
        Format::Json => {
            let text = serde_json::to_string_pretty(&figures)?;
            Ok(writeln!(results, "{text}")?)
        }
        format => figures.write(format, results),
    }
}

impl Lines {
    fn of(health: &LogHealth) -> Self {
        Self {
            lines: health.lines,
            non_json_lines: health.non_json_lines,
            log_lines: health.log_lines,
            cut_lines: health.cut_lines,
            oversized_lines: health.oversized_lines,
            events: health.events,
            events_without_metadata: health.events_without_metadata,
            bad_timestamps: health.bad_timestamps,
        }
    }
}

impl Figures {
    fn of(logs: &EventLogs, health: Health) -> Self {
        let kinds = health.total.log_kinds.iter();
        let problems = health.problems.into_iter();
        Self {
            files: health.files,
            empty_files: health.empty_files,
            unfitting_files: health.unfitting_files,
            lines: Lines::of(&health.total),
            distinct_events: health.distinct_events,
            repeated_events: health.repeated_events,
            filled_events: health.filled_events,
            filled_pulls: health.filled_pulls,
            undecided: health.undecided,
            pulls: health.pulls,
            pulled: health.pulled,
            present: health.present,
            failed: health.failed,
            unfinished: health.unfinished,
            retried: health.retried,
            log_kinds: kinds
                .map(|((level, message), &count)| LogKind {
                    level: level.clone(),
                    message: message.clone(),
                    count,
                })
                .collect(),
            left_out: left_out(logs),
            problems: problems
                .map(|problem| Problem {
                    file: problem.file,
                    problem: problem.problem,
                })
                .collect(),
            reasons: health.total.reasons,
        }
    }

    /// For people: what is, then what is not well, then the reasons.
    fn write(&self, format: Format, results: &mut dyn Write) -> anyhow::Result<()> {
        table()
            .within(terminal_width())
            .write(format, &self.rows(), results)?;
        if format == Format::Table {
            self.write_left_out(results)?;
        }
        Ok(())
    }

    fn rows(&self) -> Vec<Figure> {
        let figure = |(name, count): (&str, u64)| Figure {
            figure: name.to_owned(),
            count,
        };
        let mut rows: Vec<Figure> = self.counts().map(figure).into();
        let mut reasons: Vec<_> = self.reasons.iter().collect();
        reasons.sort_by_key(|&(_, &count)| std::cmp::Reverse(count));
        rows.extend(reasons.into_iter().map(|(reason, &count)| Figure {
            figure: format!("reason {reason}"),
            count,
        }));
        rows
    }

    /// All counts but those of reasons, in the order in which they are documented.
    fn counts(&self) -> [(&'static str, u64); 22] {
        let lines = &self.lines;
        [
            ("files", self.files),
            ("empty_files", self.empty_files),
            ("unfitting_files", self.unfitting_files),
            ("lines", lines.lines),
            ("non_json_lines", lines.non_json_lines),
            ("log_lines", lines.log_lines),
            ("cut_lines", lines.cut_lines),
            ("oversized_lines", lines.oversized_lines),
            ("events", lines.events),
            ("events_without_metadata", lines.events_without_metadata),
            ("bad_timestamps", lines.bad_timestamps),
            ("distinct_events", self.distinct_events),
            ("repeated_events", self.repeated_events),
            ("filled_events", self.filled_events),
            ("filled_pulls", self.filled_pulls),
            ("undecided", self.undecided),
            ("pulls", self.pulls),
            ("pulled", self.pulled),
            ("present", self.present),
            ("failed", self.failed),
            ("unfinished", self.unfinished),
            ("retried", self.retried),
        ]
    }

    fn write_left_out(&self, results: &mut dyn Write) -> anyhow::Result<()> {
        for problem in &self.problems {
            writeln!(results, "{}: {}", problem.file, problem.problem)?;
        }
        for LeftOut { file, line, text } in &self.left_out {
            let text = text.replace(pullstudy_report::commands_terminal, "\u{fffd}");
            writeln!(results, "{file}, line {line}: {text}")?;
        }
        Ok(())
    }
}

/// A count and its name.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    figure: String,
    count: u64,
}

/// Returns every count of the logs and their pulls: what was read, what was not, and the reasons of events.
pub(crate) fn rows(logs: &EventLogs, pulls: &[Pull]) -> Vec<Figure> {
    Figures::of(logs, logs.health(pulls)).rows()
}

pub(crate) fn table() -> Table<Figure> {
    Table::new(vec![
        Column::text("figure", "figure"),
        Column::count("count", "count"),
    ])
}

fn left_out(logs: &EventLogs) -> Vec<LeftOut> {
    let of_file = |file: &pullstudy_events::LogFile| {
        let name = file.place.file.clone();
        let lines = file.health.left_out.clone().into_iter();
        lines.map(move |left_out| LeftOut {
            file: name.clone(),
            line: left_out.line,
            text: left_out.text,
        })
    };
    logs.files().iter().flat_map(of_file).collect()
}

fn write_files(logs: &EventLogs, format: Format, results: &mut dyn Write) -> anyhow::Result<()> {
    let rows: Vec<FileRow> = logs.files().iter().map(FileRow::of).collect();
    let columns = vec![
        Column::text("file", "file"),
        Column::text("experiment", "experiment"),
        Column::count("nodes", "nodes"),
        Column::count("lines", "lines"),
        Column::count("non_json_lines", "no JSON"),
        Column::count("log_lines", "log lines"),
        Column::count("cut_lines", "cut"),
        Column::count("oversized_lines", "too long"),
        Column::count("events", "events"),
        Column::count("events_without_metadata", "no metadata"),
        Column::count("bad_timestamps", "bad timestamps"),
        Column::hidden("reasons"),
        Column::text("problem", "problem"),
    ];
    Table::new(columns)
        .within(terminal_width())
        .write(format, &rows, results)?;
    Ok(())
}

impl FileRow {
    fn of(file: &pullstudy_events::LogFile) -> Self {
        Self {
            file: file.place.file.clone(),
            experiment: file.place.experiment.clone(),
            nodes: file.place.nodes,
            lines: Lines::of(&file.health),
            reasons: file.health.reasons.clone(),
            problem: file.problem.clone(),
        }
    }
}
