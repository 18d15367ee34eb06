//! Which logs are read, and what of them.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use pullstudy_console::{Meter, Unit, UsageError, counted, in_words, warn};
use pullstudy_events::{
    Clock, Column, ContainerTimeline, EventLogs, FoundLogs, Grouping, ImageLayers, Layout, LogFile,
    LogProblem, PublishedTimes, Pull, ReadOptions,
};
use pullstudy_image::{Archive, Platform};
use pullstudy_report::Format;
use regex::Regex;

/// What stands for standard input.
const STANDARD_INPUT: &str = "-";

/// Less than this is read before anybody could look at a bar.
const BAR_FROM_BYTES: u64 = 300_000_000;

/// So many problems of files are told one by one.
const PROBLEMS_TOLD: usize = 10;

/// The logs of a command.
#[derive(Debug, clap::Args)]
pub(crate) struct LogArgs {
    /// Logs of events: files, folders with files named `events*`, or `-` for standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    selection: Selection,
}

/// What is read of logs, and what of their pulls counts.
#[derive(Debug, clap::Args)]
pub(crate) struct Selection {
    /// What the folders of a log say, from the end: `{nodes}` takes digits, any other name is a column, `*` any folder
    /// [default: {experiment}/{nodes}]
    #[arg(long, value_name = "PATTERN")]
    layout: Option<Layout>,
    /// Only images whose reference matches
    #[arg(long, value_name = "REGEX")]
    image: Option<Regex>,
}

/// Columns made from images' references.
#[derive(Debug, clap::Args)]
pub(crate) struct GroupArgs {
    /// A column made from the image's reference: what the pattern's first group matches, else all of the match
    #[arg(long = "group", value_name = "NAME=REGEX")]
    groups: Vec<Grouping>,
}

impl GroupArgs {
    /// Returns the groupings, none of which has the name of a column that there is.
    pub(crate) fn checked(&self, taken: impl Fn(&str) -> bool) -> Result<&[Grouping], UsageError> {
        let mut names = BTreeSet::new();
        for name in self.groups.iter().map(Grouping::name) {
            if taken(name) || !names.insert(name) {
                let sentence = format!(
                    "--group {name}=…: there is a column {name} already; choose another name"
                );
                return Err(UsageError(sentence));
            }
        }
        Ok(&self.groups)
    }
}

/// Where sizes of layers are known from.
#[derive(Debug, clap::Args)]
pub(crate) struct ManifestsArgs {
    /// An archive of manifests, as `pullstat manifests fetch` writes it
    #[arg(long, value_name = "DIR")]
    manifests: Option<PathBuf>,
    /// Which image of one that is there for several platforms
    #[arg(long, value_name = "OS/ARCH", default_value = "linux/amd64")]
    platform: Platform,
}

/// Which seconds of a pull count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ClockArg {
    /// From Pulling to Pulled, with the queue behind other images
    #[default]
    IncludingWaiting,
    /// The pull itself
    PullOnly,
}

impl From<ClockArg> for Clock {
    fn from(clock: ClockArg) -> Self {
        match clock {
            ClockArg::IncludingWaiting => Self::IncludingWaiting,
            ClockArg::PullOnly => Self::PullOnly,
        }
    }
}

impl ManifestsArgs {
    /// Reads the layers of all images of the archive, if one is named.
    pub(crate) fn read(&self) -> anyhow::Result<Option<ImageLayers>> {
        self.manifests
            .as_deref()
            .map(|path| read_layers(path, &self.platform))
            .transpose()
    }
}

/// Reads the layers of all images of an archive.
pub(crate) fn read_layers(path: &Path, platform: &Platform) -> anyhow::Result<ImageLayers> {
    let archive = Archive::open(path)?;
    Ok(ImageLayers::of_archive(&archive, platform)?)
}

/// Whose method turns events into pulls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Method {
    /// Each distinct event once, each container for itself
    #[default]
    Corrected,
    /// The published study's scripts with their mistakes: the last event of each reason and pod name
    Published,
}

impl LogArgs {
    /// Reads the logs, and tells what of them could not be read.
    pub(crate) fn read(&self) -> anyhow::Result<EventLogs> {
        self.selection.read(&self.paths)
    }

    /// Reads the logs the way the published study does.
    pub(crate) fn read_published(&self) -> anyhow::Result<PublishedTimes> {
        self.selection.read_published(&self.paths)
    }

