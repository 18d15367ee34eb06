//! Fitted on 4 and 8 nodes: what a profile says of 16.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use libtest_mimic::Failed;
use pullstudy_costmodel::{
    FitOptions, LeftOutReason, NodeProfile, Observation, Prediction, Sizes, Term, fit,
};
use pullstudy_stats::Sample;

use super::data::{StudyPull, applications, pulls};

/// One image of one run at 16 nodes.
struct Cell {
    run: &'static str,
    bytes: u64,
    prediction: Prediction,
    seconds: Sample,
}

impl Cell {
    fn error(&self) -> f64 {
        self.prediction.median_seconds / self.seconds.median() - 1.0
    }

    fn covered(&self) -> usize {
        let range = self.prediction.p5_seconds..=self.prediction.p95_seconds;
        self.seconds
            .values()
            .iter()
            .filter(|seconds| range.contains(seconds))
            .count()
    }
}

const RUNS: [&str; 3] = ["run1", "run2", "run3"];

fn profile(pulls: &[StudyPull], run: &str, split: &Split) -> NodeProfile {
    let fitted = pulls
        .iter()
        .filter(|pull| pull.run == run && split.fitted.contains(&pull.nodes));
    let observations: Vec<Observation> = fitted.map(StudyPull::observation).collect();
    fit(&observations, &FitOptions::default()).unwrap().profile
}

/// Numbers of nodes that a profile is fitted to, and one that it is asked for.
struct Split {
    fitted: &'static [u32],
    asked: u32,
}

const ASKED: Split = Split {
    fitted: &[4, 8],
    asked: 16,
};

/// Every other way to do the same with what there is.
const OTHERS: [Split; 8] = [
    split(&[4, 16], 8),
    split(&[8, 16], 4),
    split(&[4], 8),
    split(&[4], 16),
    split(&[8], 4),
    split(&[8], 16),
    split(&[16], 4),
    split(&[16], 8),
];

const fn split(fitted: &'static [u32], asked: u32) -> Split {
    Split { fitted, asked }
}

fn cells(pulls: &[StudyPull], split: &Split) -> Vec<Cell> {
    let mut cells = Vec::new();
    for run in RUNS {
        let profile = profile(pulls, run, split);
        let measured = |bytes: u64| {
            let same = pulls.iter().filter(move |pull| {
                pull.run == run && pull.nodes == split.asked && pull.payload_bytes == bytes
            });
            Sample::new(same.map(|pull| pull.seconds).collect::<Vec<f64>>()).unwrap()
        };
        let sizes: BTreeSet<u64> = pulls.iter().map(|pull| pull.payload_bytes).collect();
        for bytes in sizes {
            let sizes = Sizes {
                unpacked_bytes: Some(bytes),
                ..Sizes::default()
            };
            cells.push(Cell {
                run,
                bytes,
                prediction: profile.predict(&sizes).unwrap(),
                seconds: measured(bytes),
            });
        }
    }
    cells
}

/// Median error at most 5 %, 16 of 18 within 10 %, the worst within 15 %; intervals of 90 % hold 85 to 95 % of pulls.
pub(crate) fn sixteen_nodes(data: &Path) -> Result<(), Failed> {
    let cells = cells(&pulls(data), &ASKED);
    assert_eq!(cells.len(), 18);
    let errors: Vec<f64> = cells.iter().map(|cell| cell.error().abs()).collect();
    let sample = Sample::new(errors.clone())?;
    assert!(sample.median() <= 0.05, "median error {}", sample.median());
    assert!(errors.iter().filter(|error| **error <= 0.10).count() >= 16);
    assert!(sample.max() <= 0.15, "worst error {}", sample.max());
    let covered: usize = cells.iter().map(Cell::covered).sum();
    let all: usize = cells.iter().map(|cell| cell.seconds.count()).sum();
    let coverage = covered as f64 / all as f64;
    assert!((0.85..=0.95).contains(&coverage), "coverage {coverage}");
    Ok(())
}

/// `docs/fit.md` shows what the fit gives today. `PULLSTUDY_WRITE_DOCS=1` writes it there.
pub(crate) fn table_in_docs(data: &Path) -> Result<(), Failed> {
    let pulls = pulls(data);
    let table = format!("{}\n{}", table(&cells(&pulls, &ASKED)), splits(&pulls));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/fit.md");
    let page = std::fs::read_to_string(&path)?;
    let (before, rest) = page
        .split_once(BEGIN)
        .ok_or("docs/fit.md has the table's beginning")?;
    let (_, after) = rest
        .split_once(END)
        .ok_or("docs/fit.md has the table's end")?;
    let wanted = format!("{before}{BEGIN}\n\n{table}\n{END}{after}");
    if std::env::var_os("PULLSTUDY_WRITE_DOCS").is_some() {
        std::fs::write(&path, &wanted)?;
        return Ok(());
    }
    assert_eq!(
        page, wanted,
        "docs/fit.md differs; PULLSTUDY_WRITE_DOCS=1 writes it anew"
    );
    Ok(())
}

const BEGIN: &str = "<!-- crossvalidation -->";
const END: &str = "<!-- /crossvalidation -->";

