//! Draws every kind of figure from made-up pulls, to be looked at:
//! `cargo run -p pullstudy-report --example figures -- FOLDER`.

#[path = "../tests/it/fixture.rs"]
mod fixture;

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use pullstudy_report::{BoxPlot, PullTimes, Scale, Waterfall};

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
    for (name, figure) in figures {
        fs::write(folder.join(format!("{name}.svg")), figure.to_svg())?;
        #[cfg(feature = "png")]
        fs::write(folder.join(format!("{name}.png")), figure.to_png(1.0)?)?;
    }
    Ok(())
}
