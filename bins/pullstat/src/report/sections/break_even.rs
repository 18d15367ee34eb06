//! From how many starts on an experiment pays for what it costs.

use pullstudy_costmodel::BreakEven;
use pullstudy_events::{ComparedRow, compare};
use pullstudy_report::{
    Alignment, Column, CostLines, CostOption, PageFigure, Section, Table, grouped,
};
use pullstudy_stats::{MeanDifference, Sample, mean_difference};
use serde::Serialize;

use super::super::fixed_cost::FixedCost;
use super::super::starts::Starts;
use super::super::study::{Choices, Study};
use super::experiments::{id, options};
use super::intervals::label;
use super::table;
use super::times::ROWS_SHOWN;

/// What is said of each image, once.
const ALL: &str = "all below, each once";

/// So many starts are drawn where none of them pays.
const STARTS_DRAWN: u64 = 100;

const HOW_TO_ASK: &str = "--fixed-cost EXPERIMENT=USD tells from how many starts on an experiment pays for what its strategy costs.";

/// What is shown of an image, or of all: USD are those of a start, on all nodes.
#[derive(Debug, Serialize)]
struct Row {
    experiment: String,
    nodes: Option<u32>,
    image: String,
    starts_a: usize,
    starts_b: usize,
    start_a_usd: f64,
    start_b_usd: f64,
    saved_usd: f64,
    saved_low_usd: Option<f64>,
    saved_high_usd: Option<f64>,
    fixed_cost_usd: f64,
    /// Null where it never pays.
    break_even_starts: Option<u64>,
    /// At the most that a start may save; null where that is not known, too.
    break_even_starts_low: Option<u64>,
    break_even_starts_high: Option<u64>,
}

/// The starts of one image on one number of nodes, without and with a strategy.
struct Pair {
    nodes: Option<u32>,
    image: String,
    a: Sample,
    b: Sample,
}

/// Adds what is known of the experiments that have a cost, or how to ask for it.
pub(super) fn add(
    section: Section,
    study: &Study,
    choices: &Choices<'_>,
) -> anyhow::Result<Section> {
    let experiments = study.experiments();
    let Some(baseline) = choices.baseline(&experiments) else {
        return Ok(section);
    };
    let costs = &choices.args.fixed_cost;
    match (costs.len(), experiments.len()) {
        (0, 0 | 1) => return Ok(section),
        (0, _) => return Ok(section.text(HOW_TO_ASK)),
        _ => {}
    }
    let before = Starts::of(&study.of_experiment(baseline), choices)?;
    let mut section = section.text(method(baseline, choices));
    let mut rows = Vec::new();
    for cost in costs {
        let now = Starts::of(&study.of_experiment(&cost.experiment), choices)?;
        let pairs = pairs(&before, &now, choices);
        if pairs.is_empty() {
            section = section.text(format!(
                "{} has no image on the same number of nodes as {baseline}: nothing is known of its break-even.",
                cost.experiment
            ));
            continue;
        }
        let own = rows_of(cost, &pairs, choices);
        if let Some(figure) = lines(baseline, cost, &own) {
            section = section.figure(figure);
        }
        rows.extend(own);
    }
    if rows.is_empty() {
        return Ok(section);
    }
    let caption = "From how many starts on an experiment pays for what it costs";
    Ok(section.table(table("break-even", caption, &columns(), &rows)?.first(ROWS_SHOWN)))
}

fn method(baseline: &str, choices: &Choices<'_>) -> String {
    format!(
        "Break-even: A is {baseline}, B the experiment. USD are the means of starts, all nodes paid until the slowest has the image; \
         means, since money adds up. What a start saves has Welch's interval at {} %, of its row alone, where both sides have two \
         starts or more; without an interval it may all be chance (repeats: 5 in a study gives one). Each row carries the whole fixed cost.",
        choices.args.confidence.level() * 100.0
    )
}

/// Pairs the images of two experiments as they are compared.
fn pairs(before: &Starts, now: &Starts, choices: &Choices<'_>) -> Vec<Pair> {
    let mut options = options(choices);
    // Only its pairs are asked for.
    options.bootstrap.resamples = 0;
    let compared = compare(before.slowest(), now.slowest(), &options);
    let pair = |row: ComparedRow| {
        Some(Pair {
            a: before.usd(row.nodes, &row.image_a)?,
            b: now.usd(row.nodes, &row.image_b)?,
            nodes: row.nodes,
            image: row.image,
        })
    };
    compared.rows.into_iter().filter_map(pair).collect()
}

/// A row for each number of nodes and image, the dearest first, and before those of several images one for all of them.
fn rows_of(cost: &FixedCost, pairs: &[Pair], choices: &Choices<'_>) -> Vec<Row> {
    let row = |image: &str, pairs: &[Pair]| {
        let strata: Vec<(&Sample, &Sample)> = pairs.iter().map(|pair| (&pair.a, &pair.b)).collect();
        let saved = mean_difference(&strata, choices.args.confidence);
        Row::of(cost, image, pairs, &saved)
    };
    let of_nodes = pairs.chunk_by(|a, b| a.nodes == b.nodes);
    let rows = of_nodes.flat_map(|pairs| {
        let all = (pairs.len() > 1).then(|| row(ALL, pairs));
        let each = pairs.iter().map(std::slice::from_ref);
        let mut each: Vec<Row> = each.map(|pair| row(&pair[0].image, pair)).collect();
        each.sort_by(|a, b| b.start_a_usd.total_cmp(&a.start_a_usd));
        all.into_iter().chain(each)
    });
    rows.collect()
}

