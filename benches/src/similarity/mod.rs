//! Sets of layers to similarities, trees and pairs, against SciPy over the same sets.

mod child;
mod made;
mod scipy;
mod tree;

use std::env;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use child::Outcome;
use made::Crawl;
use scipy::Scipy;
use tree::{Agreement, Tree};

use crate::figure::{Figure, Findings, Target};
use crate::process;

const GIB: f64 = 1_073_741_824.0;

/// How many images SciPy clusters too.
const IMAGES: f64 = 10_000.0;

/// Runs the benchmark on a part of its full size.
pub(crate) fn run(runs: usize, scale: f64) -> anyhow::Result<Findings> {
    let stage = Stage::prepare(scale)?;
    let agreement = stage.agreement()?;
    let mut figures = Figures::default();
    for _ in 0..runs {
        stage.measure(&mut figures)?;
    }
    let notes = vec![
        stage.note(&figures, &agreement),
        format!("The peer: {}.", stage.scipy.versions()?),
    ];
    figures.findings(scale, notes)
}

/// Does the work whose time and memory `run` measures.
pub(crate) fn run_child() -> anyhow::Result<Findings> {
    child::run()?;
    Ok(Findings::default())
}

/// Everything that is there before the clock starts.
struct Stage {
    scale: f64,
    scipy: Scipy,
    folder: tempfile::TempDir,
}

impl Stage {
    fn prepare(scale: f64) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let images = made::images((IMAGES * scale) as usize);
        let line = |image: &Vec<u64>| {
            let items: Vec<String> = image.iter().map(u64::to_string).collect();
            items.join(" ") + "\n"
        };
        // An image without layers is a set without items: no line of Python's has one.
        let filled = images.iter().filter(|image| !image.is_empty());
        let lines: String = filled.map(line).collect();
        fs::write(folder.path().join("sets"), lines)?;
        Ok(Self {
            scale,
            scipy: Scipy::provide()?,
            folder,
        })
    }

    fn sets(&self) -> PathBuf {
        self.folder.path().join("sets")
    }

    fn our_tree(&self) -> anyhow::Result<Tree> {
        Tree::read(&self.sets().with_extension("tree"))
    }

    /// Compares trees before anything is timed: what is fast and wrong is no figure.
    fn agreement(&self) -> anyhow::Result<[Agreement; 2]> {
        self.child("weighted")?;
        let theirs = self.scipy.cluster("weighted", &self.sets())?;
        let weighted = self.our_tree()?.agreement(&theirs.tree)?;
        let all = [weighted.ours, weighted.theirs];
        ensure!(
            all == [weighted.shared; 2] && weighted.height_error < 1e-9,
            "trees without ties differ: {} clusters of ours, {} of SciPy's, {} shared, heights up to {} apart",
            weighted.ours,
            weighted.theirs,
            weighted.shared,
            weighted.height_error
        );
        self.child("matrix")?;
        let theirs = self.scipy.cluster("plain", &self.sets())?;
        let plain = self.our_tree()?.agreement(&theirs.tree)?;
        Ok([weighted, plain])
    }

    fn measure(&self, figures: &mut Figures) -> anyhow::Result<()> {
        // The first process after a large one waits for memory: on a virtual machine its pages went back to the host.
        // SciPy's matrix took 7 s instead of 0.4 that way.
        self.scipy.cluster("plain", &self.sets())?;
        let peer = self.scipy.cluster("plain", &self.sets())?;
        figures.peer_matrix.values.push(peer.matrix_seconds);
        figures.peer_tree.values.push(peer.tree_seconds);
        let whole = peer.matrix_seconds + peer.tree_seconds;
        figures.peer.values.push(whole);
        let (ours, _) = self.child("matrix")?;
        let matrix = ours.sets_seconds + ours.matrix_seconds;
        figures.matrix.values.push(matrix);
        figures.tree.values.push(ours.tree_seconds);
        figures.whole.values.push(matrix + ours.tree_seconds);
        let (ours, _) = self.child("parts")?;
        figures
            .parts
            .values
            .push(ours.sets_seconds + ours.tree_seconds);
        figures.both.values.push(matrix + ours.tree_seconds);
        let (crawl, peak) = self.child("crawl")?;
        figures
            .crawl
            .values
            .push(crawl.sets_seconds + crawl.tree_seconds);
        figures.crawl_memory.values.push(peak);
        let (join, peak) = self.child("join")?;
        figures
            .join
            .values
            .push(join.sets_seconds + join.join_seconds);
        figures.join_memory.values.push(peak);
        figures.last = [crawl, join];
        Ok(())
    }

    /// Returns what a process of its own found, and its peak resident memory in GiB.
    fn child(&self, work: &str) -> anyhow::Result<(Outcome, f64)> {
        let own = env::current_exe().context("this program has no path")?;
        let outcome = self.folder.path().join("outcome.json");
        let (scale, sets, into) = (
            self.scale.to_string(),
            self.sets().display().to_string(),
            outcome.display().to_string(),
        );
        let variables = [
            (child::WORK_VARIABLE, work),
            (child::SCALE_VARIABLE, &scale),
            (child::SETS_VARIABLE, &sets),
            (child::OUTCOME_VARIABLE, &into),
        ];
        let run = process::run(own, &["similarity-child"], &variables)?;
        let outcome = serde_json::from_slice(&fs::read(outcome)?)?;
        Ok((outcome, run.peak_resident_bytes as f64 / GIB))
    }

    fn note(&self, figures: &Figures, [weighted, plain]: &[Agreement; 2]) -> String {
        let [crawl, join] = &figures.last;
        let shape = Crawl::STUDY.scaled(self.scale);
        format!(
            "Real-shaped images: repositories of few to many tags, of which nearly half share one of 60 bases and a third \
             are the image of the tag before. Both sides begin with items as texts in memory and time themselves. SciPy reads the \
             tree off the matrix. Ours does so under `linkage`; what a caller gets is a matrix, and a tree by components, which has no need of \
             it: the promise is of both. \
             Before the runs the trees were compared: with weights, so that there are no ties, all {} clusters between \
             distance 0 and 1 are SciPy's, their heights at most {:.1e} apart; without, where ties leave a choice, {} of \
             our {} are. The crawl is made to the shape of the study's: {} images of {} layers in {} \
             components, the largest of {} images of which {} differ (to be: {}, {}, -, {}, {}). The join found {} pairs among {} sets \
             of {} items.",
            weighted.shared,
            weighted.height_error,
            plain.shared,
            plain.ours,
            crawl.sets,
            crawl.items,
            crawl.components,
            crawl.component,
            crawl.component_distinct,
            shape.images,
            shape.layers,
            shape.component,
            shape.component_distinct,
            join.pairs,
            join.sets,
            join.items
        )
    }
}

