//! Draws every kind of figure from made-up pulls, to be looked at:
//! `cargo run -p pullstudy-report --example figures -- FOLDER`.

#[path = "../tests/it/fixture.rs"]
mod fixture;

use std::error::Error;
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use pullstudy_report::{
    BoxPlot, Clustermap, CostLines, CostOption, Figure, IntervalRow, Intervals, LayerSizes,
    LostTime, LostTimeRow, PullTimes, Scale, SpreadLines, SpreadPoint, Waterfall,
};
use pullstudy_similarity::{Linkage, Measure, Sets};

const SHARED: &str = "The nodes share one machine's cores and disk.";

fn times(label: &str, nodes: u32, middle: f64, count: u32) -> PullTimes {
    let spread = |i: u32| 0.8 + 0.4 * (f64::from(i) * 0.754_877_666).fract().powi(2);
    let seconds = (0..count).map(|i| middle * spread(i)).collect();
    PullTimes {
        label: label.to_owned(),
        nodes: Some(nodes),
        seconds,
    }
}

/// Images of growing size, each on all of these numbers of nodes.
fn study(images: u32, node_counts: &[u32]) -> Vec<PullTimes> {
    let sizes = (1..=images).map(|i| 1_354_751_332 * u64::from(i));
    let rows = sizes.flat_map(|size| {
        let seconds = size as f64 / 140e6;
        let label = format!("ghcr.io/team/chonks:9-layers-size-{size}-bytes");
        node_counts.iter().map(move |&nodes| {
            let factor = 1.0 + f64::from(nodes) / 100.0;
            times(&label, nodes, seconds * factor, nodes.min(16))
        })
    });
    rows.collect()
}

/// Nodes that drift apart with every event, most where images are large.
fn spreads(images: u32, node_counts: &[u32]) -> Vec<SpreadPoint> {
    let mut points = Vec::new();
    let events = ["scheduled", "pulling", "pulled", "created", "started"];
    for (event, drift) in events.into_iter().zip([0.0, 0.4, 9.0, 9.3, 9.4]) {
        for image in 1..=images {
            for &nodes in node_counts {
                let chance = f64::from(nodes * image * 7919 % 13) / 13.0;
                let growth = f64::from(nodes).log2() / 2.0 + chance;
                let seconds = (drift * growth * f64::from(image) / 3.0).round();
                points.push(SpreadPoint {
                    label: format!("ghcr.io/team/chonks:9-layers-size-{image}354751332-bytes"),
                    event: event.to_owned(),
                    nodes,
                    seconds,
                    expected_seconds: Some(seconds / growth * (1.0 + chance / 4.0)),
                });
            }
        }
    }
    points
}

/// Images in families that share a base, some of them the same image twice.
fn clustermap(images: u32) -> Result<Figure, Box<dyn Error>> {
    let layers = |image: u32| {
        let family = image * image % 11;
        let base = (0..2 + family % 5).map(move |layer| family * 100 + layer);
        let own = (0..image * 31 % 6).map(move |layer| 10_000 + image / 2 * 10 + layer);
        base.chain(own).collect::<Vec<_>>()
    };
    let sets = Sets::of((0..images).map(layers));
    let names = [
        "lammps",
        "amg2023-cpu-spack",
        "mt-gemm",
        "osu",
        "kripke-gpu",
    ];
    let label = |image: u32| {
        let name = names[image as usize % names.len()];
        format!("ghcr.io/converged-computing/metric-{name}-{image}-on-ubuntu-2204-cuda-12:latest")
    };
    let labels: Vec<String> = (0..images).map(label).collect();
    let matrix = sets.matrix(Measure::Items, NonZeroUsize::MIN);
    let tree = sets.cluster(Linkage::Average, Measure::Items, NonZeroUsize::MIN)?;
    let order = tree.optimal_leaf_order(&matrix.into_distances())?;
    let map = Clustermap::new(
        "How alike the images are",
        "Jaccard similarity of layers, by digest",
    )
    .with_note("Tree: average linkage of 1 - similarity.");
    Ok(map.draw(&labels, &tree, &order, |image| {
        sets.row(image, Measure::Items)
    })?)
}

