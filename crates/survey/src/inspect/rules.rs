//! What is told of an image, and when.

use pullstudy_image::{ArchivedConfig, ArchivedManifest, Compression, MediaType};

use super::deep::{LayerProblem, ReadLayer};
use super::finding::{Code, Finding};
use super::history::History;
use super::layer::LayerRow;
use super::lazy::Readiness;
use super::limits::{LimitKind, LimitRow};
use super::report::ImageReport;
use crate::artifact;

/// Less waste than this is not told: every package manager rewrites a database of its own.
const TOLD_WASTE_BYTES: u64 = 1_000_000;

/// From this share of the wire bytes on a layer is fat, if it has as many bytes as the next constant says.
const FAT_PERCENT: u64 = 80;
const FAT_BYTES: u64 = 100_000_000;

/// A plain layer smaller than this costs nothing worth telling.
const TOLD_PLAIN_BYTES: u64 = 1_000_000;

/// Larger sizes than this, 2^63 - 1, cannot be.
const MOST_BYTES: u64 = i64::MAX as u64;

/// 100 Mbit/s: who needs more to push a layer in time should know.
const SLOW_LINE_BYTES_PER_SECOND: u64 = 12_500_000;

/// What rules look at beside the report.
pub(super) struct Facts<'a> {
    /// Nothing for Docker's schema 1.
    pub(super) manifest: Option<&'a ArchivedManifest>,
    pub(super) config: Option<&'a Result<ArchivedConfig, String>>,
    /// How many the config lists; nothing where it lists none, or one of them is no digest.
    pub(super) diff_ids: Option<usize>,
    /// What reading the layers has shown; empty where they were not read.
    pub(super) reads: &'a [ReadLayer],
}

