//! Results printed, and kept under `docs/results/`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use crate::figure::{Figure, Findings, Target};
use crate::machine::Machine;

/// What is written to a results file.
#[derive(Debug, Serialize)]
struct Record<'a> {
    format_version: u32,
    benchmark: &'a str,
    command: &'a str,
    machine: &'a Machine,
    #[serde(flatten)]
    findings: &'a Findings,
}

/// Renders a benchmark's findings as Markdown: figures with their spread, promises with what came out.
pub(crate) fn markdown(
    name: &str,
    command: &str,
    machine: &Machine,
    findings: &Findings,
) -> anyhow::Result<String> {
    let mut text = format!("# {name}\n\n`{command}`\n\n");
    writeln!(
        text,
        "{}, {} cores, Linux {}, SHA instructions: {}\n",
        machine.processor, machine.cores, machine.kernel, machine.sha_instructions
    )?;
    text += "| figure | unit | median | min | max | runs |\n| --- | --- | ---: | ---: | ---: | ---: |\n";
    for figure in &findings.figures {
        text += &figure_row(figure)?;
    }
    if !findings.targets.is_empty() {
        text += "\n| promise | bound | measured | kept |\n| --- | ---: | ---: | --- |\n";
        text.extend(findings.targets.iter().map(target_row));
    }
    for note in &findings.notes {
        writeln!(text, "\n{note}")?;
    }
    text += "\nVersions:\n\n";
    for version in &machine.versions {
        writeln!(text, "- {version}")?;
    }
    Ok(text)
}

fn figure_row(figure: &Figure) -> anyhow::Result<String> {
    let median = figure.median()?;
    let min = figure.values.iter().copied().fold(f64::INFINITY, f64::min);
    let max = figure
        .values
        .iter()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    let cells = [median, min, max].map(number);
    Ok(format!(
        "| {} | {} | {} | {} |\n",
        figure.name,
        figure.unit,
        cells.join(" | "),
        figure.values.len()
    ))
}

fn target_row(target: &Target) -> String {
    let sign = if target.at_most { "≤" } else { "≥" };
    let kept = if target.met { "yes" } else { "**no**" };
    format!(
        "| {} | {sign} {} | {} | {kept} |\n",
        target.promise,
        number(target.bound),
        number(target.measured)
    )
}

/// Four significant digits are more than a shared machine deserves.
fn number(value: f64) -> String {
    let digits = if value.abs() >= 1000.0 {
        0
    } else if value.abs() >= 10.0 {
        1
    } else {
        3
    };
    format!("{value:.digits$}")
}

/// Writes `<name>.md` and `<name>.json` (raw values) into `folder`.
pub(crate) fn keep(
    folder: &Path,
    name: &str,
    command: &str,
    machine: &Machine,
    findings: &Findings,
) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(folder).with_context(|| format!("failed to make {}", folder.display()))?;
    let record = Record {
        format_version: 1,
        benchmark: name,
        command,
        machine,
        findings,
    };
    let path = folder.join(format!("{name}.md"));
    fs::write(&path, markdown(name, command, machine, findings)?)?;
    fs::write(
        folder.join(format!("{name}.json")),
        serde_json::to_vec_pretty(&record)?,
    )?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_promise_is_printed_as_missed() {
        let findings = Findings {
            figures: vec![Figure {
                name: "rate".into(),
                unit: "MB/s",
                values: vec![1.0, 3.0, 2.0],
            }],
            targets: vec![
                Target::at_least("twice as fast", 2.0, 1.5),
                Target::at_most("small", 64.0, 30.0),
            ],
            notes: vec![],
        };
        let text = markdown("x", "cargo xtask bench x", &Machine::this(&[]), &findings).unwrap();
        assert!(
            text.contains("| rate | MB/s | 2.000 | 1.000 | 3.000 | 3 |"),
            "{text}"
        );
        assert!(
            text.contains("| twice as fast | ≥ 2.000 | 1.500 | **no** |"),
            "{text}"
        );
        assert!(text.contains("| small | ≤ 64.0 | 30.0 | yes |"), "{text}");
    }
}