fn table(cells: &[Cell]) -> String {
    let mut text = String::from(
        "| run | image, GB unpacked | measured median s | predicted s | error | 90 % interval s | pulls inside |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for cell in cells {
        let prediction = &cell.prediction;
        writeln!(
            text,
            "| {} | {:.3} | {:.2} | {:.2} | {:+.1} % | {:.1} to {:.1} | {} of {} |",
            cell.run,
            cell.bytes as f64 / 1e9,
            cell.seconds.median(),
            prediction.median_seconds,
            cell.error() * 100.0,
            prediction.p5_seconds,
            prediction.p95_seconds,
            cell.covered(),
            cell.seconds.count()
        )
        .unwrap();
    }
    let figures = Figures::of(cells);
    writeln!(
        text,
        "\nMedian error {:.1} %, {} of {} within 10 %, the worst {:.1} %; {:.1} % of {} pulls lie inside.",
        figures.median, figures.within, figures.cells, figures.worst, figures.covered, figures.pulls
    )
    .unwrap();
    text
}

/// How good predictions are, in percent.
struct Figures {
    cells: usize,
    median: f64,
    within: usize,
    worst: f64,
    covered: f64,
    pulls: usize,
}

impl Figures {
    fn of(cells: &[Cell]) -> Self {
        let errors: Vec<f64> = cells.iter().map(|cell| cell.error().abs()).collect();
        let errors = Sample::new(errors).unwrap();
        let covered: usize = cells.iter().map(Cell::covered).sum();
        let pulls: usize = cells.iter().map(|cell| cell.seconds.count()).sum();
        let values = errors.values().iter();
        Self {
            cells: cells.len(),
            median: errors.median() * 100.0,
            within: values.filter(|error| **error <= 0.10).count(),
            worst: errors.max() * 100.0,
            covered: 100.0 * covered as f64 / pulls as f64,
            pulls,
        }
    }
}

/// The same for all other splits, a row each.
fn splits(pulls: &[StudyPull]) -> String {
    let mut text = String::from(
        "The same for every other split:\n\n\
         | fitted to nodes | asked for | median error | within 10 % | worst | pulls inside |\n\
         | --- | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for split in &OTHERS {
        let figures = Figures::of(&cells(pulls, split));
        let fitted: Vec<String> = split.fitted.iter().map(u32::to_string).collect();
        writeln!(
            text,
            "| {} | {} | {:.1} % | {} of {} | {:.1} % | {:.1} % of {} |",
            fitted.join(" and "),
            split.asked,
            figures.median,
            figures.within,
            figures.cells,
            figures.worst,
            figures.covered,
            figures.pulls
        )
        .unwrap();
    }
    text
}

/// Real images differ from any line of bytes; those that were measured count for themselves.
pub(crate) fn applications_count_for_themselves(data: &Path) -> Result<(), Failed> {
    let (asked, fitted): (Vec<Observation>, Vec<Observation>) = applications(data)
        .into_iter()
        .partition(|pull| pull.nodes == Some(16));
    let profile = fit(&fitted, &FitOptions::default())?.profile;
    let images: BTreeSet<&str> = asked.iter().map(|pull| pull.image.as_str()).collect();
    assert_eq!((images.len(), asked.len()), (5, 80));
    let (mut errors, mut inside) = (Vec::new(), 0);
    for image in images {
        let sizes = profile.measured_sizes(image).ok_or("it was measured")?;
        let prediction = profile.predict_image(image, &sizes)?;
        let pulls = asked.iter().filter(|pull| pull.image == image);
        let seconds = Sample::new(pulls.map(|pull| pull.seconds).collect::<Vec<f64>>())?;
        let range = prediction.p5_seconds..=prediction.p95_seconds;
        let values = seconds.values().iter();
        inside += values.filter(|seconds| range.contains(seconds)).count();
        errors.push((prediction.median_seconds / seconds.median() - 1.0).abs());
    }
    let errors = Sample::new(errors)?;
    assert!(errors.median() <= 0.01, "median error {}", errors.median());
    assert!(errors.max() <= 0.05, "worst error {}", errors.max());
    assert_eq!(inside, 72);
    Ok(())
}

/// Zeros compress at a constant ratio: r = 1.000000, and the fit refuses to split them.
pub(crate) fn zeros_cannot_be_split(data: &Path) -> Result<(), Failed> {
    let pulls = pulls(data);
    let run = pulls.iter().filter(|pull| pull.run == "run1");
    let both: Vec<Observation> = run
        .map(|pull| pull.observation().wire_bytes(pull.message_bytes))
        .collect();
    let profile = fit(&both, &FitOptions::default())?.profile;
    let left_out = profile
        .left_out
        .iter()
        .find(|left_out| left_out.term == Term::WireBytes);
    let Some(LeftOutReason::Collinear(collinear)) = left_out.map(|left_out| &left_out.reason)
    else {
        return Err(format!("{:?}", profile.left_out).into());
    };
    assert_eq!(collinear.with, Term::UnpackedBytes);
    assert_eq!(format!("{:.6}", collinear.r), "1.000000");
    let constant = profile
        .left_out
        .iter()
        .find(|left_out| left_out.term == Term::Layers);
    assert!(matches!(
        constant.map(|layers| &layers.reason),
        Some(LeftOutReason::Constant { .. })
    ));
    Ok(())
}
