//! What an image says of itself: config, history, and annotations.

use std::collections::BTreeMap;

use pullstudy_image::Config;
use pullstudy_image::oci_spec::image as spec;

use super::assemble::Sizes;
use crate::annotation::{
    ANNOTATION_COMPRESSOR, ANNOTATION_CONTENT, ANNOTATION_CRAFTER_VERSION, ANNOTATION_MEASURE,
    ANNOTATION_RATIO, ANNOTATION_SEED, ANNOTATION_TAR_BYTES, ANNOTATION_UNPACKED_BYTES,
    ANNOTATION_WIRE_BYTES,
};
use crate::{BaseImage, LayerReceipt, Measure, Plan, PlatformPlan, Program};

/// The time an image claims to be made at: the same for the same bytes.
const CREATED: &str = "1970-01-01T00:00:00Z";

/// Returns what a manifest's annotations and a config's labels say of how the image was made.
pub(super) fn annotations(
    plan: &Plan,
    platform: &PlatformPlan,
    sizes: Sizes,
) -> BTreeMap<String, String> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a ratio to four digits needs no 53 bits"
    )]
    let ratio = sizes.unpacked_bytes as f64 / sizes.wire_bytes as f64;
    let mut annotations = vec![
        (ANNOTATION_SEED, plan.seed.to_string()),
        (ANNOTATION_WIRE_BYTES, sizes.wire_bytes.to_string()),
        (ANNOTATION_UNPACKED_BYTES, sizes.unpacked_bytes.to_string()),
        (ANNOTATION_TAR_BYTES, sizes.tar_bytes.to_string()),
        (ANNOTATION_RATIO, format!("{ratio:.4}")),
        (
            ANNOTATION_MEASURE,
            plan.measure.map_or("published", Measure::name).to_owned(),
        ),
        (
            ANNOTATION_CRAFTER_VERSION,
            env!("CARGO_PKG_VERSION").to_owned(),
        ),
    ];
    if let Some(layer) = platform.layers.first() {
        annotations.push((ANNOTATION_CONTENT, layer.recipe.content.name().to_owned()));
        annotations.push((ANNOTATION_COMPRESSOR, layer.recipe.codec.compressor()));
    }
    annotations
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

/// Makes the config: the base's command and environment where there is a base, else the built-in program.
pub(super) fn config(
    platform: &PlatformPlan,
    receipts: &[LayerReceipt],
    labels: &BTreeMap<String, String>,
) -> Config {
    let mut value = spec::ImageConfiguration::default();
    let mut run = match &platform.base {
        Some(base) => base.config.spec().config().clone().unwrap_or_default(),
        None => builtin_run(),
    };
    let mut all_labels = run.labels().clone().unwrap_or_default();
    all_labels.extend(labels.clone());
    run.set_labels(Some(all_labels));
    value
        .set_created(Some(CREATED.to_owned()))
        .set_os(platform.platform.os.as_str().into())
        .set_architecture(platform.platform.architecture.as_str().into())
        .set_variant(platform.platform.variant.clone())
        .set_config(Some(run))
        .set_rootfs(rootfs(receipts))
        .set_history(Some(history(platform)));
    Config::new(value).expect("the diff_ids are typed")
}

fn builtin_run() -> spec::Config {
    let mut run = spec::Config::default();
    run.set_entrypoint(Some(vec![format!("/{}", Program::PATH)]));
    run
}

fn rootfs(receipts: &[LayerReceipt]) -> spec::RootFs {
    let mut rootfs = spec::RootFs::default();
    rootfs.set_diff_ids(
        receipts
            .iter()
            .map(|receipt| receipt.diff_id.to_string())
            .collect(),
    );
    rootfs
}

/// Lists how each layer was made, the base's own history first.
fn history(platform: &PlatformPlan) -> Vec<spec::History> {
    let mut history = platform.base.as_ref().map_or_else(Vec::new, base_history);
    history.extend(platform.layers.iter().map(|layer| entry(&layer.history)));
    history
}

/// Returns the base's history, or one that counts its layers where its own does not.
fn base_history(base: &BaseImage) -> Vec<spec::History> {
    let own = base.config.spec().history().clone().unwrap_or_default();
    let layers = own
        .iter()
        .filter(|entry| entry.empty_layer() != Some(true))
        .count();
    if layers == base.layers.len() {
        return own;
    }
    base.layers
        .iter()
        .map(|layer| entry(&format!("base layer {}", layer.layer.digest())))
        .collect()
}

fn entry(created_by: &str) -> spec::History {
    let mut entry = spec::History::default();
    entry
        .set_created(Some(CREATED.to_owned()))
        .set_created_by(Some(created_by.to_owned()));
    entry
}
