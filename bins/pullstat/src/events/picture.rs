//! Pictures of pulls, into files.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use anyhow::Context;
use pullstudy_console::{UsageError, say};
use pullstudy_events::{Clock, KeyValue, Pull, SpreadRow};
use pullstudy_report::{BoxPlot, Figure, PullTimes, Scale, SpreadLines, SpreadPoint};

/// Pixels of a PNG for each unit of the picture: sharp on screens and in print.
const PNG_SCALE: f64 = 2.0;

/// How an axis of seconds is spaced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ScaleArg {
    /// Equal differences take equal room
    #[default]
    Linear,
    /// Equal ratios take equal room
    Log,
}

impl From<ScaleArg> for Scale {
    fn from(scale: ScaleArg) -> Self {
        match scale {
            ScaleArg::Linear => Self::Linear,
            ScaleArg::Log => Self::Log,
        }
    }
}

/// Refuses a file whose name does not say what kind of picture it is to be, or whose folder is not there.
pub(super) fn check_name(path: &Path) -> Result<(), UsageError> {
    if !matches!(
        path.extension().and_then(OsStr::to_str),
        Some("svg" | "png")
    ) {
        let (svg, png) = (path.with_extension("svg"), path.with_extension("png"));
        return Err(UsageError(format!(
            "--plot {} says no kind of picture: name it {} or {}",
            path.display(),
            svg.display(),
            png.display()
        )));
    }
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            let (path, folder) = (path.display(), folder.display());
            Err(UsageError(format!(
                "--plot {path}: there is no folder {folder}"
            )))
        }
        _ => Ok(()),
    }
}

/// Draws pull times by image and number of nodes; images with a size in their names, small ones first.
pub(super) fn box_plot(
    pulls: &[Pull],
    clock: Clock,
    scale: Scale,
    path: &Path,
) -> anyhow::Result<()> {
    let note = match clock {
        Clock::PullOnly => "Seconds of the pulls alone, without the queue behind other images.",
        _ => "Seconds from Pulling to Pulled, the queue behind other images included.",
    };
    let rows = pull_times(pulls, clock);
    let figure = BoxPlot::new("Pull times by image and number of nodes")
        .with_scale(scale)
        .with_note(note)
        .draw(&rows);
    write(&figure.context("no plot was drawn")?, path)
}

/// What images are called in a picture: by their references, or shorter where experiments are named too.
struct Labels {
    names_experiments: bool,
    has_short_names: bool,
}

impl Labels {
    fn of<'a>(rows: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)>) -> Self {
        let (mut experiments, mut images, mut names) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for (experiment, image) in rows {
            experiments.insert(experiment);
            images.extend(image);
            names.extend(image.map(short_name));
        }
        Self {
            names_experiments: experiments.len() > 1,
            has_short_names: experiments.len() > 1 && names.len() == images.len(),
        }
    }

    fn of_image(&self, experiment: Option<&str>, image: &str) -> String {
        let image = if self.has_short_names {
            short_name(image)
        } else {
            image
        };
        match experiment.filter(|_| self.names_experiments) {
            Some(experiment) => format!("{image} ({experiment})"),
            None => image.to_owned(),
        }
    }
}

/// The last part of the path, with its tag.
fn short_name(image: &str) -> &str {
    image.rsplit('/').next().unwrap_or(image)
}

/// A row for each image, number of nodes, and experiment if there are several.
fn pull_times(pulls: &[Pull], clock: Clock) -> Vec<PullTimes> {
    let places = pulls
        .iter()
        .map(|pull| (pull.place.experiment.as_deref(), pull.image.as_deref()));
    let labels = Labels::of(places);
    let mut times: BTreeMap<(KeyValue, Option<u32>), Vec<f64>> = BTreeMap::new();
    for pull in pulls {
        let (Some(image), Some(seconds)) = (pull.image.as_deref(), pull.seconds(clock)) else {
            continue;
        };
        let label = labels.of_image(pull.place.experiment.as_deref(), image);
        times
            .entry((Some(&*label).into(), pull.place.nodes))
            .or_default()
            .push(seconds);
    }
    let row = |((label, nodes), seconds): ((KeyValue, Option<u32>), Vec<f64>)| PullTimes {
        label: label.to_text().unwrap_or_default(),
        nodes,
        seconds,
    };
    times.into_iter().map(row).collect()
}

/// Draws how far apart nodes are, for each kind of event by number of nodes. Rows without a number have no place there.
pub(super) fn spread_lines(rows: &[SpreadRow], scale: Scale, path: &Path) -> anyhow::Result<()> {
    let labels = Labels::of(
        rows.iter()
            .map(|row| (row.experiment.as_deref(), row.image.as_deref())),
    );
    let point = |row: &SpreadRow| {
        let image = row.image.as_deref()?;
        Some(SpreadPoint {
            label: labels.of_image(row.experiment.as_deref(), image),
            event: row.event.as_str().to_owned(),
            nodes: row.nodes?,
            seconds: row.range_seconds,
            expected_seconds: row.expected_range.as_ref().map(|range| range.mean),
        })
    };
    let points: Vec<SpreadPoint> = rows.iter().filter_map(point).collect();
    let figure = SpreadLines::new("How far apart the nodes are")
        .with_scale(scale)
        .draw(&points);
    write(&figure.context("no plot was drawn")?, path)
}

/// Writes the picture whole or not at all.
fn write(figure: &Figure, path: &Path) -> anyhow::Result<()> {
    let bytes = match path.extension().and_then(OsStr::to_str) {
        Some("png") => figure.to_png(PNG_SCALE)?,
        _ => figure.to_svg().into_bytes(),
    };
    let partial = path.with_extension("partial");
    let written = fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, path));
    if written.is_err() {
        // The first failure is the one to report.
        let _ = fs::remove_file(&partial);
    }
    written.with_context(|| format!("failed to write {}", path.display()))?;
    say(format_args!("{}", path.display()));
    Ok(())
}
