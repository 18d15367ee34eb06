//! A page with everything that a page can hold.

use std::error::Error;

use pullstudy_report::{
    BoxPlot, Column, Definition, Fact, Page, PageFigure, PageTable, PullTimes, Scale, Section,
    Table, Verdict, VerdictKind,
};
use serde::Serialize;

/// Names are other people's.
pub(crate) const HOSTILE: &str = "<script>alert('x')</script>\"&'|`*";

#[derive(Serialize)]
struct Row {
    image: String,
    nodes: u64,
    wire_bytes: Option<u64>,
    median_seconds: f64,
    note: &'static str,
}

pub(crate) fn page() -> Result<Page, Box<dyn Error>> {
    let verdict = "this change adds 40 s and USD 12 to a 256-node start";
    Ok(Page::new("Pulls of <run1>")
        .verdict(Verdict::new(VerdictKind::Worse, verdict))
        .lead("Made-up pulls on 4, 8 and 16 nodes.")
        .section(glance())
        .section(times()?)
        .section(Section::new("empty", "Never seen"))
        .definition(Definition::new(
            "pull",
            "pull",
            "One container of one pod that wants one image once.",
        ))
        .definition(Definition::new(
            "wire-bytes",
            "wire bytes",
            "The sum of the layers' sizes as stored: what a registry sends.",
        ))
        .footer("Written by a test."))
}

fn glance() -> Section {
    Section::new("glance", "At a glance")
        .text("What was run, and what is missing.")
        .facts(vec![
            Fact::new("pulls", "1,536").exact("1536").defined_by("pull"),
            Fact::new("wire bytes", "1.5 GB")
                .exact("1,500,000,000 B")
                .defined_by("wire-bytes"),
            Fact::new("clusters", "1"),
            Fact::new("unknown word", "2").defined_by("nowhere"),
        ])
        .warnings(vec![format!("2 of 24 pulls of {HOSTILE} have no end")])
}

fn times() -> Result<Section, Box<dyn Error>> {
    let table = Table::new(vec![
        Column::text("image", "image"),
        Column::count("nodes", "nodes"),
        Column::bytes("wire_bytes", "wire"),
        Column::seconds("median_seconds", "median s"),
        Column::hidden("note"),
    ]);
    let rows: Vec<Row> = (1..=30).map(row).collect();
    let table = PageTable::new("times", "Pull times by image", &table, &rows)?
        .first(24)
        .defined("wire_bytes", "wire-bytes");
    let figure = PageFigure::new("boxes", "Pull times", "linear", boxes(Scale::Linear)?)
        .also("logarithmic", boxes(Scale::Log)?);
    Ok(Section::new("times-of-pulls", "Pull times")
        .figure(figure)
        .table(table))
}

/// Larger by the number, in no order; every seventh of unknown size.
fn row(number: u64) -> Row {
    let mixed = number * 11 % 31;
    Row {
        image: match number {
            3 => HOSTILE.to_owned(),
            _ => format!("ghcr.io/team/app-{mixed}:9-layers"),
        },
        nodes: 4 << (number % 3),
        wire_bytes: (!number.is_multiple_of(7)).then_some(mixed * 95_000_001),
        median_seconds: mixed as f64 * 1.234_567,
        note: "only in files",
    }
}

fn boxes(scale: Scale) -> Result<pullstudy_report::Figure, Box<dyn Error>> {
    let times = |image: u32| {
        [4_u32, 8, 16].map(|nodes| PullTimes {
            label: format!("ghcr.io/team/app-{image}:9-layers"),
            nodes: Some(nodes),
            seconds: (0..nodes)
                .map(|node| f64::from(image * 9 + nodes + node * node % 7))
                .collect(),
        })
    };
    let rows: Vec<_> = (1..=4).flat_map(times).collect();
    Ok(BoxPlot::new("Pull times").with_scale(scale).draw(&rows)?)
}
