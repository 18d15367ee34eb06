//! Results printed, and kept under `docs/results/`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};

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

/// What a results file holds, read back.
#[derive(Debug, Deserialize)]
pub(crate) struct Kept {
    pub(crate) benchmark: String,
    pub(crate) command: String,
    pub(crate) machine: Machine,
    #[serde(flatten)]
    pub(crate) findings: Findings,
}

impl Kept {
    /// Returns the figure of this name.
    pub(crate) fn figure(&self, name: &str) -> anyhow::Result<&Figure> {
        let mut figures = self.findings.figures.iter();
        figures
            .find(|figure| figure.name == name)
            .with_context(|| format!("the result of {} has no figure {name:?}", self.benchmark))
    }
}

/// Reads a results file.
pub(crate) fn read(path: &Path) -> anyhow::Result<Kept> {
    let text = fs::read(path).with_context(|| format!("failed to read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("failed to read {}", path.display()))
}

/// Renders a benchmark's findings as Markdown: figures with their spread, promises with what came out.
pub(crate) fn markdown(
    name: &str,
    command: &str,
    machine: &Machine,
    findings: &Findings,
) -> anyhow::Result<String> {
    let mut text = format!("# {name}\n\n`{command}`\n\n");
    writeln!(text, "{machine}\n")?;
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
    let cells = [figure.median()?, figure.min(), figure.max()].map(number);
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
pub(crate) fn number(value: f64) -> String {
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
                unit: "MB/s".into(),
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
