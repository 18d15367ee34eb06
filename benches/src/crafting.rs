//! Images made in this process, into nowhere or into a layout.

use std::num::NonZeroUsize;
use std::path::Path;
use std::thread::available_parallelism;
use std::time::Instant;

use anyhow::Context;
use pullstudy_crafter::{
    BuildIdentity, BuildOptions, BuiltImage, LayoutSink, Method, Plan, PlanOptions, SizesFile,
    build,
};
use pullstudy_image::NullSink;

/// What a run of the generator made, and how long it took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Made {
    /// Stored bytes of all layers.
    pub(crate) wire_bytes: u64,
    /// Bytes of all files in them.
    pub(crate) unpacked_bytes: u64,
    /// From the plan to the last byte.
    pub(crate) seconds: f64,
}

/// Returns the processors of this machine.
pub(crate) fn cores() -> anyhow::Result<NonZeroUsize> {
    available_parallelism().context("the system does not tell how many cores there are")
}

/// Plans a sizes file.
pub(crate) fn plan(sizes: &str) -> anyhow::Result<Plan> {
    let sizes = SizesFile::parse("the benchmark's sizes", sizes)?;
    let repository = "localhost/bench".parse()?;
    Ok(Plan::new(
        &sizes,
        &PlanOptions {
            seed: 42,
            repository,
            method: Method::Exact,
            base: None,
        },
    )?)
}

/// Makes all images of a sizes file on all cores, and keeps nothing of them.
pub(crate) fn into_nowhere(sizes: &str) -> anyhow::Result<Made> {
    let plan = plan(sizes)?;
    let start = Instant::now();
    let images = build(&plan, &NullSink, BuildOptions { jobs: cores()? }, &|_| {})?;
    Ok(made(&images, start.elapsed().as_secs_f64()))
}

/// Makes all images of a sizes file into a layout.
pub(crate) fn into_layout(sizes: &str, layout: &Path) -> anyhow::Result<Made> {
    let plan = plan(sizes)?;
    let sink = LayoutSink::open(layout, &BuildIdentity::of(&[sizes]), 42)?;
    let start = Instant::now();
    let images = build(&plan, &sink, BuildOptions { jobs: cores()? }, &|_| {})?;
    let made = made(&images, start.elapsed().as_secs_f64());
    sink.complete()?;
    Ok(made)
}

fn made(images: &[BuiltImage], seconds: f64) -> Made {
    let platforms = || images.iter().flat_map(|image| &image.platforms);
    Made {
        wire_bytes: platforms().map(|platform| platform.wire_bytes).sum(),
        unpacked_bytes: platforms().map(|platform| platform.unpacked_bytes).sum(),
        seconds,
    }
}