fn layer_sizes(layers: u32) -> Result<Figure, Box<dyn Error>> {
    let size = |layer: u32| {
        let chance = f64::from(layer * 7919 % 4_001) / 4_001.0;
        10_f64.powf(1.5 + 7.8 * chance.sqrt()) as u64
    };
    let unique: Vec<u64> = (0..layers).map(size).collect();
    let again = unique.iter().step_by(3);
    let rows: Vec<u64> = unique
        .iter()
        .chain(again)
        .copied()
        .chain(vec![32; 30])
        .collect();
    Ok(LayerSizes::new("How large layers are").draw(&rows, &unique)?)
}

fn intervals() -> Result<Figure, Box<dyn Error>> {
    let row = |label: &str, low, estimate, high| IntervalRow {
        label: label.to_owned(),
        estimate,
        low,
        high,
        count: 64,
        baseline_count: 64,
    };
    let rows = [
        row("peer-to-peer, lammps, 64 nodes", -52.5, -41.0, -30.0),
        row("mirror, lammps, 64 nodes", -31.0, -12.3, -0.8),
        row("zstd, lammps, 64 nodes", -6.0, 1.4, 8.9),
        row("lazy pulling, lammps, 64 nodes", 3.1, 9.7, 15.2),
    ];
    Ok(Intervals::of_seconds("What strategies save")
        .with_baseline("as-is")
        .draw(&rows)?)
}

fn lost_time() -> Result<Figure, Box<dyn Error>> {
    let row = |class: &str, node_seconds, failures| LostTimeRow {
        class: class.to_owned(),
        node_seconds,
        failures,
        nodes: Some(failures.min(60)),
    };
    Ok(LostTime::new("What failures cost").draw(&[
        row("registry: too many requests", 5_220.0, 113),
        row("network: i/o timeout", 1_315.0, 12),
        row("disk: no space left on device", 340.0, 2),
        row("reference: not found", 2.4, 1),
    ])?)
}

fn cost_lines() -> Result<Figure, Box<dyn Error>> {
    let option = |label: &str, fixed_usd, usd_per_start| CostOption {
        label: label.to_owned(),
        fixed_usd,
        usd_per_start,
    };
    let options = [
        option("as-is", 0.0, 0.52),
        option("mirror in the zone", 50.0, 0.11),
        option("preloaded disks", 120.0, 0.004),
    ];
    Ok(CostLines::new("What a month costs")
        .with_unit("starts a month")
        .draw(&options, 1_000)?)
}

