//! The schedules of faults that the tests play, many more of them: no time is measured, endings are counted.

use std::process::Command;

use anyhow::{Context, bail, ensure};

use crate::figure::{Figure, Findings, Target};

/// Schedules of each operation. The tests play 250.
const SCHEDULES: u32 = 2_000;

/// Plays the schedules of the seeds from 0.
pub(crate) fn run() -> anyhow::Result<Findings> {
    let text = play()?;
    let endings: Vec<Ending> = text.lines().filter_map(Ending::parse).collect();
    ensure!(!endings.is_empty(), "the test printed no counts");
    let figure = |ending: &Ending, what: &str, value: f64| {
        let mut figure = Figure::new(format!("{}: {what}", ending.operation), "schedules");
        figure.values.push(value);
        figure
    };
    let figures = endings.iter().flat_map(|ending| {
        [
            figure(ending, "ended with identical bytes", ending.identical),
            figure(ending, "ended with one clear error", ending.errors),
        ]
    });
    let played: f64 = endings
        .iter()
        .map(|ending| ending.identical + ending.errors)
        .sum();
    Ok(Findings {
        figures: figures.collect(),
        targets: vec![Target::at_least("schedules played without a breach", 1_000.0, played)],
        notes: vec![
            "A breach (a panic, a hang, a wrong byte, an error that does not say where, a secret that shows) would have \
             failed the run, and this page would not be here."
                .to_owned(),
        ],
    })
}

fn play() -> anyhow::Result<String> {
    let output = Command::new("cargo")
        .args([
            "test",
            "--quiet",
            "--package",
            "pullstudy-registry",
            "--all-features",
            "--test",
            "faults",
        ])
        .env("PULLSTUDY_FAULT_SCHEDULES", SCHEDULES.to_string())
        .output()
        .context("failed to run cargo")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("a law was broken:\n{text}");
    }
    Ok(text)
}

/// How the schedules of one operation ended.
struct Ending {
    operation: String,
    identical: f64,
    errors: f64,
}

impl Ending {
    /// Reads `push: 250 schedules, 5225 requests: 201 ended with identical bytes, 49 with one error`.
    fn parse(line: &str) -> Option<Self> {
        let (operation, rest) = line.trim().split_once(": ")?;
        let (_, counts) = rest.split_once(" requests: ")?;
        let (identical, rest) = counts.split_once(" ended with identical bytes, ")?;
        let (errors, _) = rest.split_once(" with one error")?;
        Some(Self {
            operation: operation.to_owned(),
            identical: identical.parse().ok()?,
            errors: errors.parse().ok()?,
        })
    }
}
