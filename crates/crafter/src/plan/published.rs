//! The images of the published study, as container-crafter makes them.
//!
//! It takes 5,000,000 bytes off a total for its base (busybox, of which 2.2 MB go over the wire) and writes the rest as
//! files of zeros, one a layer, which gzip shrinks about a thousandfold. The totals it starts from are *compressed*
//! sizes; used as sizes of files of zeros they give images that are a hundredth to a tenth of them on the wire.

use pullstudy_image::{Digest, Platform};

use super::exact::PAYLOAD_FOLDER;
use super::key::{Identity, derive};
use super::matrix::{Cell, PlanOptions, Planned, impossible};
use super::problem::{PlanError, PlanProblem};
use super::{ImagePlan, LayerPlan, LayerRole, PlanWarning, PlatformPlan, SkippedImage};
use crate::{
    BaseName, Codec, Content, FileSet, FileSizes, LayerKey, LayerRecipe, Program, SizesFile,
};

/// What container-crafter takes off every total: its idea of busybox's size.
const SUBTRACTED_BYTES: u64 = 5_000_000;

/// Docker's level for the layers it pushes.
const CODEC: Codec = Codec::Gzip { level: 6 };

/// Keys without a meaning here.
const IGNORED_KEYS: [&str; 8] = [
    "measure",
    "ratio",
    "content",
    "compression",
    "level",
    "split",
    "files",
    "shared_layers",
];

/// Returns the bytes of zeros an image has, up to a division's remainder; they are part of its tag.
pub(super) fn payload_bytes(total_bytes: u64) -> Result<u64, PlanProblem> {
    total_bytes
        .checked_sub(SUBTRACTED_BYTES)
        .filter(|bytes| *bytes > 0)
        .ok_or(PlanProblem::PublishedTotal {
            total_bytes,
            subtracted_bytes: SUBTRACTED_BYTES,
        })
}

/// Plans every cell as container-crafter would build it.
pub(super) fn plan(
    sizes: &SizesFile,
    options: &PlanOptions,
    cells: &[Cell<'_>],
) -> Result<(Vec<Planned>, Vec<PlanWarning>), PlanError> {
    if sizes.base != BaseName::Builtin {
        let line = sizes.line_of("base").unwrap_or(1);
        return Err(impossible(sizes, "base", line, PlanProblem::PublishedBase));
    }
    let planned = cells
        .iter()
        .map(|cell| image(sizes, options, cell))
        .collect::<Result<_, _>>()?;
    let keys: Vec<_> = IGNORED_KEYS
        .into_iter()
        .filter(|key| sizes.line_of(key).is_some())
        .collect();
    let ignored = (!keys.is_empty()).then_some(PlanWarning::Ignored { keys });
    Ok((planned, ignored.into_iter().collect()))
}

fn image(sizes: &SizesFile, options: &PlanOptions, cell: &Cell<'_>) -> Result<Planned, PlanError> {
    let refuse = |key: &str, line, problem| Err(impossible(sizes, key, line, problem));
    let Some(count) = cell.count else {
        return refuse(
            &cell.entry.key,
            cell.entry.line,
            PlanProblem::PublishedListed,
        );
    };
    if cell.layers < 2 {
        return refuse(&count.key, count.line, PlanProblem::PublishedLayers);
    }
    let payload = payload_bytes(cell.total_bytes)
        .map_err(|problem| impossible(sizes, &cell.entry.key, cell.entry.line, problem))?;
    let layer_bytes = payload / (cell.layers - 1);
    if layer_bytes > sizes.max_layer_bytes {
        return Ok(Planned::Skipped(SkippedImage {
            reference: cell.reference.clone(),
            layers: cell.layers,
            layer_bytes,
            max_layer_bytes: sizes.max_layer_bytes,
        }));
    }
    let platforms = sizes
        .platforms
        .iter()
        .map(|platform| platform_plan(options, cell, platform, layer_bytes));
    Ok(Planned::Image(ImagePlan {
        reference: cell.reference.clone(),
        platforms: platforms.collect(),
    }))
}

fn platform_plan(
    options: &PlanOptions,
    cell: &Cell<'_>,
    platform: &Platform,
    layer_bytes: u64,
) -> PlatformPlan {
    let mut layers = vec![base_layer(options.seed, platform)];
    layers.extend(
        (1..cell.layers).map(|index| zeros(options.seed, platform, cell, index, layer_bytes)),
    );
    PlatformPlan {
        platform: platform.clone(),
        base: None,
        layers,
    }
}

/// The built-in program alone, the same in every image, as busybox is.
fn base_layer(seed: u64, platform: &Platform) -> LayerPlan {
    let program = Program::for_architecture(&platform.architecture);
    let key = derive(seed, platform, &Identity::Shared { index: 0 });
    LayerPlan {
        recipe: recipe(key, program, program.map_or(0, Program::size_bytes)),
        role: LayerRole::Shared,
        history: "crafter: the built-in base".to_owned(),
    }
}

fn zeros(
    seed: u64,
    platform: &Platform,
    cell: &Cell<'_>,
    index: u64,
    layer_bytes: u64,
) -> LayerPlan {
    let tag = cell.reference.tag_or_latest();
    let key = derive(seed, platform, &Identity::Own { tag, index });
    LayerPlan {
        recipe: recipe(key, None, layer_bytes),
        history: format!(
            "/bin/sh -c head -c {layer_bytes} /dev/zero > {}",
            file_path(&key)
        ),
        role: LayerRole::Own,
    }
}

/// Returns the path of a layer's only payload file: folder, eight bytes of the key's hash, and the file's number.
fn file_path(key: &LayerKey) -> String {
    let hash = Digest::of(key.as_bytes()).hex();
    format!("/{PAYLOAD_FOLDER}/{}-000000", &hash[..16])
}

fn recipe(key: LayerKey, program: Option<Program>, unpacked_bytes: u64) -> LayerRecipe {
    LayerRecipe {
        key,
        program,
        files: FileSet {
            count: 1,
            sizes: FileSizes::Even,
            prefix: PAYLOAD_FOLDER.to_owned(),
        },
        unpacked_bytes,
        wire_bytes: None,
        content: Content::Zeros,
        codec: CODEC,
    }
}
