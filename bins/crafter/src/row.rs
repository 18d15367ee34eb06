//! A row an image and platform: the same for what is planned and for what is built.

use std::collections::BTreeSet;

use pullstudy_crafter::{BuiltImage, ImagePlan, Plan, PlatformPlan, SkippedImage};
use pullstudy_report::{Alignment, Column, Table};
use serde::Serialize;

/// One image for one platform.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    reference: String,
    tag: String,
    layers: u64,
    wire_bytes: Option<u64>,
    unpacked_bytes: Option<u64>,
    tar_bytes: Option<u64>,
    config_bytes: Option<u64>,
    manifest_bytes: Option<u64>,
    digest: Option<String>,
    seed: u64,
    compression: Option<&'static str>,
    seconds: Option<f64>,
    skipped: Option<String>,
    platform: Option<String>,
    ratio: Option<f64>,
    index_digest: Option<String>,
    compressor: Option<String>,
}

impl Row {
    /// Lists what would be built, and what would not.
    pub(crate) fn planned(plan: &Plan) -> Vec<Self> {
        let images = plan.images.iter().flat_map(|image| {
            image
                .platforms
                .iter()
                .map(|platform| Self::of_plan(plan, image, platform))
        });
        images
            .chain(
                plan.skipped
                    .iter()
                    .map(|skipped| Self::of_skipped(plan, skipped)),
            )
            .collect()
    }

    /// Lists what was built, and what was not.
    pub(crate) fn built(plan: &Plan, built: &[BuiltImage]) -> Vec<Self> {
        let mut rows = Vec::new();
        for (image, built) in plan.images.iter().zip(built) {
            for position in 0..image.platforms.len() {
                rows.push(Self::of_built(plan, image, built, position));
            }
        }
        rows.extend(
            plan.skipped
                .iter()
                .map(|skipped| Self::of_skipped(plan, skipped)),
        );
        rows
    }

    fn of_plan(plan: &Plan, image: &ImagePlan, platform: &PlatformPlan) -> Self {
        let codec = platform.layers.first().map(|layer| layer.recipe.codec);
        let (wire_bytes, unpacked_bytes) = (platform.wire_bytes(), platform.unpacked_bytes());
        Self {
            reference: image.reference.to_string(),
            tag: image.tag().to_owned(),
            layers: platform.layer_count() as u64,
            wire_bytes,
            unpacked_bytes: Some(unpacked_bytes),
            tar_bytes: Some(platform.tar_bytes()),
            config_bytes: None,
            manifest_bytes: None,
            digest: None,
            seed: plan.seed,
            compression: codec.map(|codec| codec.compression().name()),
            seconds: None,
            skipped: None,
            platform: Some(platform.platform.to_string()),
            ratio: wire_bytes.map(|wire_bytes| ratio(unpacked_bytes, wire_bytes)),
            index_digest: None,
            compressor: codec.map(|codec| codec.compressor()),
        }
    }

    fn of_built(plan: &Plan, image: &ImagePlan, built: &BuiltImage, position: usize) -> Self {
        let platform = &built.platforms[position];
        let several = built.platforms.len() > 1;
        Self {
            wire_bytes: Some(platform.wire_bytes),
            config_bytes: Some(platform.config_bytes),
            manifest_bytes: Some(platform.manifest.size_bytes),
            digest: Some(platform.manifest.digest.to_string()),
            seconds: Some(platform.work_seconds),
            ratio: Some(platform.ratio()),
            index_digest: several.then(|| built.descriptor.digest.to_string()),
            ..Self::of_plan(plan, image, &image.platforms[position])
        }
    }

    fn of_skipped(plan: &Plan, skipped: &SkippedImage) -> Self {
        Self {
            reference: skipped.reference.to_string(),
            tag: skipped.reference.tag_or_latest().to_owned(),
            layers: skipped.layers,
            wire_bytes: None,
            unpacked_bytes: None,
            tar_bytes: None,
            config_bytes: None,
            manifest_bytes: None,
            digest: None,
            seed: plan.seed,
            compression: None,
            seconds: None,
            skipped: Some(skipped.reason()),
            platform: None,
            ratio: None,
            index_digest: None,
            compressor: None,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a ratio needs no 53 bits")]
fn ratio(unpacked_bytes: u64, wire_bytes: u64) -> f64 {
    unpacked_bytes as f64 / wire_bytes as f64
}

/// Describes the rows. Bytes are shown to the byte: that they are exact is the point.
///
/// What says nothing, such as the reasons when no image is skipped, is left out of the table for people.
pub(crate) fn table(rows: &[Row]) -> Table<Row> {
    let ratio = |row: &Row| {
        row.ratio
            .map_or("-".to_owned(), |ratio| format!("{ratio:.3}"))
    };
    let some = |column: Column<Row>, key: &str, is_shown: bool| {
        if is_shown {
            column
        } else {
            Column::hidden(key)
        }
    };
    let has_times = rows.iter().any(|row| row.seconds.is_some());
    let has_skipped = rows.iter().any(|row| row.skipped.is_some());
    let platforms: BTreeSet<&String> = rows
        .iter()
        .filter_map(|row| row.platform.as_ref())
        .collect();
    let has_platforms = platforms.len() > 1;
    Table::new(vec![
        Column::hidden("reference"),
        Column::text("tag", "tag"),
        Column::count("layers", "layers"),
        Column::count("wire_bytes", "wire bytes"),
        Column::count("unpacked_bytes", "unpacked bytes"),
        Column::count("tar_bytes", "tar bytes"),
        Column::hidden("config_bytes"),
        Column::hidden("manifest_bytes"),
        Column::hidden("digest"),
        Column::hidden("seed"),
        Column::text("compression", "compression"),
        some(Column::seconds("seconds", "seconds"), "seconds", has_times),
        some(Column::text("skipped", "skipped"), "skipped", has_skipped),
        some(
            Column::text("platform", "platform"),
            "platform",
            has_platforms,
        ),
        Column::custom("ratio", "ratio", Alignment::Right, ratio),
        Column::hidden("index_digest"),
        Column::hidden("compressor"),
    ])
}
