//! `crafter verify`: recompute what images say of themselves.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::Path;

use anyhow::bail;
use pullstudy_console::{
    Clients, ConnectionArgs, Repository, UsageError, counted, retries, say, terminal_width,
};
use pullstudy_crafter::{Mismatch, VerifyOptions, VerifyReport, VerifyTarget, verify};
use pullstudy_image::{Layout, Reference};
use pullstudy_report::{Column, Format, Table, grouped};
use serde::Serialize;

use crate::build::jobs;
use crate::progress::VerifyDisplay;

/// Recompute digests, diff_ids, sizes and uniqueness of images, and report every mismatch
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  crafter verify ./crafted
  crafter verify 127.0.0.1:5000/you/images:9-layers-size-53702097-bytes --format json

An argument is a layout when it starts with /, ./, ../ or oci:, or is a folder; else it is a \
reference. The rows are the mismatches: none means that every byte is as said.

Exit codes: 0 no mismatch, 1 mismatches or failed, 2 wrong usage, 130 interrupted")]
pub(crate) struct Args {
    /// OCI layouts, all images of each, and references
    #[arg(required = true, value_name = "LAYOUT_DIR|REFERENCE")]
    images: Vec<String>,
    /// Layers read at a time [default: the number of cores]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// How to print the rows: table, json or csv
    #[arg(long, default_value_t)]
    format: Format,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Prints a row for each mismatch; fails if there is one.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let options = VerifyOptions {
        jobs: jobs(args.jobs),
    };
    let mut found = Found::default();
    let clients = Clients::new(
        &args.connection,
        retries(|line| say(format_args!("{line}"))),
    );
    for image in &args.images {
        found.add(&verify_one(image, options, &clients)?);
    }
    if args.format != Format::Table || !found.mismatches.is_empty() {
        table()
            .within(terminal_width())
            .write(args.format, &found.mismatches, results)?;
    }
    if !found.mismatches.is_empty() {
        bail!(
            "{} of {} did not match what is said",
            counted(found.mismatches.len(), "value"),
            counted(found.images, "image")
        );
    }
    if args.format == Format::Table {
        writeln!(
            results,
            "{} with {}, {} wire bytes and {} unpacked bytes: all as said",
            counted(found.images, "image"),
            counted(found.layers, "layer"),
            grouped(found.wire_bytes),
            grouped(found.unpacked_bytes),
        )?;
    }
    Ok(())
}

fn verify_one(
    image: &str,
    options: VerifyOptions,
    clients: &Clients<'_>,
) -> anyhow::Result<VerifyReport> {
    let display = VerifyDisplay::new();
    let show = |event| display.show(event);
    let report = match layout_path(image) {
        Some(path) => {
            let layout = Layout::open(path)?;
            verify(&layout, &VerifyTarget::all_of(&layout)?, options, &show)
        }
        None => {
            let reference: Reference = image.parse().map_err(|error| {
                UsageError(format!(
                    "{image} is no folder, and no reference either: {error}"
                ))
            })?;
            let repository = Repository::open(&reference, clients.of(&reference)?)?;
            let target = VerifyTarget {
                name: reference.to_string(),
                descriptor: repository.resolve()?,
            };
            verify(&repository, &[target], options, &show)
        }
    };
    display.finish();
    Ok(report)
}

fn layout_path(image: &str) -> Option<&Path> {
    if let Some(path) = image.strip_prefix("oci:") {
        return Some(Path::new(path));
    }
    let is_path = ["/", "./", "../"]
        .iter()
        .any(|start| image.starts_with(start))
        || Path::new(image).is_dir();
    is_path.then(|| Path::new(image))
}

/// What all arguments together gave.
#[derive(Default)]
struct Found {
    mismatches: Vec<Row>,
    images: usize,
    layers: usize,
    wire_bytes: u64,
    unpacked_bytes: u64,
}

impl Found {
    fn add(&mut self, report: &VerifyReport) {
        self.mismatches
            .extend(report.mismatches.iter().map(Row::of));
        self.images += report.images.len();
        for image in &report.images {
            self.layers += image.layers;
            self.wire_bytes += image.wire_bytes;
            self.unpacked_bytes += image.unpacked_bytes.unwrap_or(0);
        }
    }
}

#[derive(Serialize)]
struct Row {
    image: String,
    platform: Option<String>,
    layer: Option<usize>,
    check: &'static str,
    expected: String,
    actual: String,
}

impl Row {
    fn of(mismatch: &Mismatch) -> Self {
        Self {
            image: mismatch.image.clone(),
            platform: mismatch.platform.as_ref().map(ToString::to_string),
            layer: mismatch.layer,
            check: mismatch.check.name(),
            expected: mismatch.expected.clone(),
            actual: mismatch.actual.clone(),
        }
    }
}

fn table() -> Table<Row> {
    Table::new(vec![
        Column::text("image", "image"),
        Column::text("platform", "platform"),
        Column::text("layer", "layer"),
        Column::text("check", "check"),
        Column::text("expected", "expected"),
        Column::text("actual", "actual"),
    ])
}
