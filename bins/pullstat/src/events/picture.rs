//! Pictures of pulls.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use pullstudy_events::{Clock, KeyValue, Pull, SpreadRow};
use pullstudy_report::{BoxPlot, Figure, PullTimes, Scale, SpreadLines, SpreadPoint};

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

/// Draws pull times by image and number of nodes; images with a size in their names, small ones first.
pub(crate) fn box_plot(pulls: &[Pull], clock: Clock, scale: Scale) -> anyhow::Result<Figure> {
    box_plot_of(&pull_times(pulls, clock), clock, scale)
}

/// Draws rows that [`pull_times`] has made.
pub(crate) fn box_plot_of(
    rows: &[PullTimes],
    clock: Clock,
    scale: Scale,
) -> anyhow::Result<Figure> {
    let note = match clock {
        Clock::PullOnly => "Seconds of the pulls alone, without the queue behind other images.",
        _ => "Seconds from Pulling to Pulled, the queue behind other images included.",
    };
    let figure = BoxPlot::new("Pull times by image and number of nodes")
        .with_scale(scale)
        .with_note(note)
        .draw(rows);
    figure.context("no plot was drawn")
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
pub(crate) fn pull_times(pulls: &[Pull], clock: Clock) -> Vec<PullTimes> {
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
pub(crate) fn spread_lines(rows: &[SpreadRow], scale: Scale) -> anyhow::Result<Figure> {
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
    figure.context("no plot was drawn")
}
