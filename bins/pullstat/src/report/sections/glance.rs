//! At a glance: what was run, and what of it is not known.

use std::time::{Duration, SystemTime};

use pullstudy_events::Health;
use pullstudy_report::grouped;

use super::super::study::Study;
use super::{images, table};
use pullstudy_report::{Fact, Section};

/// So many images are shown before the others are asked for.
const IMAGES_SHOWN: usize = 50;

/// 2001-01-01: what events tell of before is simulated, for there were no containers.
const MEASURED_FROM: Duration = Duration::from_secs(978_307_200);

pub(in crate::report) fn section(study: &Study) -> anyhow::Result<Section> {
    let mut section = Section::new("at-a-glance", "At a glance").facts(facts(study));
    for line in remarks(study) {
        section = section.text(line);
    }
    let rows = images::rows(study);
    if !rows.is_empty() {
        let caption = "Images that were pulled, with their sizes where they are known";
        let made = table("images", caption, &images::table(), &rows)?;
        section = section.table(made.first(IMAGES_SHOWN));
    }
    Ok(section.warnings(missing(study)))
}

fn facts(study: &Study) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut add = |label: &str, words: String, id: &str| {
        facts.push(Fact::new(label, words).defined_by(id));
    };
    let experiments = study.experiments();
    if !experiments.is_empty() {
        add("Experiments", experiments.join(", "), "experiment");
    }
    let nodes: Vec<String> = study
        .node_counts()
        .iter()
        .map(ToString::to_string)
        .collect();
    if !nodes.is_empty() {
        add("Nodes", nodes.join(", "), "nodes");
    }
    let engines = engines(study);
    if !engines.is_empty() {
        add("Pulled by", engines.join(", "), "pull");
    }
    if let Some(health) = health(study) {
        for (label, count, id) in counts(&health) {
            add(label, grouped(count), id);
        }
    }
    if !study.traced.pulls.is_empty() {
        let count = grouped(study.traced.pulls.len() as u64);
        add("Traced pulls", count, "critical-path");
    }
    facts
}

pub(super) fn health(study: &Study) -> Option<Health> {
    study.logs.as_ref().map(|logs| logs.health(&study.pulls))
}

fn counts(health: &Health) -> [(&'static str, u64, &'static str); 5] {
    [
        ("Pulls", health.pulls, "pull"),
        ("Pulled", health.pulled, "pulled"),
        ("Present", health.present, "present"),
        ("Failed", health.failed, "failed"),
        ("Unfinished", health.unfinished, "unfinished"),
    ]
}

fn engines(study: &Study) -> Vec<&str> {
    let mut engines: Vec<&str> = study.runs.iter().map(|run| run.engine.as_str()).collect();
    engines.sort_unstable();
    engines.dedup();
    engines
}

/// What a reader must know before any figure.
fn remarks(study: &Study) -> Vec<String> {
    let mut remarks = Vec::new();
    if is_simulated(study) {
        remarks.push(
            "These pulls were simulated, not measured: their events are of the year 2000, as pullstat simulate --out writes them."
                .to_owned(),
        );
    }
    let mut notes: Vec<&String> = study
        .runs
        .iter()
        .flat_map(|run| run.steps.iter().flat_map(|step| &step.notes))
        .collect();
    notes.sort_unstable();
    notes.dedup();
    remarks.extend(notes.into_iter().map(|note| format!("Of the run: {note}.")));
    remarks
}

fn is_simulated(study: &Study) -> bool {
    let mut moments = study
        .pulls
        .iter()
        .filter_map(|pull| pull.pulled_at.or(pull.pulling_at));
    moments.any(|at| at < SystemTime::UNIX_EPOCH + MEASURED_FROM)
}

/// What a page could show and has not, and what the figures do not rest on.
pub(in crate::report) fn missing(study: &Study) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(health) = health(study) {
        lines.extend(unread(&health));
    } else {
        lines.push("no logs of events: what kubelets said of the pulls is not known; pullstat run and pullstat collect write them".to_owned());
    }
    if study.traced.pulls.is_empty() {
        lines.push("no traces: where the time of a pull went is not known; pullstat run --engine local and --engine containerd write them".to_owned());
    }
    match &study.coverage {
        Some(counts) => lines.extend(uncovered(counts)),
        None if study.logs.is_some() => lines.push("no coverage: whether events of some pods were lost is not known; pullstat run --engine kubernetes and pullstat collect write it".to_owned()),
        None => {}
    }
    if study.archives.is_empty() {
        lines.push("no manifests: what images have in common, and wire bytes that no kubelet told, are not known; pullstat manifests fetch writes them".to_owned());
    }
    lines
}

fn unread(health: &Health) -> Vec<String> {
    let total = &health.total;
    let kinds = [
        (total.non_json_lines, "lines are no JSON"),
        (total.cut_lines, "lines are cut off"),
        (total.oversized_lines, "lines are too long to be read"),
        (total.bad_timestamps, "timestamps could not be read"),
        (
            health.unfitting_files,
            "files do not fit the layout, so experiment and nodes are not known of them",
        ),
        (health.empty_files, "files are empty"),
        (health.unfinished, "pulls have no end in the logs"),
        (
            health.filled_pulls,
            "pulls are known by their pods' statuses only",
        ),
        (
            health.undecided,
            "containers have their image, and whether it was pulled or present is not known",
        ),
    ];
    let some = kinds.into_iter().filter(|(count, _)| *count > 0);
    some.map(|(count, words)| format!("{} {words}; see pullstat health", grouped(count)))
        .collect()
}

fn uncovered(counts: &super::super::study::CoverageCounts) -> Vec<String> {
    let kinds = [
        (
            counts.pods_never_created,
            "of the pods expected were never created",
        ),
        (
            counts.unaccounted,
            "pods or containers are not accounted for: nothing tells what became of the image",
        ),
        (
            counts.undecided,
            "containers have their image, and whether it was pulled or present is not known",
        ),
        (
            counts.filled,
            "containers are known by their pods' statuses, since events were lost",
        ),
    ];
    let some = kinds.into_iter().filter(|(count, _)| *count > 0);
    let of = format!(
        "of {} pods expected and {} containers",
        counts.pods_expected, counts.containers
    );
    some.map(|(count, words)| format!("coverage: {} {words} ({of})", grouped(count)))
        .collect()
}