    /// Pulls of the corrected or the published method, of the images asked for.
    pub(crate) fn pulls(&self, method: Method) -> anyhow::Result<Vec<Pull>> {
        self.selection.pulls(&self.paths, method)
    }

    /// Pulls of the corrected or the published method, of all images.
    pub(crate) fn all_pulls(&self, method: Method) -> anyhow::Result<Vec<Pull>> {
        self.selection.all_pulls(&self.paths, method)
    }

    /// Tells which pulls count.
    pub(crate) fn selection(&self) -> &Selection {
        &self.selection
    }
}

impl Selection {
    pub(crate) fn read(&self, paths: &[PathBuf]) -> anyhow::Result<EventLogs> {
        let logs = self.read_silently(paths)?;
        warnings(&logs).iter().for_each(|line| warn(line));
        Ok(logs)
    }

    /// Reads the logs and tells nothing; see [`warnings`].
    pub(crate) fn read_silently(&self, paths: &[PathBuf]) -> anyhow::Result<EventLogs> {
        Ok(metered(self.find(paths)?, EventLogs::read))
    }

    pub(crate) fn read_published(&self, paths: &[PathBuf]) -> anyhow::Result<PublishedTimes> {
        let times = metered(self.find(paths)?, PublishedTimes::read);
        tell_unread(times.problems());
        Ok(times)
    }

    /// Leaves out the pulls of other images than those asked for.
    pub(crate) fn of(&self, pulls: Vec<Pull>) -> Vec<Pull> {
        self.tell_unmatched(pulls.iter().map(|pull| pull.image.as_deref()));
        self.silently_of(pulls)
    }

    /// Leaves them out, and tells nothing if none is left.
    pub(crate) fn silently_of(&self, mut pulls: Vec<Pull>) -> Vec<Pull> {
        pulls.retain(|pull| self.takes(pull.image.as_deref()));
        pulls
    }

    /// Tells if there are images, and none of them is asked for.
    pub(crate) fn tell_unmatched<'a>(&self, mut images: impl Iterator<Item = Option<&'a str>>) {
        let Some(pattern) = &self.image else {
            return;
        };
        let Some(other) = images.find_map(|image| image) else {
            return;
        };
        if !self.takes(Some(other)) && !images.any(|image| self.takes(image)) {
            warn(&format_args!(
                "no image matches --image {pattern}; there are others, such as {other}"
            ));
        }
    }

    /// Tells whether an image is asked for. One that no event names is not.
    pub(crate) fn takes(&self, image: Option<&str>) -> bool {
        let matches = |pattern: &Regex| image.is_some_and(|image| pattern.is_match(image));
        self.image.as_ref().is_none_or(matches)
    }

    /// Leaves out what happened to other images than those asked for.
    pub(crate) fn of_timelines(&self, timelines: &mut Vec<ContainerTimeline>) {
        let milestones = timelines.iter().flat_map(|timeline| &timeline.milestones);
        self.tell_unmatched(milestones.map(|milestone| milestone.image.as_deref()));
        for timeline in timelines.iter_mut() {
            timeline
                .milestones
                .retain(|milestone| self.takes(milestone.image.as_deref()));
        }
        timelines.retain(|timeline| self.image.is_none() || !timeline.milestones.is_empty());
    }

    /// Reads a list of columns, such as `experiment,nodes,image`.
    pub(crate) fn columns(
        &self,
        list: &str,
        groups: &[Grouping],
    ) -> Result<Vec<Column>, UsageError> {
        let columns = Column::parse_list(list, &self.layout(), groups);
        columns.map_err(|error| UsageError(format!("--by {list}: {}", in_words(&error))))
    }

    /// Tells whether the layout has a column of this name.
    pub(crate) fn has_column(&self, name: &str) -> bool {
        self.layout().columns().any(|column| column == name)
    }

    fn layout(&self) -> Layout {
        self.layout.clone().unwrap_or_default()
    }

    /// Pulls of the corrected or the published method, of the images asked for.
    pub(crate) fn pulls(&self, paths: &[PathBuf], method: Method) -> anyhow::Result<Vec<Pull>> {
        Ok(self.of(self.all_pulls(paths, method)?))
    }

    fn all_pulls(&self, paths: &[PathBuf], method: Method) -> anyhow::Result<Vec<Pull>> {
        if method == Method::Corrected {
            return Ok(self.read(paths)?.pulls());
        }
        let (pulls, errors) = self.read_published(paths)?.pulls();
        tell_some(errors.iter().map(in_words));
        Ok(pulls)
    }

    fn find(&self, paths: &[PathBuf]) -> anyhow::Result<FoundLogs> {
        let layout = self.layout();
        let (streams, files): (Vec<_>, Vec<_>) = paths
            .iter()
            .partition(|path| path.as_os_str() == STANDARD_INPUT);
        let usage = |error| UsageError(in_words(&error));
        let mut found = FoundLogs::find(&files, &layout).map_err(usage)?;
        if self.layout.is_some() {
            found.check_layout(&layout).map_err(usage)?;
        }
        if !streams.is_empty() {
            found.add_stream(STANDARD_INPUT, io::stdin());
        }
        Ok(found)
    }
}