/// A page with all figures, to be looked at in light and dark.
fn page(figures: &[(&str, Figure)], theme: &str) -> String {
    let style = Figure::stylesheet();
    let figures = figures.iter().filter(|(name, _)| !name.ends_with("00"));
    let figures: String = figures
        .map(|(name, figure)| format!("<p>{name}</p>{}", figure.to_inline_svg(name)))
        .collect();
    let ground = if theme == "dark" {
        "background:#14181d;color:#ddd"
    } else {
        "background:#fff"
    };
    format!(
        "<!doctype html><html lang=\"en\" data-theme=\"{theme}\"><meta charset=\"utf-8\"><title>Figures</title>\
         <style>{style}body{{{ground}}}</style>{figures}</html>"
    )
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(
        std::env::args_os()
            .nth(1)
            .ok_or("name a folder for the figures")?,
    );
    fs::create_dir_all(&folder)?;
    let quickstart = [
        times(
            "127.0.0.1:34567/quickstart/zeros:9-layers-size-48702097-bytes",
            4,
            0.14,
            4,
        ),
        times(
            "127.0.0.1:34567/quickstart/random:9-layers-size-53702097-bytes",
            4,
            1.9,
            4,
        ),
        times(
            "127.0.0.1:34567/quickstart/zeros:9-layers-size-103513992-bytes",
            4,
            0.22,
            4,
        ),
        times(
            "127.0.0.1:34567/quickstart/random:9-layers-size-108513992-bytes",
            4,
            3.9,
            4,
        ),
    ];
    let cluster: Vec<PullTimes> = ["app:1", "lammps:2024-10", "amg2023:spack"]
        .into_iter()
        .zip([8.0, 31.0, 160.0])
        .flat_map(|(label, middle)| {
            [(4, 1.0), (8, 1.04), (16, 1.2)]
                .map(|(nodes, factor)| times(label, nodes, middle * factor, nodes * 5))
        })
        .collect();
    let figures = [
        (
            "box-linear",
            BoxPlot::new("Pull times on 4 nodes")
                .with_note(SHARED)
                .draw(&quickstart)?,
        ),
        (
            "box-log",
            BoxPlot::new("Pull times on 4 nodes")
                .with_scale(Scale::Log)
                .draw(&quickstart)?,
        ),
        (
            "box-nodes",
            BoxPlot::new("Pull times by nodes").draw(&cluster)?,
        ),
        (
            "box-nodes-log",
            BoxPlot::new("Pull times by nodes")
                .with_scale(Scale::Log)
                .draw(&cluster)?,
        ),
        (
            "box-study",
            BoxPlot::new("Pull times by image and nodes").draw(&study(6, &[4, 8, 16]))?,
        ),
        (
            "box-study-log",
            BoxPlot::new("Pull times by image and nodes")
                .with_scale(Scale::Log)
                .draw(&study(6, &[4, 8, 16]))?,
        ),
        (
            "box-many",
            BoxPlot::new("Pull times by image and nodes")
                .with_scale(Scale::Log)
                .draw(&study(40, &[4, 8, 16, 32, 64, 128]))?,
        ),
        (
            "spread",
            SpreadLines::new("How far nodes lie apart")
                .with_note(SHARED)
                .draw(&spreads(6, &[4, 8, 16]))?,
        ),
        (
            "spread-log",
            SpreadLines::new("How far nodes lie apart")
                .with_scale(Scale::Log)
                .draw(&spreads(6, &[4, 8, 16, 32, 64, 128, 256]))?,
        ),
        (
            "box-100000",
            BoxPlot::new("Pull times").draw(&[times("app:1", 256, 40.0, 100_000)])?,
        ),
        (
            "spread-34",
            SpreadLines::new("How far nodes lie apart").draw(&spreads(34, &[4, 8, 16, 32]))?,
        ),
        ("intervals", intervals()?),
        ("lost-time", lost_time()?),
        ("cost-lines", cost_lines()?),
        ("clustermap-10", clustermap(10)?),
        ("clustermap-30", clustermap(30)?),
        ("clustermap-80", clustermap(80)?),
        ("clustermap-250", clustermap(250)?),
        ("clustermap-2000", clustermap(2_000)?),
        ("layer-sizes-few", layer_sizes(115)?),
        ("layer-sizes-many", layer_sizes(20_000)?),
        (
            "waterfall-wire",
            Waterfall::new()
                .with_note(SHARED)
                .draw(&fixture::wire_bound()),
        ),
        (
            "waterfall-failed",
            Waterfall::new().draw(&fixture::failed()),
        ),
        (
            "waterfall-disk",
            Waterfall::new().draw(&fixture::disk_bound()),
        ),
    ];
    for theme in ["light", "dark"] {
        fs::write(folder.join(format!("{theme}.html")), page(&figures, theme))?;
    }
    for (name, figure) in figures {
        fs::write(folder.join(format!("{name}.svg")), figure.to_svg())?;
        #[cfg(feature = "png")]
        fs::write(folder.join(format!("{name}.png")), figure.to_png(1.0)?)?;
    }
    Ok(())
}
