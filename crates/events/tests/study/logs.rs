//! The study's logs, read: counts, facts and pulls, against values that were computed elsewhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use libtest_mimic::Failed;
use pullstudy_events::{
    Clock, EventLogs, FoundLogs, Layout, LogFile, MilestoneKind, PublishedTimes, Pull, PullOutcome,
    ReadOptions,
};
use pullstudy_stats::Sample;
use serde_json::Value;

/// Sums were rounded to nine decimals.
const TOLERANCE: f64 = 1e-9;

pub(crate) fn read(data: &Path) -> Result<EventLogs, Failed> {
    let found = FoundLogs::find(&[data.join("pulling")], &Layout::default())?;
    Ok(EventLogs::read(found, &ReadOptions::default()))
}

pub(crate) fn expected(data: &Path, name: &str) -> Result<Value, Failed> {
    let text = fs::read_to_string(data.join("expected").join(name))?;
    Ok(serde_json::from_str(&text)?)
}

pub(crate) fn check(is_true: bool, what: impl FnOnce() -> String) -> Result<(), Failed> {
    if is_true { Ok(()) } else { Err(what().into()) }
}

pub(crate) fn check_close(actual: f64, expected: &Value, what: &str) -> Result<(), Failed> {
    let expected = expected
        .as_f64()
        .ok_or_else(|| format!("{what}: {expected} is no number"))?;
    let tolerance = TOLERANCE * expected.abs().max(1.0);
    check((actual - expected).abs() <= tolerance, || {
        format!("{what}: {actual} is not {expected}")
    })
}

pub(crate) fn rows<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>, Failed> {
    value[key]
        .as_array()
        .ok_or_else(|| format!("no array {key}").into())
}

pub(crate) fn event_counts(data: &Path) -> Result<(), Failed> {
    let logs = read(data)?;
    let expected = expected(data, "event-counts.json")?;
    let mut checked = 0;
    for file in rows(&expected, "files")? {
        let name = file["file"].as_str().unwrap_or_default();
        let log = logs
            .files()
            .iter()
            .find(|log| log.place.file.ends_with(name))
            .ok_or("the file was not read")?;
        check_counts(log, file)?;
        checked += 1;
    }
    check(checked == logs.files().len(), || {
        format!("{checked} files were checked")
    })?;
    check_skipped(&logs, &expected)?;
    check_non_json(&logs, &expected)
}

fn check_skipped(logs: &EventLogs, expected: &Value) -> Result<(), Failed> {
    for row in rows(expected, "non_json")? {
        let of_row = logs
            .files()
            .iter()
            .filter(|log| log.place.experiment.as_deref() == row["experiment"].as_str());
        let skipped: u64 = of_row.map(|log| log.health.non_json_lines).sum();
        check(row["non_json_lines_skipped"] == skipped, || {
            format!("{skipped} lines are skipped, not {row}")
        })?;
    }
    Ok(())
}

fn check_counts(log: &LogFile, expected: &Value) -> Result<(), Failed> {
    let health = &log.health;
    let counts = [
        ("non_blank_lines", health.lines),
        ("non_json_lines", health.non_json_lines),
        ("json_without_reason", health.log_lines),
        ("events", health.events),
    ];
    for (key, count) in counts {
        check(expected[key] == count, || {
            format!("{}: {key} is {count}", log.place.file)
        })?;
    }
    check(
        log.place.experiment.as_deref() == expected["experiment"].as_str(),
        || "the experiment".to_owned(),
    )?;
    check(
        log.place.nodes.map(u64::from) == expected["nodes"].as_u64(),
        || "the number of nodes".to_owned(),
    )?;
    check(
        expected["reasons"] == serde_json::to_value(&health.reasons)?,
        || format!("{}: reasons", log.place.file),
    )?;
    let kinds = rows(expected, "json_without_reason_kinds")?;
    check(kinds.len() == health.log_kinds.len(), || {
        format!("{}: {:?}", log.place.file, health.log_kinds)
    })?;
    for kind in kinds {
        let text = |key: &str| kind[key].as_str().unwrap_or_default().to_owned();
        let count = health.log_kinds.get(&(text("level"), text("message")));
        check(count.copied() == kind["count"].as_u64(), || {
            format!("{}: {kind}", log.place.file)
        })?;
    }
    Ok(())
}