impl Row {
    fn of(cost: &FixedCost, image: &str, pairs: &[Pair], saved: &MeanDifference) -> Self {
        let starts = |usd: fn(&Pair) -> &Sample| pairs.iter().map(|pair| usd(pair).count()).sum();
        let usd = |usd: fn(&Pair) -> &Sample| pairs.iter().map(|pair| usd(pair).mean()).sum();
        let pays_from = |saved_usd: f64| BreakEven::of(cost.usd, saved_usd).pulls;
        Self {
            experiment: cost.experiment.clone(),
            nodes: pairs[0].nodes,
            image: image.to_owned(),
            starts_a: starts(|pair| &pair.a),
            starts_b: starts(|pair| &pair.b),
            start_a_usd: usd(|pair| &pair.a),
            start_b_usd: usd(|pair| &pair.b),
            saved_usd: saved.estimate,
            saved_low_usd: saved.interval.map(|saved| saved.low),
            saved_high_usd: saved.interval.map(|saved| saved.high),
            fixed_cost_usd: cost.usd,
            break_even_starts: pays_from(saved.estimate),
            break_even_starts_low: saved.interval.and_then(|saved| pays_from(saved.high)),
            break_even_starts_high: saved.interval.and_then(|saved| pays_from(saved.low)),
        }
    }
}

fn columns() -> Table<Row> {
    Table::new(vec![
        Column::text("experiment", "experiment"),
        Column::count("nodes", "nodes"),
        Column::text("image", "image"),
        Column::usd("fixed_cost_usd", "costs USD"),
        Column::usd("saved_usd", "saves USD"),
        starts("break_even_starts", "pays from starts", |row| {
            (row.break_even_starts, true)
        }),
        starts("break_even_starts_low", "at the earliest", |row| {
            (row.break_even_starts_low, row.saved_high_usd.is_some())
        }),
        starts("break_even_starts_high", "at the latest", |row| {
            (row.break_even_starts_high, row.saved_low_usd.is_some())
        }),
        Column::usd("saved_low_usd", "saves at least"),
        Column::usd("saved_high_usd", "saves at most"),
        Column::usd("start_a_usd", "USD a start A"),
        Column::usd("start_b_usd", "USD a start B"),
        Column::count("starts_a", "starts A"),
        Column::count("starts_b", "starts B"),
    ])
}

/// A number of starts, which may be known not to exist, or not be known.
fn starts(
    key: &str,
    header: &str,
    of: impl Fn(&Row) -> (Option<u64>, bool) + 'static,
) -> Column<Row> {
    Column::count(key, header).shown_as(Alignment::Right, move |row| match of(row) {
        (Some(starts), _) => grouped(starts),
        (None, true) => "never".to_owned(),
        (None, false) => "-".to_owned(),
    })
}

/// Draws the largest cluster: what is paid in all, the more often it starts.
fn lines(baseline: &str, cost: &FixedCost, rows: &[Row]) -> Option<PageFigure> {
    // Of the rows of one cluster the first is that of all images.
    let row = rows.iter().rev().max_by_key(|row| row.nodes)?;
    let title = format!(
        "What {} costs beside {baseline}, the more often it starts",
        cost.experiment
    );
    let lines = CostLines::new(&title).with_note(row.note());
    // What has no place on axes, such as a break-even after 10^12 starts, stands in the table.
    let figure = lines
        .draw(&row.options(baseline), row.starts_drawn())
        .ok()?;
    let id = format!("break-even-{}", id(&cost.experiment));
    Some(PageFigure::new(id, title, "lines", figure))
}

impl Row {
    fn options(&self, baseline: &str) -> [CostOption; 2] {
        let option = |label: &str, fixed_usd, usd_per_start| CostOption {
            label: label.to_owned(),
            fixed_usd,
            usd_per_start,
        };
        [
            option(baseline, 0.0, self.start_a_usd),
            option(&self.experiment, self.fixed_cost_usd, self.start_b_usd),
        ]
    }

    /// Twice as many as it takes to pay.
    fn starts_drawn(&self) -> u64 {
        match self.break_even_starts {
            None | Some(0) => STARTS_DRAWN,
            Some(starts) => starts.saturating_mul(2),
        }
    }

    fn note(&self) -> String {
        let image = match self.image.as_str() {
            ALL => "all images that both pulled, each once",
            image => image,
        };
        let never = match self.break_even_starts {
            None => " It never pays.",
            Some(_) => "",
        };
        let what = label(image, self.nodes);
        format!("Of {what}: means of the starts that were measured.{never}")
    }
}
