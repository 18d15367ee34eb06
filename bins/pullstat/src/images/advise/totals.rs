//! What all advice together would come to, and what it takes for granted.

use std::cmp::Ordering;
use std::io::Write;

use pullstudy_console::counted;
use pullstudy_report::{grouped, human_bytes, percent};
use pullstudy_survey::{Advice, AdviceKind, AdviseOptions, Advised, Collection};
use serde::Serialize;

use super::super::losses::{LeftOut, left_out};
use super::row::{Row, signed};

/// What is printed beside the advice. Keys are a contract.
#[derive(Debug, Serialize)]
pub(super) struct Totals {
    images: usize,
    now: Load,
    /// If all advice were followed.
    then: Load,
    /// If only advice were followed whose saving is exact.
    then_exact: Load,
    saved_bytes: u64,
    saved_bytes_exact: u64,
    /// Each kind that there is advice of.
    kinds: Vec<Kind>,
    /// What a node would pull if each image were one layer, and nothing shared.
    squashed_bytes: u64,
    unadvised_bytes: u64,
    without_commands: usize,
    left_out: Vec<LeftOut>,
    layer_seconds: f64,
    assumptions: Vec<String>,
}

/// What it takes to pull the images.
#[derive(Debug, Serialize)]
struct Load {
    pulled_bytes: u64,
    pulled_layers: usize,
    apart_bytes: u64,
    apart_layers: usize,
    critical_bytes: u64,
}

impl Load {
    fn of(load: &pullstudy_survey::Load) -> Self {
        Self {
            pulled_bytes: load.pulled_bytes,
            pulled_layers: load.pulled_layers,
            apart_bytes: load.apart_bytes,
            apart_layers: load.apart_layers,
            critical_bytes: load.critical_bytes,
        }
    }
}

/// All advice of one kind.
#[derive(Debug, Serialize)]
struct Kind {
    code: &'static str,
    certainty: &'static str,
    count: usize,
    saved_bytes: u64,
    /// Below 0 where critical paths become longer.
    saved_critical_bytes: i64,
    layers_now: usize,
    layers_then: usize,
}

impl Kind {
    fn of(kind: AdviceKind) -> Self {
        Self {
            code: kind.as_str(),
            certainty: kind.certainty().as_str(),
            count: 0,
            saved_bytes: 0,
            saved_critical_bytes: 0,
            layers_now: 0,
            layers_then: 0,
        }
    }

    fn add(&mut self, advice: &Advice) {
        self.count += 1;
        self.saved_bytes = self.saved_bytes.saturating_add(advice.saved_bytes());
        let less = advice.saved_critical_bytes();
        self.saved_critical_bytes = self.saved_critical_bytes.saturating_add(less);
        self.layers_now += advice.layers_now;
        self.layers_then += advice.layers_then;
    }
}

/// What to do about all of a kind.
fn meaning(code: &str) -> &'static str {
    match code {
        "drop_empty" => "leave out the step that makes a layer of nothing",
        "share_contents" => {
            "push one of the layers for all images; they were only compressed apart"
        }
        "build_once" => "build the same steps once, as an image that the others are built on",
        "reorder" => {
            "run the command before what differs, in an image that the others are built on"
        }
        "merge" => "make one layer of small ones that are always pulled together",
        _ => "make several layers of one, so that downloads end together",
    }
}

/// They stand in the order of their kinds.
fn kinds(advised: &Advised) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = Vec::new();
    for advice in &advised.advice {
        if kinds.last().map(|kind| kind.code) != Some(advice.kind.as_str()) {
            kinds.push(Kind::of(advice.kind));
        }
        if let Some(kind) = kinds.last_mut() {
            kind.add(advice);
        }
    }
    kinds
}

#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    totals: &'a Totals,
    advice: &'a [Row],
}

impl Totals {
    pub(super) fn of(
        collection: &Collection,
        advised: &Advised,
        options: &AdviseOptions,
        layer_seconds: f64,
    ) -> Self {
        let less = |then: &pullstudy_survey::Load| {
            advised.now.pulled_bytes.saturating_sub(then.pulled_bytes)
        };
        Self {
            images: collection.len(),
            now: Load::of(&advised.now),
            then: Load::of(&advised.then),
            then_exact: Load::of(&advised.then_exact),
            saved_bytes: less(&advised.then),
            saved_bytes_exact: less(&advised.then_exact),
            kinds: kinds(advised),
            squashed_bytes: advised.now.apart_bytes,
            unadvised_bytes: advised.unadvised_bytes,
            without_commands: advised.without_commands,
            left_out: left_out(collection),
            layer_seconds,
            assumptions: assumptions(options, layer_seconds),
        }
    }