fn check_non_json(logs: &EventLogs, expected: &Value) -> Result<(), Failed> {
    for line in rows(expected, "non_json")?
        .iter()
        .flat_map(|row| row["lines"].as_array())
        .flatten()
    {
        let name = line["file"].as_str().unwrap_or_default();
        let log = logs
            .files()
            .iter()
            .find(|log| log.place.file.ends_with(name))
            .ok_or("the file was not read")?;
        let shown = log
            .health
            .left_out
            .iter()
            .any(|left_out| line["text"] == left_out.text.as_str());
        check(shown, || format!("{name}: the line is not shown"))?;
    }
    Ok(())
}

pub(crate) fn event_facts(data: &Path) -> Result<(), Failed> {
    let logs = read(data)?;
    let expected = expected(data, "event-facts.json")?;
    let pulls = logs.pulls();
    check_shapes(&pulls, &expected)?;
    check_containers(&logs, &pulls, &expected["containers"])?;
    let waits = |pull: &&Pull| {
        let seconds = pull.including_waiting_seconds.zip(pull.pull_seconds);
        seconds.is_some_and(|(including, own)| including - own > 1.0)
    };
    let waiting = pulls.iter().filter(waits).count();
    let key = "including waiting exceeds pull by more than 1 s";
    check(expected["waiting_gap"][key] == waiting, || {
        format!("{waiting} pulls waited")
    })?;
    let health = logs.health(&pulls);
    check(
        health.repeated_events == 0 && health.failed == 0 && health.retried == 0,
        || format!("{health:?}"),
    )
}

/// The form of a message: its image and numbers are left out.
fn shape(message: &str, image: &str) -> String {
    let quoted = format!("\"{image}\"");
    let mut shape = String::new();
    for c in message.replace(&quoted, "\"IMAGE\"").chars() {
        let is_number = c.is_ascii_digit() || (c == '.' && shape.ends_with('N'));
        match is_number {
            true if shape.ends_with('N') => {}
            true => shape.push('N'),
            false => shape.push(c),
        }
    }
    // The full stops of sentences went the way of decimal points.
    shape
}

/// The keys of a list that no test looks at.
fn check_keys(value: &Value, known: &[&str]) -> Result<(), Failed> {
    let keys = value.as_object().into_iter().flatten().map(|(key, _)| key);
    let unknown: Vec<_> = keys.filter(|key| !known.contains(&key.as_str())).collect();
    check(unknown.is_empty(), || format!("{unknown:?} is not checked"))
}

fn check_shapes(pulls: &[Pull], expected: &Value) -> Result<(), Failed> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for pull in pulls {
        let message = pull.message.as_deref().ok_or("a pull without a message")?;
        *counts
            .entry(shape(message, pull.image.as_deref().unwrap_or_default()))
            .or_default() += 1;
    }
    let rows = rows(expected, "pulled_message_shapes")?;
    for row in rows {
        let name = row["shape"].as_str().unwrap_or_default();
        let count = counts.get(name).copied();
        check(count == row["count"].as_u64(), || {
            format!("{name}: {count:?}, of {counts:?}")
        })?;
        let mut messages = pulls.iter().map(|pull| pull.message.as_deref());
        check(
            messages.any(|message| message == row["example"].as_str()),
            || format!("{name}: the example is not there"),
        )?;
    }
    check(counts.len() == rows.len(), || format!("{counts:?}"))
}

fn check_containers(logs: &EventLogs, pulls: &[Pull], expected: &Value) -> Result<(), Failed> {
    let timelines = logs.timelines();
    check(expected["containers"] == timelines.len(), || {
        format!("{} containers", timelines.len())
    })?;

    let mut patterns: BTreeMap<String, u64> = BTreeMap::new();
    for timeline in &timelines {
        let has = |kind, name| match timeline
            .milestones
            .iter()
            .any(|milestone| milestone.kind == kind)
        {
            true => name,
            false => "-",
        };
        let steps = [
            has(MilestoneKind::Pulling, "Pulling"),
            has(MilestoneKind::Pulled, "Pulled"),
            has(MilestoneKind::Present, "Present"),
        ];
        let pattern = steps.join("+");
        *patterns
            .entry(pattern.strip_suffix("+-").unwrap_or(&pattern).to_owned())
            .or_default() += 1;
    }
    check(
        expected["container_patterns"] == serde_json::to_value(&patterns)?,
        || format!("{patterns:?}"),
    )?;

    let gaps: Vec<f64> = pulls.iter().filter_map(|pull| pull.gap_seconds).collect();
    check_figures(
        gaps,
        &expected["pulled_minus_pulling_minus_message_seconds"],
    )?;
    let waits: Vec<f64> = timelines
        .iter()
        .filter_map(|timeline| {
            let pulling = timeline
                .milestones
                .iter()
                .find(|milestone| milestone.kind == MilestoneKind::Pulling)?;
            Some(
                pulling
                    .at
                    .duration_since(timeline.scheduled_at?)
                    .ok()?
                    .as_secs_f64(),
            )
        })
        .collect();
    check_figures(waits, &expected["scheduled_to_pulling_seconds"])
}

