//! The matrix of sizes by layer counts.

use std::collections::BTreeMap;

use pullstudy_image::Reference;

use super::problem::{PlanError, PlanProblem};
use super::{Base, ImagePlan, PlanWarning, SkippedImage, TagPattern, exact, published};
use crate::{Amount, BaseName, LayerCount, SizeEntry, SizesFile};

/// Docker's limit on the layers of an image; containerd has none.
const DOCKER_MOST_LAYERS: u64 = 125;

/// A matrix beyond this is a slip of the pen, and would take gigabytes to plan.
const MOST_LAYERS_IN_ALL: u64 = 1_000_000;

/// Which images a sizes file stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// Exact sizes, as the file says.
    Exact,
    /// container-crafter's images: files of zeros, whose sizes are 5,000,000 bytes less than a total in sum.
    Published,
}

/// What a plan needs besides the sizes file.
#[derive(Clone, Debug)]
pub struct PlanOptions {
    /// What everything random derives from, below 2^53.
    pub seed: u64,
    /// Where the images belong; their tags are added.
    pub repository: Reference,
    /// Which images the file stands for.
    pub method: Method,
    /// The base, measured, where the file names one that is not built in.
    pub base: Option<Base>,
}

/// Every image of a set, to the byte, before anything is made.
///
/// # Examples
///
/// ```
/// use pullstudy_crafter::{Method, Plan, PlanOptions, SizesFile};
///
/// let sizes = SizesFile::parse("one.yaml", "sizes: [{total: 1MB}]\nlayers: [{exact: 3}]")?;
/// let plan = Plan::new(&sizes, &PlanOptions {
///     seed: 42,
///     repository: "localhost/study".parse()?,
///     method: Method::Exact,
///     base: None,
/// })?;
/// assert_eq!(plan.images[0].reference.to_string(), "localhost/study:3-layers-size-1000000-bytes");
/// assert_eq!(plan.images[0].platforms[0].wire_bytes(), Some(1_000_000));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// What everything random derives from.
    pub seed: u64,
    /// Which images the file was taken to stand for.
    pub method: Method,
    /// What a total counts: `wire` or `unpacked`; of published images, neither.
    pub measure: Option<crate::Measure>,
    /// The images to be made, in the order of the file.
    pub images: Vec<ImagePlan>,
    /// The images that have too large a layer.
    pub skipped: Vec<SkippedImage>,
    /// What may surprise.
    pub warnings: Vec<PlanWarning>,
    /// Where base layers are copied from.
    pub(crate) base: Option<Base>,
}

/// One image of the matrix before its bytes are shared out.
pub(super) struct Cell<'a> {
    pub(super) reference: Reference,
    pub(super) entry: &'a SizeEntry,
    /// Missing where the entry lists its layers.
    pub(super) count: Option<&'a LayerCount>,
    pub(super) layers: u64,
    pub(super) total_bytes: u64,
}

/// What became of a cell.
pub(super) enum Planned {
    Image(ImagePlan),
    Skipped(SkippedImage),
}

impl Plan {
    /// Plans every image of a sizes file.
    ///
    /// # Errors
    ///
    /// [`PlanError`] when the file's values do not go together; it names the key and the remedy.
    pub fn new(sizes: &SizesFile, options: &PlanOptions) -> Result<Self, PlanError> {
        if options.seed >= 1 << 53 {
            return Err(PlanError::Seed { seed: options.seed });
        }
        if sizes.base != BaseName::Builtin
            && options.base.is_none()
            && options.method == Method::Exact
        {
            let base = sizes.base.to_string();
            return Err(PlanError::NoBase { base });
        }
        refuse_absurd(sizes)?;
        let cells = cells(sizes, options)?;
        let (planned, mut warnings) = match options.method {
            Method::Exact => exact::plan(sizes, options, &cells)?,
            Method::Published => published::plan(sizes, options, &cells)?,
        };
        let (mut images, mut skipped) = (Vec::new(), Vec::new());
        for cell in planned {
            match cell {
                Planned::Image(image) => images.push(image),
                Planned::Skipped(image) => skipped.push(image),
            }
        }
        warnings.extend(many_layers(&images));
        Ok(Self {
            seed: options.seed,
            method: options.method,
            measure: (options.method == Method::Exact).then_some(sizes.measure),
            images,
            skipped,
            warnings,
            base: options.base.clone(),
        })
    }

