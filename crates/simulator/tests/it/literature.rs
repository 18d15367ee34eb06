//! Published measurements beside their simulation: every file of `literature/`, and the table of `docs/simulate.md`.

use std::fmt::Write;
use std::path::Path;

use pullstudy_simulator::{Constraint, Outcome, Scenario, Strategy, SweepPoint, simulate};
use serde::Deserialize;

/// A published measurement. Its scenario is read again by the simulator's own reader.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    source: String,
    given: Vec<String>,
    assumed: Vec<String>,
    /// Some rate was found from the published figures themselves.
    #[serde(default)]
    fitted: bool,
    scenario: serde_json::Value,
    published: Vec<Figure>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Figure {
    figure: String,
    seconds: f64,
    /// The share by which the simulation may be off.
    within: Option<f64>,
    /// It only has to be below.
    #[serde(default)]
    at_most: bool,
    /// Why it is off by more.
    missed: Option<String>,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("literature");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let read = |file: &std::path::PathBuf| {
        let text = std::fs::read_to_string(file).unwrap();
        serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    };
    files.iter().map(read).collect()
}

fn simulated(case: &Case) -> (Scenario, Outcome) {
    let text = serde_json::to_string(&case.scenario).unwrap();
    let scenario =
        Scenario::from_yaml(&case.name, &text).unwrap_or_else(|error| panic!("{error:?}"));
    let outcome = simulate(&scenario).unwrap();
    (scenario, outcome)
}

fn figure(name: &str, scenario: &Scenario, outcome: &Outcome) -> f64 {
    let point = SweepPoint::of(&Strategy::as_is(), scenario, outcome);
    let pull = &outcome.pulls[outcome.pulls.len() / 2];
    let spent = |constraints: &[Constraint]| {
        constraints
            .iter()
            .map(|&constraint| pull.spent.seconds(constraint))
            .sum()
    };
    match name {
        "median_seconds" => point.median_seconds.unwrap(),
        "p99_seconds" => point.p99_seconds.unwrap(),
        "all_ready_seconds" => point.all_ready_seconds,
        "median_pull_seconds" => pull.pull_seconds(),
        "run_seconds" => pull.ready_at_seconds - pull.ended_at_seconds,
        "fetch_seconds" => spent(&[
            Constraint::Latency,
            Constraint::Connection,
            Constraint::Link,
        ]),
        "inflate_seconds" => spent(&[Constraint::Inflating]),
        "overhead_seconds" => spent(&[Constraint::LayerOverhead]),
        other => panic!("{other} is no figure"),
    }
}

#[test]
fn published_figures_are_met_where_it_says_so() {
    let cases = cases();
    assert!(cases.len() >= 10);
    for case in &cases {
        assert!(
            case.source.contains("https://") || case.fitted,
            "{} names no source",
            case.name
        );
        assert!(!case.given.is_empty() && !case.assumed.is_empty());
        let (scenario, outcome) = simulated(case);
        for published in &case.published {
            let seconds = figure(&published.figure, &scenario, &outcome);
            let error = seconds / published.seconds - 1.0;
            let is_met = match published.within {
                Some(within) => error.abs() <= within,
                None => (published.at_most && error <= 0.0) || published.missed.is_some(),
            };
            assert!(
                is_met,
                "{} {}: {seconds} is not {}",
                case.name, published.figure, published.seconds
            );
        }
    }
}

const BEGIN: &str = "<!-- literature -->";
const END: &str = "<!-- /literature -->";

/// `docs/simulate.md` shows what comes out today. `PULLSTUDY_WRITE_DOCS=1` writes it there.
#[test]
fn the_table_in_docs_is_this_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/simulate.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let wanted = format!("{before}{BEGIN}\n\n{}\n{END}{after}", table());
    if std::env::var_os("PULLSTUDY_WRITE_DOCS").is_some() {
        std::fs::write(&path, wanted).unwrap();
    } else {
        assert_eq!(
            page, wanted,
            "docs/simulate.md differs; PULLSTUDY_WRITE_DOCS=1 writes it anew"
        );
    }
}

fn table() -> String {
    let mut text = String::from(
        "| case | figure | published s | simulated s | error | |\n| --- | --- | ---: | ---: | ---: | --- |\n",
    );
    for case in cases() {
        let (scenario, outcome) = simulated(&case);
        for published in &case.published {
            let seconds = figure(&published.figure, &scenario, &outcome);
            let error = match published.at_most {
                true => "below, as it should".to_owned(),
                false => format!("{:+.0} %", (seconds / published.seconds - 1.0) * 100.0),
            };
            let note = published.missed.clone().map(|why| format!("missed: {why}"));
            let note = note.or_else(|| {
                case.fitted
                    .then(|| "a rate is found from the figures".to_owned())
            });
            writeln!(
                text,
                "| {} | {} | {} | {seconds:.2} | {error} | {} |",
                case.name,
                published
                    .figure
                    .trim_end_matches("_seconds")
                    .replace('_', " "),
                published.seconds,
                note.unwrap_or_default()
            )
            .unwrap();
        }
    }
    text
}