/// Returns what of the logs could not be read: what stands in every command's output rests on the rest.
pub(crate) fn warnings(logs: &EventLogs) -> Vec<String> {
    let mut lines = some(unread(&logs.problems()).into_iter());
    let silent: Vec<String> = logs.files().iter().filter_map(without_events).collect();
    lines.extend(some(silent.into_iter()));
    let health = logs.files().iter().map(|log| &log.health);
    let lost: u64 = health
        .map(|health| health.cut_lines + health.oversized_lines)
        .sum();
    if lost > 0 {
        let count = counted(usize::try_from(lost).unwrap_or(usize::MAX), "line");
        lines.push(format!(
            "{count} held events cut off or too long to be read: see pullstat health"
        ));
    }
    lines
}

/// A log in which there is not one event is likely not what it was taken for.
fn without_events(log: &LogFile) -> Option<String> {
    let health = &log.health;
    let file = &log.place.file;
    match (health.events + health.filled_events, health.lines) {
        (0, 0) => Some(format!("{file} is empty")),
        (0, lines) => Some(format!(
            "{file}: no event in {} ({} no JSON, {} JSON of another kind); see pullstat health",
            counted(usize::try_from(lines).unwrap_or(usize::MAX), "line"),
            health.non_json_lines,
            health.log_lines
        )),
        _ => None,
    }
}

fn tell_unread(problems: &[LogProblem]) {
    tell_some(unread(problems).into_iter());
}

fn unread(problems: &[LogProblem]) -> Vec<String> {
    let line = |problem: &LogProblem| format!("{}: {}", problem.file, problem.problem);
    problems.iter().map(line).collect()
}

fn tell_some(problems: impl ExactSizeIterator<Item = String>) {
    some(problems).iter().for_each(|line| warn(line));
}

/// The first of them, and how many there are besides.
fn some(problems: impl ExactSizeIterator<Item = String>) -> Vec<String> {
    let more = problems.len().saturating_sub(PROBLEMS_TOLD);
    let mut lines: Vec<String> = problems.take(PROBLEMS_TOLD).collect();
    if more > 0 {
        lines.push(format!("and {more} more like these"));
    }
    lines
}

/// Reads; while much is read, or nobody knows how much, a bar on the terminal shows how far it has come.
fn metered<T>(found: FoundLogs, read: impl FnOnce(FoundLogs, &ReadOptions<'_>) -> T) -> T {
    let bytes = found.bytes();
    if (1..BAR_FROM_BYTES).contains(&bytes) {
        return read(found, &ReadOptions::default());
    }
    let meter = Meter::new(Unit::Bytes);
    meter.set_total(bytes);
    let progress = |bytes| meter.advance(bytes);
    let options = ReadOptions {
        progress: &progress,
        ..ReadOptions::default()
    };
    let logs = read(found, &options);
    meter.finish();
    logs
}

/// Refuses seconds that the published study does not have.
pub(crate) fn check_clock(method: Method, clock: ClockArg) -> Result<(), UsageError> {
    if method == Method::Published && clock == ClockArg::PullOnly {
        let sentence =
            "--method published knows only seconds with waiting: leave --clock pull-only out";
        return Err(UsageError(sentence.to_owned()));
    }
    Ok(())
}

/// Refuses what a terminal cannot show.
pub(crate) fn check_output(format: Format) -> Result<(), UsageError> {
    if format == Format::Parquet && io::stdout().is_terminal() {
        let sentence =
            "a Parquet file is not for a terminal: send it into a file, with > pulls.parquet";
        return Err(UsageError(sentence.to_owned()));
    }
    Ok(())
}