fn check_figures(values: Vec<f64>, expected: &Value) -> Result<(), Failed> {
    let sample = Sample::new(values)?;
    let beyond = |limit: f64| {
        sample
            .values()
            .iter()
            .filter(|value| value.abs() > limit)
            .count() as f64
    };
    let figures = [
        ("abs_over_1s", beyond(1.0)),
        ("abs_over_2s", beyond(2.0)),
        (
            "negative",
            sample.values().iter().filter(|value| **value < 0.0).count() as f64,
        ),
        ("n", sample.count() as f64),
        ("mean", sample.mean()),
        ("median", sample.median()),
        ("min", sample.min()),
        ("p1", sample.quantile(1.0)?),
        ("p50", sample.median()),
        ("p95", sample.quantile(95.0)?),
        ("p99", sample.quantile(99.0)?),
        ("max", sample.max()),
    ];
    for (key, figure) in figures
        .into_iter()
        .filter(|(key, _)| !expected[key].is_null())
    {
        check_close(figure, &expected[key], key)?;
    }
    check_keys(expected, &figures.map(|(key, _)| key))
}

/// The pulls of the study's own images.
fn of_the_study(pulls: &[Pull]) -> impl Iterator<Item = &Pull> {
    let is_own = |pull: &&Pull| {
        pull.image
            .as_deref()
            .is_some_and(|image| image.contains("converged-computing"))
    };
    pulls.iter().filter(is_own)
}

fn seconds<'a>(pulls: impl Iterator<Item = &'a Pull>, clock: Clock) -> Vec<f64> {
    pulls.filter_map(|pull| pull.seconds(clock)).collect()
}

pub(crate) fn pull_durations(data: &Path) -> Result<(), Failed> {
    let pulls = read(data)?.pulls();
    let expected = expected(data, "pull-durations.json")?;
    for row in rows(&expected, "rows")? {
        let of_row = || {
            of_the_study(&pulls).filter(|pull| {
                pull.place.experiment.as_deref() == row["experiment"].as_str()
                    && pull.place.nodes.map(u64::from) == row["nodes"].as_u64()
                    && pull.image.as_deref() == row["image"].as_str()
            })
        };
        let clocks = [
            ("correct_including_waiting", Clock::IncludingWaiting),
            ("correct_pull_only", Clock::PullOnly),
        ];
        for (key, clock) in clocks {
            let sample =
                Sample::new(seconds(of_row(), clock)).map_err(|error| format!("{row}: {error}"))?;
            check(row[key]["count"] == sample.count(), || {
                format!("{row}: {key}")
            })?;
            check_close(sample.sum(), &row[key]["sum"], "sum")?;
            check_close(sample.min(), &row[key]["min"], "min")?;
            check_close(sample.median(), &row[key]["median"], "median")?;
            check_close(sample.max(), &row[key]["max"], "max")?;
        }
        let present = of_row()
            .filter(|pull| pull.outcome == PullOutcome::Present)
            .count();
        check(row["already_present_events"] == present, || {
            format!("{row}: {present} present")
        })?;
        let mut sizes: Vec<_> = of_row().filter_map(|pull| pull.image_size_bytes).collect();
        sizes.sort_unstable();
        sizes.dedup();
        check(
            row["image_size_bytes_in_message"] == serde_json::to_value(&sizes)?,
            || format!("{row}: {sizes:?}"),
        )?;
    }
    Ok(())
}

