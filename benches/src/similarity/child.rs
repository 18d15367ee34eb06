//! What `similarity` has processes of their own do, whose memory it measures.

use std::env;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::thread;
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use pullstudy_similarity::{Linkage, Measure, Sets, SetsBuilder, cluster_in_place};
use serde::{Deserialize, Serialize};

use super::made::{self, Crawl};
use super::tree::Tree;

/// What is to be done, on what part of the full size, with which file, and where to write what came out.
pub(super) const WORK_VARIABLE: &str = "PULLSTUDY_BENCH_WORK";
pub(super) const SCALE_VARIABLE: &str = "PULLSTUDY_BENCH_SCALE";
pub(super) const SETS_VARIABLE: &str = "PULLSTUDY_BENCH_SETS";
pub(super) const OUTCOME_VARIABLE: &str = "PULLSTUDY_BENCH_OUTCOME";

/// The similarity from which sets are joined.
const THRESHOLD: f64 = 0.5;

/// How long a child took, and what it had before it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Outcome {
    /// From items as text, or as numbers, to sets.
    pub(super) sets_seconds: f64,
    /// From sets to distances.
    pub(super) matrix_seconds: f64,
    /// From distances to the tree; from sets where there is no matrix of all.
    pub(super) tree_seconds: f64,
    /// From sets to all similar pairs.
    pub(super) join_seconds: f64,
    pub(super) sets: usize,
    pub(super) items: usize,
    pub(super) components: usize,
    /// Images of the largest component, and how many of them differ.
    pub(super) component: usize,
    pub(super) component_distinct: usize,
    pub(super) pairs: u64,
}

/// Does the work that the environment names.
pub(super) fn run() -> anyhow::Result<()> {
    let variable = |name| env::var(name).with_context(|| format!("{name} is not set"));
    let scale: f64 = variable(SCALE_VARIABLE)?.parse()?;
    let file = || anyhow::Ok(variable(SETS_VARIABLE)?.into());
    let outcome = match &*variable(WORK_VARIABLE)? {
        "matrix" => matrix(file()?)?,
        "parts" => parts(file()?)?,
        "weighted" => weighted(file()?)?,
        "crawl" => crawl(scale)?,
        "join" => join(scale)?,
        other => bail!("there is no work {other}"),
    };
    fs::write(variable(OUTCOME_VARIABLE)?, serde_json::to_vec(&outcome)?)?;
    Ok(())
}

fn threads() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Returns what `work` returns, and the seconds it took.
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed().as_secs_f64())
}

/// The sets of a file, one a line.
struct Lines {
    text: String,
}

impl Lines {
    fn read(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path)?;
        Ok(Self { text })
    }

    fn rows(&self) -> Vec<Vec<&str>> {
        let lines = self.text.lines();
        lines.map(|line| line.split(' ').collect()).collect()
    }
}

/// Sets, the matrix of all distances, the tree: what the peer does.
fn matrix(file: std::path::PathBuf) -> anyhow::Result<Outcome> {
    let lines = Lines::read(&file)?;
    let rows = lines.rows();
    let (sets, sets_seconds) = timed(|| Sets::of(rows));
    let (distances, matrix_seconds) = timed(|| {
        let matrix = sets.matrix(Measure::Items, threads());
        matrix.into_distances()
    });
    let (tree, tree_seconds) = timed(|| cluster_in_place(distances, Linkage::Average));
    Tree::of(&tree).write(&file.with_extension("tree"))?;
    Ok(Outcome {
        sets_seconds,
        matrix_seconds,
        tree_seconds,
        sets: sets.len(),
        items: sets.items(),
        ..Outcome::default()
    })
}

/// Sets and the tree, with no matrix of all.
fn parts(file: std::path::PathBuf) -> anyhow::Result<Outcome> {
    let lines = Lines::read(&file)?;
    let rows = lines.rows();
    let (sets, sets_seconds) = timed(|| Sets::of(rows));
    let (tree, tree_seconds) = timed(|| sets.cluster(Linkage::Average, Measure::Items, threads()));
    ensure!(tree?.leaves() == sets.len(), "the tree has not all leaves");
    Ok(Outcome {
        sets_seconds,
        tree_seconds,
        ..Outcome::default()
    })
}

/// The tree of weighted sets, which has no ties.
fn weighted(file: std::path::PathBuf) -> anyhow::Result<Outcome> {
    let lines = Lines::read(&file)?;
    let mut builder = SetsBuilder::new();
    for row in lines.rows() {
        let items: Vec<u64> = row.into_iter().map(str::parse).collect::<Result<_, _>>()?;
        builder.push_weighted(items.into_iter().map(|item| (item, made::weight(item))))?;
    }
    let tree = builder
        .finish()
        .cluster(Linkage::Average, Measure::Weights, threads())?;
    Tree::of(&tree).write(&file.with_extension("tree"))?;
    Ok(Outcome::default())
}

/// All images of a crawl, clustered exactly.
fn crawl(scale: f64) -> anyhow::Result<Outcome> {
    let images = Crawl::STUDY.scaled(scale).images();
    let (sets, sets_seconds) = timed(|| Sets::of(images));
    let (tree, tree_seconds) = timed(|| sets.cluster(Linkage::Average, Measure::Items, threads()));
    ensure!(tree?.leaves() == sets.len(), "the tree has not all leaves");
    let components = sets.components(Measure::Items);
    let largest = components
        .iter()
        .max_by_key(|component| component.distinct());
    Ok(Outcome {
        sets_seconds,
        tree_seconds,
        sets: sets.len(),
        items: sets.items(),
        components: components.len(),
        component: largest.map_or(0, |component| component.sets().len()),
        component_distinct: largest.map_or(0, |component| component.distinct()),
        ..Outcome::default()
    })
}

/// All pairs of similar sets among a million.
fn join(scale: f64) -> anyhow::Result<Outcome> {
    let made = made::zipf((1e6 * scale) as usize);
    let (sets, sets_seconds) = timed(|| Sets::of(made));
    let mut pairs = 0;
    let (joined, join_seconds) =
        timed(|| sets.for_each_pair_above(THRESHOLD, Measure::Items, threads(), |_| pairs += 1));
    joined?;
    Ok(Outcome {
        sets_seconds,
        join_seconds,
        sets: sets.len(),
        items: sets.items(),
        pairs,
        ..Outcome::default()
    })
}
