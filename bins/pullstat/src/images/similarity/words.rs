//! What is printed for people.

use std::io::Write;

use pullstudy_console::counted;
use pullstudy_report::{Column, Format, Table, grouped, human_bytes};
use pullstudy_similarity::Measure;
use serde::Serialize;

use super::base::{Base, OnPlatform};
use super::clusters::{Clusters, Cut};
use super::comparison::Comparison;
use super::outcome::Outcome;
use super::pairs::{self, Pair};

/// So many pairs are shown of the most similar, and half as many of the least.
const PAIRS_SHOWN: usize = 10;
/// Up to so many images are shown each with its cluster.
const IMAGES_SHOWN: usize = 60;
/// So many clusters are shown where images are not.
const CLUSTERS_SHOWN: usize = 20;

/// What a shared base rests on, said wherever its saving is.
const BASE_ASSUMES: &str = "A base is the run of first steps that an image has in common with an image of another repository, for the\n\
     same system and architecture.\n\
     The saving is the most that one base could bring: if it had in it what the others have, and the layers\n\
     above it stayed as they are.";

#[derive(Debug, Serialize)]
struct Line {
    figure: &'static str,
    value: String,
}

/// Writes figures, pairs and clusters.
pub(super) fn write(
    comparison: &Comparison<'_>,
    clusters: &Clusters,
    outcome: &Outcome<'_>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let columns = vec![
        Column::text("figure", "figure"),
        Column::text("value", "value"),
    ];
    let lines = lines(comparison, clusters, outcome);
    Table::new(columns).write(Format::Table, &lines, out)?;
    write_pairs(comparison, outcome, out)?;
    write_clusters(comparison, clusters, out)?;
    if !outcome.shared_base.platforms.is_empty() {
        writeln!(out, "\n{BASE_ASSUMES}")?;
    }
    Ok(())
}

fn lines(comparison: &Comparison<'_>, clusters: &Clusters, outcome: &Outcome<'_>) -> Vec<Line> {
    let mut lines = counts(outcome);
    lines.push(line("compared by", compared_by(comparison, outcome)));
    let different = [outcome.mean, outcome.sd];
    let all = [outcome.mean_with_diagonal, outcome.sd_with_diagonal];
    if outcome.choices.method == "published" {
        lines.push(line("mean and sd, as published", figures(all)));
    } else {
        lines.push(line("mean and sd", figures(different)));
        lines.push(line("... with each image and itself", figures(all)));
    }
    lines.push(line("clusters", cluster_words(clusters, outcome)));
    if let Some(correlation) = outcome.cophenetic_correlation {
        lines.push(line("cophenetic correlation", format!("{correlation:.4}")));
    }
    lines.extend(base_lines(&outcome.shared_base));
    lines
}

fn compared_by(comparison: &Comparison<'_>, outcome: &Outcome<'_>) -> String {
    let counts = match comparison.weight {
        Measure::Items => "each counts one",
        Measure::Weights => "each counts its bytes",
    };
    format!(
        "{} of {}; {counts}",
        outcome.choices.measure,
        comparison.on.items()
    )
}

fn counts(outcome: &Outcome<'_>) -> Vec<Line> {
    let count = |count: usize| grouped(count as u64);
    let mut lines = vec![
        line("images", count(outcome.images)),
        line("repositories", count(outcome.repositories)),
        line("layers, repeated ones too", count(outcome.layers)),
        line("unique layers", count(outcome.unique_layers)),
        line("bytes, each image alone", bytes(outcome.total_bytes)),
        line("bytes, each layer once", bytes(outcome.unique_bytes)),
    ];
    if outcome.choices.on == "command" {
        lines.push(line("build commands of images", grouped(outcome.items)));
        lines.push(line("unique build commands", count(outcome.unique_items)));
    }
    lines
}

fn line(figure: &'static str, value: String) -> Line {
    Line { figure, value }
}

fn bytes(bytes: u128) -> String {
    u64::try_from(bytes).map_or_else(|_| bytes.to_string(), human_bytes)
}

fn figures(figures: [Option<f64>; 2]) -> String {
    let [mean, sd] = figures.map(|figure| figure.map_or("-".to_owned(), |it| format!("{it:.4}")));
    format!("{mean} ± {sd}")
}