    /// Keeps the images whose tags match. What layers the set shares does not change by it.
    #[must_use]
    pub fn only(mut self, pattern: &TagPattern) -> Self {
        self.images.retain(|image| pattern.matches(image.tag()));
        self.skipped
            .retain(|image| pattern.matches(image.reference.tag_or_latest()));
        self
    }
}

/// Makes the error that names a key of the file.
pub(super) fn impossible(
    sizes: &SizesFile,
    key: &str,
    line: u64,
    problem: PlanProblem,
) -> PlanError {
    PlanError::Impossible {
        file: sizes.name.clone(),
        line,
        key: key.to_owned(),
        problem,
    }
}

fn refuse_absurd(sizes: &SizesFile) -> Result<(), PlanError> {
    let per_total = sizes
        .layer_counts
        .iter()
        .map(|count| count.count)
        .sum::<u64>();
    let layers = sizes.entries.iter().fold(0_u64, |sum, entry| {
        sum.saturating_add(match &entry.amount {
            Amount::Total(_) => per_total,
            Amount::Layers(layers) => layers.len() as u64,
        })
    });
    let layers = layers.saturating_mul(sizes.platforms.len() as u64);
    if layers <= MOST_LAYERS_IN_ALL {
        return Ok(());
    }
    let most = MOST_LAYERS_IN_ALL;
    let line = sizes.line_of("layers").unwrap_or(1);
    Err(impossible(
        sizes,
        "layers",
        line,
        PlanProblem::TooManyLayers { layers, most },
    ))
}

/// Counts the matrix out, sizes outside and layer counts inside, and refuses a tag that comes twice.
fn cells<'a>(sizes: &'a SizesFile, options: &PlanOptions) -> Result<Vec<Cell<'a>>, PlanError> {
    let mut cells = Vec::new();
    let mut tags = BTreeMap::new();
    for entry in &sizes.entries {
        for (layers, total_bytes, count) in shapes(sizes, entry) {
            let tag = tag(sizes, options.method, entry, layers, total_bytes)?;
            let key = count.map_or(entry.key.clone(), |count| {
                format!("{} with {}", entry.key, count.key)
            });
            if let Some(other) = tags.insert(tag.clone(), key.clone()) {
                return Err(impossible(
                    sizes,
                    &key,
                    entry.line,
                    PlanProblem::SameTag { tag, other },
                ));
            }
            cells.push(Cell {
                reference: options
                    .repository
                    .with_tag(&tag)
                    .expect("digits, letters and hyphens make a tag"),
                entry,
                count,
                layers,
                total_bytes,
            });
        }
    }
    Ok(cells)
}

/// Returns layers, total and layer count of each image that an entry stands for.
fn shapes<'a>(sizes: &'a SizesFile, entry: &SizeEntry) -> Vec<(u64, u64, Option<&'a LayerCount>)> {
    match &entry.amount {
        Amount::Total(total) => sizes
            .layer_counts
            .iter()
            .map(|count| (count.count, *total, Some(count)))
            .collect(),
        Amount::Layers(layers) => {
            let bytes = layers.iter().map(|layer| layer.bytes).sum();
            vec![(layers.len() as u64, bytes, None)]
        }
    }
}

fn tag(
    sizes: &SizesFile,
    method: Method,
    entry: &SizeEntry,
    layers: u64,
    total_bytes: u64,
) -> Result<String, PlanError> {
    let size = match method {
        Method::Exact => total_bytes,
        Method::Published => published::payload_bytes(total_bytes)
            .map_err(|problem| impossible(sizes, &entry.key, entry.line, problem))?,
    };
    Ok(format!("{layers}-layers-size-{size}-bytes"))
}

fn many_layers(images: &[ImagePlan]) -> Option<PlanWarning> {
    let counts = images
        .iter()
        .map(|image| image.platforms[0].layer_count() as u64);
    let many: Vec<u64> = counts
        .filter(|layers| *layers > DOCKER_MOST_LAYERS)
        .collect();
    Some(PlanWarning::ManyLayers {
        images: many.len(),
        most: many.into_iter().max()?,
    })
}
