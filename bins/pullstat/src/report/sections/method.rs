//! How the figures were made, and everything that the commands would have warned of.

use pullstudy_events::Clock;
use pullstudy_stats::Bootstrap;

use super::super::study::{Choices, Study};
use super::table;
use crate::events::health;
use pullstudy_report::Section;

/// A command and what it would have warned of.
pub(in crate::report) type Warned = (&'static str, Vec<String>);

pub(in crate::report) fn section(
    study: &Study,
    choices: &Choices<'_>,
    warned: &[Warned],
) -> anyhow::Result<Section> {
    let mut section = Section::new("method", "Method");
    for line in lines(study, choices) {
        section = section.text(line);
    }
    if let Some(logs) = &study.logs {
        let rows = health::rows(logs, &study.pulls);
        let caption = "What was read, as pullstat health counts it";
        section = section.table(table("health", caption, &health::table(), &rows)?);
    }
    let all = warned.iter().flat_map(|(command, lines)| {
        let line = move |line: &String| format!("{command}: {line}");
        lines.iter().map(line)
    });
    Ok(section.warnings(all.collect()))
}

fn lines(study: &Study, choices: &Choices<'_>) -> Vec<String> {
    let args = choices.args;
    let mut lines = vec![
        format!("Made by pullstat {}.", env!("CARGO_PKG_VERSION")),
        format!("Seconds: {}.", clock_words(choices.clock())),
        "Method corrected: each distinct event counts once, each container for itself. What the published study's scripts make of the \
         same logs is told by --method published of pullstat summary, spread and compare."
            .to_owned(),
        "Standard deviations over pulls are of the sample (n - 1); quartiles and percentiles interpolate linearly.".to_owned(),
        format!(
            "Intervals are at {} %. Those of ratios are by bootstrap with {} resamples and seed {}; those of shifts follow from the ranks.",
            args.confidence.level() * 100.0,
            Bootstrap::default().resamples,
            args.seed
        ),
    ];
    lines.extend(study.runs.iter().map(|run| {
        format!(
            "Study {} was run by the engine {}, {} steps.",
            run.id,
            run.engine,
            run.steps.len()
        )
    }));
    let machines = choices
        .machines
        .iter()
        .flat_map(|machines| machines.words());
    lines.extend(machines.map(|words| format!("Price: {words}.")));
    lines
}

fn clock_words(clock: Clock) -> &'static str {
    match clock {
        Clock::PullOnly => {
            "of the pulls alone, without the queue behind other images (--clock pull-only)"
        }
        _ => {
            "from Pulling to Pulled, the queue behind other images included (--clock including-waiting)"
        }
    }
}
