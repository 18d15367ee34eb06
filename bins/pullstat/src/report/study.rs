//! What was found, read.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use pullstudy_console::{UsageError, in_words};
use pullstudy_costmodel::Prices;
use pullstudy_events::{Clock, Column as By, EventLogs, ImageLayers, Pull};
use pullstudy_image::{Archive, Platform};
use pullstudy_runner::StudyRecord;
use pullstudy_survey::{Collection, CollectionOptions};
use serde::Deserialize;

use super::args::Args;
use super::fixed_cost;
use super::found::{self, Found};
use super::traced::Traced;
use crate::costs::args::Machines;
use crate::events::args as logs;
use crate::simulate::report::Results;

/// The platform whose sizes are taken of an image that is there for several.
const PLATFORM: &str = "linux/amd64";

/// Everything that a page shows.
#[derive(Default)]
pub(super) struct Study {
    pub(super) logs: Option<EventLogs>,
    /// Of the images asked for.
    pub(super) pulls: Vec<Pull>,
    pub(super) traced: Traced,
    pub(super) runs: Vec<StudyRecord>,
    pub(super) coverage: Option<CoverageCounts>,
    pub(super) archives: Vec<(PathBuf, Collection)>,
    pub(super) layers: Vec<ImageLayers>,
    pub(super) simulations: Vec<(PathBuf, Results)>,
    /// What could not be read, or not wholly.
    pub(super) warnings: Vec<String>,
}

/// What all coverages come to; the keys are those of `coverage.json`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct CoverageCounts {
    pub(super) pods_expected: u64,
    pub(super) pods_never_created: u64,
    pub(super) containers: u64,
    pub(super) undecided: u64,
    pub(super) unaccounted: u64,
    pub(super) filled: u64,
}

#[derive(Deserialize)]
struct CoverageFile {
    totals: CoverageCounts,
}

impl Study {
    pub(super) fn read(args: &Args, found: &Found) -> anyhow::Result<Self> {
        let mut study = Self {
            warnings: found.problems.clone(),
            traced: Traced::read(&found.traces),
            ..Self::default()
        };
        study
            .traced
            .retain(|image| args.selection.takes(Some(image)));
        study.read_logs(args, found)?;
        study.read_runs(&found.journals);
        study.read_coverages(&found.coverages);
        study.read_archives(&found.archives);
        study.read_simulations(&found.simulations);
        if study.is_empty() {
            return Err(found.nothing().into());
        }
        Ok(study)
    }

    /// Files may have the names of logs, and nothing in them that a kubelet said.
    fn is_empty(&self) -> bool {
        let has_events = |logs: &EventLogs| logs.files().iter().any(|log| log.health.events > 0);
        !self.logs.as_ref().is_some_and(has_events)
            && self.traced.pulls.is_empty()
            && self.runs.is_empty()
            && self.coverage.is_none()
            && self.archives.is_empty()
            && self.simulations.is_empty()
    }

    fn read_logs(&mut self, args: &Args, found: &Found) -> anyhow::Result<()> {
        if found.logs.is_empty() {
            return Ok(());
        }
        let read = args.selection.read_silently(&found.logs)?;
        self.warnings.extend(logs::warnings(&read));
        let pulls = read.pulls();
        let known = pulls.iter().find_map(|pull| pull.image.clone());
        self.pulls = args.selection.silently_of(pulls);
        if let Some(known) = known.filter(|_| self.pulls.is_empty()) {
            return Err(UsageError(format!(
                "no image that was pulled in {} matches --image; there are others, such as {known}",
                found::names(&found.logs)
            ))
            .into());
        }
        self.logs = Some(read);
        Ok(())
    }

    fn read_runs(&mut self, journals: &[PathBuf]) {
        for path in journals {
            match StudyRecord::read(path) {
                Ok(run) => self.runs.push(run),
                Err(error) => self.warnings.push(in_words(&error)),
            }
        }
    }

    fn read_coverages(&mut self, files: &[PathBuf]) {
        for path in files {
            match read_json::<CoverageFile>(path) {
                Ok(file) => self.coverage.get_or_insert_default().add(&file.totals),
                Err(error) => self.warnings.push(format!("{error:#}")),
            }
        }
    }