    /// Writes one object: the totals and the advice.
    pub(super) fn write_with(&self, rows: &[Row], results: &mut dyn Write) -> anyhow::Result<()> {
        let whole = Whole {
            totals: self,
            advice: rows,
        };
        let text = serde_json::to_string_pretty(&whole)?;
        Ok(writeln!(results, "{text}")?)
    }

    /// Writes the totals for people, below the advice.
    pub(super) fn write(&self, top: usize, results: &mut dyn Write) -> anyhow::Result<()> {
        self.write_more(top, results)?;
        let (now, then) = (&self.now, &self.then);
        let bytes = |now: u64, then: u64| {
            let change = then as f64 / now.max(1) as f64 - 1.0;
            let sign = match change.total_cmp(&0.0) {
                Ordering::Less => "-",
                Ordering::Equal => "",
                Ordering::Greater => "+",
            };
            let share = percent(change.abs());
            format!(
                "{} → {} ({sign}{share})",
                human_bytes(now),
                human_bytes(then)
            )
        };
        let count = |number: usize| grouped(number as u64);
        let lines = [
            format!(
                "{} on one cold node: {}; with exact savings alone {}",
                counted(self.images, "image"),
                bytes(now.pulled_bytes, then.pulled_bytes),
                human_bytes(self.then_exact.pulled_bytes)
            ),
            format!(
                "layers pulled: {} → {}; each image for itself {} → {} (a layer that an image has twice is pulled once)",
                count(now.pulled_layers),
                count(then.pulled_layers),
                count(now.apart_layers),
                count(then.apart_layers)
            ),
            format!(
                "critical paths of downloads, each image for itself: {}",
                bytes(now.critical_bytes, then.critical_bytes)
            ),
            format!(
                "if each image were one layer, nothing would be shared: {}",
                human_bytes(self.squashed_bytes)
            ),
            format!(
                "not advised, since the commands may need files copied before: {}",
                human_bytes(self.unadvised_bytes)
            ),
        ];
        writeln!(results)?;
        for line in lines {
            writeln!(results, "{line}")?;
        }
        writeln!(results, "\ntaken for granted:")?;
        for assumption in &self.assumptions {
            writeln!(results, "- {assumption}")?;
        }
        Ok(())
    }
}

impl Totals {
    /// Says what the kinds mean, and what the table leaves out, with what it comes to.
    fn write_more(&self, top: usize, results: &mut dyn Write) -> anyhow::Result<()> {
        if !self.kinds.is_empty() {
            writeln!(results)?;
        }
        for kind in &self.kinds {
            writeln!(results, "{}: {}", kind.code, meaning(kind.code))?;
        }
        for kind in self.kinds.iter().filter(|kind| kind.count > top) {
            writeln!(
                results,
                "{}: {} more; all {} make {} less, {} on critical paths",
                kind.code,
                grouped((kind.count - top) as u64),
                grouped(kind.count as u64),
                human_bytes(kind.saved_bytes),
                signed(kind.saved_critical_bytes.saturating_neg())
            )?;
        }
        Ok(())
    }
}

fn assumptions(options: &AdviseOptions, layer_seconds: f64) -> Vec<String> {
    let small = human_bytes(options.small_bytes);
    let merged = human_bytes(options.merged_bytes);
    let part = human_bytes(options.part_bytes);
    let downloads = options.downloads;
    vec![
        "the node is cold, pulls all images, and keeps each layer once; other images on it share nothing with these".to_owned(),
        "bytes are wire bytes, as manifests say; a layer that a new one stands for keeps its size".to_owned(),
        "build_once, reorder: the same command makes the same contents. It need not: each saving is an upper bound, and of layers \
         that become one the largest stays; those less than half as large are taken for something else"
            .to_owned(),
        "reorder: a command that only installs packages of the system, or fetches and unpacks, needs no files that were \
         copied before"
            .to_owned(),
        format!(
            "merge: layers below {small} that exactly the same images have one after the other, up to {merged} together, which are \
             downloaded in about the time that a layer costs; it saves no bytes"
        ),
        format!("a layer costs {layer_seconds} s beside its bytes, which is what saved_layer_seconds counts"),
        format!(
            "critical path: {downloads} downloads of one speed, layers taken first to last. Where the node's link is what is slow, \
             and not each download, splitting saves nothing; nor does it make unpacking faster"
        ),
        format!("split: no part is smaller than {part}, and files can be divided as one likes"),
    ]
}