/// What is measured.
struct Figures {
    peer: Figure,
    peer_matrix: Figure,
    peer_tree: Figure,
    whole: Figure,
    matrix: Figure,
    tree: Figure,
    parts: Figure,
    both: Figure,
    crawl: Figure,
    crawl_memory: Figure,
    join: Figure,
    join_memory: Figure,
    /// What the crawl and the join of the last run had before them.
    last: [Outcome; 2],
}

impl Default for Figures {
    fn default() -> Self {
        let seconds = |name: &str| Figure::new(name, "s");
        let memory = |name: &str| Figure::new(name, "GiB");
        Self {
            peer: seconds("SciPy: sets to matrix to average linkage"),
            peer_matrix: seconds("SciPy: sets to condensed matrix"),
            peer_tree: seconds("SciPy: linkage"),
            whole: seconds("sets to matrix to average linkage"),
            matrix: seconds("sets to condensed matrix"),
            tree: seconds("linkage"),
            parts: seconds("sets to average linkage, by components"),
            both: seconds("sets to condensed matrix, and to average linkage by components"),
            crawl: seconds("crawl: sets to average linkage, by components"),
            crawl_memory: memory("crawl: peak resident memory"),
            join: seconds("join: sets to all pairs of similarity 0.5 or more"),
            join_memory: memory("join: peak resident memory"),
            last: [Outcome::default(), Outcome::default()],
        }
    }
}

impl Figures {
    fn findings(self, scale: f64, mut notes: Vec<String>) -> anyhow::Result<Findings> {
        let ratio = self
            .peer
            .ratio(&self.whole, "SciPy / sets to matrix to linkage");
        let parts_ratio = self.peer.ratio(&self.parts, "SciPy / by components");
        let both_ratio = self
            .peer
            .ratio(&self.both, "SciPy / matrix, and linkage by components");
        let most = |figure: &Figure| figure.values.iter().copied().fold(0.0, f64::max);
        let pairs = self.last[1].pairs as f64;
        let mut targets = vec![
            Target::at_least(
                "5 times as fast as SciPy: matrix and tree",
                5.0,
                both_ratio.median()?,
            ),
            Target::at_most("crawl clustered, s", 20.0, self.crawl.median()?),
            Target::at_most("crawl: peak resident, GiB", 4.0, most(&self.crawl_memory)),
            Target::at_most("sets joined, s", 60.0, self.join.median()?),
            Target::at_most("join: peak resident, GiB", 8.0, most(&self.join_memory)),
            Target::at_most("join: pairs", 1e7, pairs),
        ];
        if scale < 1.0 {
            targets.clear();
            notes.push(format!(
                "Only {scale} of the full size: this tries the benchmark out, and says nothing of its promises."
            ));
        }
        let figures = vec![
            self.peer,
            self.peer_matrix,
            self.peer_tree,
            self.whole,
            self.matrix,
            self.tree,
            ratio,
            self.parts,
            parts_ratio,
            self.both,
            both_ratio,
            self.crawl,
            self.crawl_memory,
            self.join,
            self.join_memory,
        ];
        Ok(Findings {
            figures,
            targets,
            notes,
        })
    }
}