    fn read_archives(&mut self, folders: &[PathBuf]) {
        let platform: Platform = PLATFORM.parse().expect("the platform is well formed");
        for folder in folders {
            let archive = match Archive::open(folder) {
                Ok(archive) => archive,
                Err(error) => {
                    self.warnings.push(in_words(&error));
                    continue;
                }
            };
            let collection = Collection::read(&archive, &CollectionOptions::default());
            self.archives.push((folder.clone(), collection));
            match ImageLayers::of_archive(&archive, &platform) {
                Ok(layers) => self.layers.push(layers),
                Err(error) => self.warnings.push(in_words(&error)),
            }
        }
    }

    fn read_simulations(&mut self, files: &[PathBuf]) {
        for path in files {
            match read_json::<Results>(path) {
                Ok(results) => self.simulations.push((path.clone(), results)),
                Err(error) => self.warnings.push(format!("{error:#}")),
            }
        }
    }

    /// Returns the names of the experiments that have pulls, in their order.
    pub(super) fn experiments(&self) -> Vec<&str> {
        let names = self
            .pulls
            .iter()
            .filter_map(|pull| pull.place.experiment.as_deref());
        names.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Returns the pulls of an experiment.
    pub(super) fn of_experiment(&self, name: &str) -> Vec<Pull> {
        let is_own = |pull: &&Pull| pull.place.experiment.as_deref() == Some(name);
        self.pulls.iter().filter(is_own).cloned().collect()
    }

    /// Returns the numbers of nodes that images were pulled onto, the smallest first.
    pub(super) fn node_counts(&self) -> BTreeSet<u32> {
        let pulls = self.pulls.iter().filter_map(|pull| pull.place.nodes);
        let traced = self.traced.pulls.iter();
        pulls
            .chain(traced.filter_map(|pull| pull.record.nodes))
            .collect()
    }
}

impl CoverageCounts {
    fn add(&mut self, other: &Self) {
        self.pods_expected += other.pods_expected;
        self.pods_never_created += other.pods_never_created;
        self.containers += other.containers;
        self.undecided += other.undecided;
        self.unaccounted += other.unaccounted;
        self.filled += other.filled;
    }
}

fn read_json<T: for<'de> Deserialize<'de>>(path: &Path) -> anyhow::Result<T> {
    let bytes = fs::read(path).with_context(|| format!("failed to read {}", path.display()))?;
    serde_json::from_slice(&bytes)
        .with_context(|| format!("{} is not read: it has another form", path.display()))
}

/// How the figures of a page are made.
pub(super) struct Choices<'a> {
    pub(super) args: &'a Args,
    pub(super) machines: Option<Machines<'a>>,
}

impl<'a> Choices<'a> {
    /// Looks machines and experiments up, so that a slip is told before anything is written.
    pub(super) fn of(
        args: &'a Args,
        prices: &'a Prices,
        study: &Study,
    ) -> Result<Self, UsageError> {
        let machines = args.machines.find(prices)?;
        if let Some(machines) = &machines {
            machines.check(&study.pulls)?;
        }
        let experiments = study.experiments();
        check_baseline(args.baseline.as_deref(), &experiments)?;
        let choices = Self { args, machines };
        let baseline = choices.baseline(&experiments);
        fixed_cost::check(&args.fixed_cost, &experiments, baseline)?;
        Ok(choices)
    }

    /// Returns what the other experiments are compared with; nothing where there is none.
    pub(super) fn baseline<'e>(&'e self, experiments: &[&'e str]) -> Option<&'e str> {
        let named = self.args.baseline.as_deref();
        named.or(experiments.first().copied())
    }

    pub(super) fn clock(&self) -> Clock {
        self.args.clock.into()
    }
}

fn check_baseline(wanted: Option<&str>, experiments: &[&str]) -> Result<(), UsageError> {
    match wanted {
        Some(name) if !experiments.contains(&name) => Err(UsageError(format!(
            "--baseline {name}: there are no pulls of {name}; there are those of {}",
            match experiments {
                [] => "no experiment".to_owned(),
                some => some.join(", "),
            }
        ))),
        _ => Ok(()),
    }
}

/// What pulls are grouped by, where nothing else is said.
pub(super) const USUAL_COLUMNS: [By; 3] = [By::Experiment, By::Nodes, By::Image];