pub(crate) fn pull_totals(data: &Path) -> Result<(), Failed> {
    let pulls = read(data)?.pulls();
    let expected = expected(data, "pull-totals.json")?;
    for row in rows(&expected, "experiments")? {
        let is_of_row =
            |pull: &&Pull| pull.place.experiment.as_deref() == row["experiment"].as_str();
        let total = |own: bool, clock| {
            let all = seconds(pulls.iter().filter(is_of_row), clock);
            let own_only = seconds(of_the_study(&pulls).filter(is_of_row), clock);
            if own { own_only } else { all }
        };
        let including = total(true, Clock::IncludingWaiting);
        check_close(
            including.iter().sum(),
            &row["correct_sum_including_waiting_seconds"],
            "sum",
        )?;
        check(row["correct_pulls"] == including.len(), || {
            format!("{row}: pulls")
        })?;
        let pull_only: f64 = total(true, Clock::PullOnly).iter().sum();
        check_close(
            pull_only,
            &row["correct_sum_pull_only_seconds"],
            "pull only",
        )?;
        let all = total(false, Clock::IncludingWaiting);
        check_close(
            all.iter().sum(),
            &row["all_images_sum_including_waiting_seconds"],
            "all images",
        )?;
        check(row["all_images_pulls"] == all.len(), || {
            format!("{row}: pulls of all images")
        })?;
    }
    Ok(())
}

pub(crate) fn published_durations_and_totals(data: &Path) -> Result<(), Failed> {
    let found = FoundLogs::find(&[data.join("pulling")], &Layout::default())?;
    let (pulls, errors) = PublishedTimes::read(found, &ReadOptions::default()).pulls();
    check(errors.is_empty(), || format!("{errors:?}"))?;
    let durations = expected(data, "pull-durations.json")?;
    for row in rows(&durations, "rows")? {
        let of_row = of_the_study(&pulls).filter(|pull| {
            pull.place.experiment.as_deref() == row["experiment"].as_str()
                && pull.place.nodes.map(u64::from) == row["nodes"].as_u64()
                && pull.image.as_deref() == row["image"].as_str()
        });
        let seconds = seconds(of_row, Clock::IncludingWaiting);
        let original = &row["original"];
        check(original["count"] == seconds.len(), || {
            format!("{row}: {}", seconds.len())
        })?;
        if let Ok(sample) = Sample::new(seconds) {
            check_close(sample.sum(), &original["sum"], "sum")?;
            check_close(sample.min(), &original["min"], "min")?;
            check_close(sample.median(), &original["median"], "median")?;
            check_close(sample.max(), &original["max"], "max")?;
        }
    }
    let totals = expected(data, "pull-totals.json")?;
    for row in rows(&totals, "experiments")? {
        let of_row = of_the_study(&pulls)
            .filter(|pull| pull.place.experiment.as_deref() == row["experiment"].as_str());
        let seconds = seconds(of_row, Clock::IncludingWaiting);
        check_close(
            seconds.iter().sum(),
            &row["original_sum_seconds"],
            "the published sum",
        )?;
        check(row["original_pulls"] == seconds.len(), || {
            format!("{row}: {} pulls", seconds.len())
        })?;
        check_order(data, row)?;
    }
    Ok(())
}

/// The logs of an experiment in another order than that of their paths, by the study's method.
fn check_order(data: &Path, row: &Value) -> Result<(), Failed> {
    let experiment = row["experiment"].as_str().unwrap_or_default();
    let folder = data.join("pulling").join(experiment);
    let found = FoundLogs::find(&[folder], &Layout::default())?;
    let places: Vec<_> = found.places().cloned().collect();
    let mut sizes: Vec<_> = places.iter().filter_map(|place| place.nodes).collect();
    sizes.sort_unstable();
    sizes.dedup();
    check(row["nodes"] == serde_json::to_value(sizes)?, || {
        format!("{row}: nodes")
    })?;

    let mut backwards = FoundLogs::default();
    for place in places.iter().rev() {
        backwards.add_stream(&place.file, fs::File::open(&place.file)?);
    }
    let (pulls, _) = PublishedTimes::read(backwards, &ReadOptions::default()).pulls();
    let sum: f64 = seconds(of_the_study(&pulls), Clock::IncludingWaiting)
        .iter()
        .sum();
    let is_same = check_close(sum, &row["original_sum_seconds"], "backwards").is_ok();
    check(row["original_depends_on_file_order"] == !is_same, || {
        format!("{row}: {sum} backwards")
    })
}