fn cluster_words(clusters: &Clusters, outcome: &Outcome<'_>) -> String {
    let linkage = outcome.choices.linkage;
    match clusters.cut {
        Cut::Height(height) => {
            format!(
                "{}, of {linkage} linkage up to distance {height}",
                grouped(clusters.count() as u64)
            )
        }
        Cut::Count(count) => {
            format!(
                "{}, of {linkage} linkage, {count} asked for",
                grouped(clusters.count() as u64)
            )
        }
    }
}

fn base_lines(base: &Base) -> Vec<Line> {
    let title = "one shared base would save";
    match &*base.platforms {
        [] => {
            let nothing = "nothing: no images of two repositories begin alike";
            vec![line(title, nothing.to_owned())]
        }
        [one] => vec![line(title, base_words(one))],
        several => {
            let saved = bytes(base.total.saved_bytes);
            let total = format!("{saved} in all, with one on each platform");
            let platforms = several.iter().map(|one| line("...", base_words(one)));
            std::iter::once(line(title, total))
                .chain(platforms)
                .collect()
        }
    }
}

fn base_words(on: &OnPlatform) -> String {
    let base = &on.saving;
    format!(
        "{}, if {} of {} ({}, {}) all had one of {}",
        bytes(base.saved_bytes),
        counted(base.images_with_base, "image"),
        on.platform.as_deref().unwrap_or("unknown platform"),
        counted(base.bases, "base"),
        bytes(base.bases_bytes),
        bytes(base.base_bytes)
    )
}

fn write_pairs(
    comparison: &Comparison<'_>,
    outcome: &Outcome<'_>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let Some(mut pairs) = outcome.pairs.clone().or_else(|| pairs::all(comparison)) else {
        return Ok(());
    };
    // A stable sort: of equals the first stay first.
    pairs.sort_by(|a, b| b.2.total_cmp(&a.2));
    let shown = |title: &str, pairs: &[Pair], out: &mut dyn Write| {
        writeln!(out, "\n{title}")?;
        pairs::write(Format::Table, &comparison.names, pairs, out)
    };
    let all = pairs.len();
    if outcome.pairs.is_some() {
        let shown_pairs = &pairs[..all.min(PAIRS_SHOWN)];
        let title = format!("{} of {}:", shown_pairs.len(), counted(all, "pair"));
        return shown(&title, shown_pairs, out);
    }
    // Pairs with nothing in common are not similar, however few others there are.
    let most = pairs.partition_point(|pair| pair.2 > 0.0).min(PAIRS_SHOWN);
    if most > 0 {
        shown("Most similar:", &pairs[..most], out)?;
    }
    let least = &pairs[most.max(all.saturating_sub(PAIRS_SHOWN / 2))..];
    if !least.is_empty() {
        shown("Least similar:", least, out)?;
    }
    Ok(())
}

#[derive(Debug, Serialize)]
struct Member<'a> {
    cluster: String,
    image: &'a str,
}

#[derive(Debug, Serialize)]
struct Size<'a> {
    /// A name, which is not grouped as a quantity is.
    cluster: String,
    images: usize,
    first: &'a str,
}

fn write_clusters(
    comparison: &Comparison<'_>,
    clusters: &Clusters,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let names = &comparison.names;
    if names.len() > IMAGES_SHOWN {
        return write_sizes(names, clusters, out);
    }
    let member = |&image: &usize| Member {
        cluster: clusters.of_image[image].to_string(),
        image: &names[image],
    };
    let rows: Vec<Member<'_>> = clusters.order.iter().map(member).collect();
    let columns = vec![
        Column::text("cluster", "cluster"),
        Column::text("image", "image"),
    ];
    writeln!(out, "\nClusters:")?;
    Table::new(columns).write(Format::Table, &rows, out)?;
    Ok(())
}

fn write_sizes(names: &[String], clusters: &Clusters, out: &mut dyn Write) -> anyhow::Result<()> {
    let members = clusters.members();
    let size = |(cluster, images): (usize, &Vec<usize>)| Size {
        cluster: cluster.to_string(),
        images: images.len(),
        first: images.first().map_or("", |&image| &names[image]),
    };
    let mut rows: Vec<Size<'_>> = members.iter().enumerate().map(size).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.images));
    let (all, shown) = (rows.len(), rows.len().min(CLUSTERS_SHOWN));
    rows.truncate(shown);
    let columns = vec![
        Column::text("cluster", "cluster"),
        Column::count("images", "images"),
        Column::text("first", "such as"),
    ];
    writeln!(out, "\nLargest {shown} of {}:", counted(all, "cluster"))?;
    Table::new(columns).write(Format::Table, &rows, out)?;
    Ok(())
}