/// Returns the codes that keep an image from being streamed by GKE.
pub(super) fn obstacles(report: &ImageReport, facts: &Facts<'_>) -> Vec<&'static str> {
    let rows = &report.layer_rows;
    let cases = [
        (Code::Schema1, facts.manifest.is_none()),
        (Code::ForeignLayer, rows.iter().any(is_foreign)),
        (
            Code::EmptyLayer,
            rows.iter().any(|row| row.empty == Some(true)),
        ),
        (
            Code::DuplicateLayer,
            rows.iter().any(|row| row.duplicate_of.is_some()),
        ),
    ];
    let there = cases.into_iter().filter(|(_, is_there)| *is_there);
    there.map(|(code, _)| code.name()).collect()
}

/// Returns all that is to be told, the worst first.
pub(super) fn findings(report: &ImageReport, facts: &Facts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    documents(report, facts, &mut found);
    for (position, row) in report.layer_rows.iter().enumerate() {
        layer(row, facts.reads.get(position), &mut found);
    }
    limits(report, &mut found);
    whole(report, &mut found);
    let rank = |code: Code| Code::ALL.iter().position(|other| *other == code);
    found.sort_by_key(|one| (std::cmp::Reverse(one.severity), rank(one.code), one.layer));
    found
}

fn documents(report: &ImageReport, facts: &Facts<'_>, found: &mut Vec<Finding>) {
    let mut tell = |code, message: String| found.push(Finding::new(code, None, message));
    let Some(manifest) = facts.manifest else {
        let message = "the manifest is Docker's schema 1: it has no sizes, and containerd 2.1 and later do not pull it";
        return tell(Code::Schema1, message.to_owned());
    };
    if manifest.stored.media_type.is_none() {
        let message = "the manifest has no media type of its own";
        tell(Code::MediaTypeMissing, message.to_owned());
    }
    sizes(report, &mut tell);
    match (facts.config, facts.diff_ids) {
        (Some(Err(reason)), _) => tell(
            Code::ConfigUnusable,
            format!("the config cannot be had: {reason}"),
        ),
        (Some(Ok(_)), None) => tell(
            Code::ConfigUnusable,
            "the config lists no diff_ids, or one that is none".to_owned(),
        ),
        (Some(Ok(_)), Some(listed)) if listed != report.layers => tell(
            Code::ConfigMismatch,
            format!(
                "the manifest has {} layers, its config {listed} diff_ids",
                report.layers
            ),
        ),
        _ => {}
    }
    if let Some(Ok(config)) = facts.config {
        of_config(report, config, &mut tell);
    }
}

/// Registries and engines count bytes in signed integers of 64 bits.
fn sizes(report: &ImageReport, tell: &mut dyn FnMut(Code, String)) {
    let sizes = report.layer_rows.iter();
    let sizes = sizes.filter_map(|row| Some((row.layer, row.wire_bytes?)));
    let mut sum = 0_u128;
    for (layer, bytes) in sizes {
        sum += u128::from(bytes);
        if bytes > MOST_BYTES {
            let message = format!("layer {layer} is said to have {bytes} bytes");
            tell(Code::SizeOutOfRange, message);
        }
    }
    if sum > u128::from(MOST_BYTES) {
        let message = format!("the layers are said to have {sum} bytes together");
        tell(Code::SizeOutOfRange, message);
    }
}

fn of_config(report: &ImageReport, config: &ArchivedConfig, tell: &mut dyn FnMut(Code, String)) {
    if config.platform().is_none() {
        let message = "the config does not say for which system and architecture the image is";
        tell(Code::PlatformMissing, message.to_owned());
    }
    match report.history {
        Some(History::Missing) if report.layers > 0 => {
            let message = "the config has no history: no layer can be traced to a command";
            tell(Code::NoHistory, message.to_owned());
        }
        Some(History::Differs) => tell(
            Code::HistoryMismatch,
            format!(
                "the steps in the history that made a layer are not {}, as the layers are: none is traced to a command",
                report.layers
            ),
        ),
        _ => {}
    }
}

fn is_foreign(row: &LayerRow) -> bool {
    row.media_type.as_deref().is_some_and(artifact::is_foreign)
}

fn layer(row: &LayerRow, read: Option<&ReadLayer>, found: &mut Vec<Finding>) {
    let mut tell = |code, message: String| found.push(Finding::new(code, Some(row.layer), message));
    if row.empty == Some(true) {
        tell(Code::EmptyLayer, empty_words(row));
    }
    if let Some(first) = row.duplicate_of {
        let message = format!("layer {} is layer {first} once more", row.layer);
        tell(Code::DuplicateLayer, message);
    }
    if is_foreign(row) {
        let message = format!("layer {} is not to be had from every registry", row.layer);
        tell(Code::ForeignLayer, message);
    }
    let media_type = row.media_type.as_deref().unwrap_or_default();
    let stated = Compression::of_layer(&MediaType::from(media_type));
    if stated.is_err() && row.media_type.is_some() && !is_foreign(row) {
        let message = format!("layer {} has the type {media_type:?}", row.layer);
        tell(Code::UnknownLayerType, message);
    }
    let is_plain = row.compression == Some("none") && row.empty != Some(true);
    if let Some(bytes) = row
        .wire_bytes
        .filter(|bytes| is_plain && *bytes >= TOLD_PLAIN_BYTES)
    {
        let message = format!("layer {} is sent plain, in {bytes} bytes", row.layer);
        tell(Code::UncompressedLayer, message);
    }
    if let Some(read) = read {
        of_contents(row, read, stated.ok(), &mut tell);
    }
}

fn empty_words(row: &LayerRow) -> String {
    let made_by = row.command.as_deref().and_then(crate::instruction);
    match made_by {
        Some(instruction) => format!("layer {}, made by {instruction}, holds nothing", row.layer),
        None => format!("layer {} holds nothing", row.layer),
    }
}

fn of_contents(
    row: &LayerRow,
    read: &ReadLayer,
    stated: Option<Compression>,
    tell: &mut dyn FnMut(Code, String),
) {
    if let Some(problem) = &read.problem {
        let code = match problem {
            LayerProblem::TooManyNames { .. } => Code::TooManyNames,
            problem if problem.is_missing() => Code::MissingLayer,
            _ => Code::DamagedLayer,
        };
        let words = row.problem.as_deref().unwrap_or_default();
        tell(code, format!("layer {}: {words}", row.layer));
    }
    mislabelled(row, read, stated, tell);
    if let Some(first) = &read.counts.first_unusable {
        let count = read.counts.unusable;
        let message = format!(
            "layer {} has {count} entries that engines refuse, the first {first}",
            row.layer
        );
        tell(Code::UnusableEntry, message);
    }
}

fn mislabelled(
    row: &LayerRow,
    read: &ReadLayer,
    stated: Option<Compression>,
    tell: &mut dyn FnMut(Code, String),
) {
    let is_damaged = matches!(read.problem, Some(LayerProblem::Digest { .. }));
    if let (Some(stated), Some(found)) = (stated, read.compression)
        && stated != found
        && !is_damaged
        && read.is_whole()
    {
        let (stated, found) = (stated.name(), found.name());
        let message = format!(
            "layer {} is {found}, its media type says {stated}",
            row.layer
        );
        tell(Code::MislabelledLayer, message);
    }
}

fn limits(report: &ImageReport, found: &mut Vec<Finding>) {
    for limit in &report.limits {
        let code = match limit.kind {
            LimitKind::Layers => Code::TooManyLayers,
            LimitKind::MountOptionsBytes => Code::MountOptionsTooLong,
            LimitKind::LayerBytes => {
                over_registry_limit(report, limit, found);
                continue;
            }
            LimitKind::UploadSeconds => {
                needs_fast_upload(limit, found);
                continue;
            }
        };
        if let (Some(true), Some(actual), Some(most)) = (limit.exceeded, limit.actual, limit.most) {
            let what = match code {
                Code::TooManyLayers => "layers",
                _ => "bytes of mount options",
            };
            let message = format!("{actual} {what}; {} takes {most}", limit.of);
            found.push(Finding::new(code, None, message));
        }
    }
}

fn over_registry_limit(report: &ImageReport, limit: &LimitRow, found: &mut Vec<Finding>) {
    let Some(most) = limit.most else { return };
    for row in &report.layer_rows {
        if let Some(bytes) = row.wire_bytes.filter(|bytes| *bytes > most) {
            let message = format!(
                "layer {} has {bytes} wire bytes; {} takes {most}",
                row.layer, limit.of
            );
            found.push(Finding::new(
                Code::LayerOverRegistryLimit,
                Some(row.layer),
                message,
            ));
        }
    }
}

fn needs_fast_upload(limit: &LimitRow, found: &mut Vec<Finding>) {
    let needed = limit.needs_bytes_per_second;
    let needed = needed.filter(|rate| *rate > SLOW_LINE_BYTES_PER_SECOND);
    if let (Some(rate), Some(layer), Some(seconds)) = (needed, limit.layer, limit.most) {
        let message = format!(
            "layer {layer} is pushed to {} within its {seconds} seconds only at {rate} bytes a second or more",
            limit.of
        );
        found.push(Finding::new(Code::NeedsFastUpload, Some(layer), message));
    }
}

fn whole(report: &ImageReport, found: &mut Vec<Finding>) {
    if let Some(bytes) = report
        .wasted_bytes
        .filter(|bytes| *bytes >= TOLD_WASTE_BYTES)
    {
        let all = report.unpacked_bytes.unwrap_or(bytes);
        let message = format!("{bytes} of {all} unpacked bytes are seen by no container");
        found.push(Finding::new(Code::WastedBytes, None, message));
    }
    fat_layer(report, found);
    let zstd = report.layer_rows.iter();
    let zstd = zstd.filter(|row| row.compression == Some("zstd")).count();
    if zstd > 0 {
        let engines = report.needs_runtimes.iter();
        let engines = engines.filter_map(|row| Some(format!("{} {}", row.runtime, row.since?)));
        let engines: Vec<String> = engines.collect();
        let message = format!(
            "{zstd} of {} layers are zstd, which needs {} or later",
            report.layers,
            engines.join(", ")
        );
        found.push(Finding::new(Code::ZstdNeedsRuntime, None, message));
    }
    let is_prepared =
        |readiness: Readiness| matches!(readiness, Readiness::Ready | Readiness::Partly);
    let mut ways = report.lazy_pulling.iter();
    if !ways.any(|row| is_prepared(row.readiness)) && report.layers > 0 {
        let message =
            "no layer has an index for lazy pulling (eStargz, zstd:chunked, Nydus, OverlayBD)";
        found.push(Finding::new(Code::NotLazy, None, message));
    }
}

fn fat_layer(report: &ImageReport, found: &mut Vec<Finding>) {
    let Some(all) = report.wire_bytes else { return };
    let sizes = report.layer_rows.iter();
    let sizes = sizes.filter_map(|row| Some((row.layer, row.wire_bytes?)));
    let Some((layer, bytes)) = sizes.max_by_key(|(_, bytes)| *bytes) else {
        return;
    };
    let share = u128::from(bytes) * 100;
    if bytes >= FAT_BYTES && share >= u128::from(all) * u128::from(FAT_PERCENT) {
        let message = format!(
            "layer {layer} has {bytes} of {all} wire bytes: several downloads at a time do not help"
        );
        found.push(Finding::new(Code::FatLayer, Some(layer), message));
    }
}
