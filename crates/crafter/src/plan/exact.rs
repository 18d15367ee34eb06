//! Images of exactly the size asked for.

use pullstudy_image::Platform;

use super::key::{Identity, derive};
use super::matrix::{Cell, PlanOptions, Planned, impossible};
use super::problem::{PlanError, PlanProblem};
use super::share::{SharedLayers, shares, smallest_share};
use super::{BaseImage, ImagePlan, LayerPlan, LayerRole, PlanWarning, PlatformPlan, SkippedImage};
use crate::{
    Amount, Content, FileSet, Fitted, KnownSize, LayerRecipe, Limit, Measure, Program, SizesFile,
    Split,
};

/// The folder the payload files lie in.
pub(super) const PAYLOAD_FOLDER: &str = "data";

/// Plans every cell to the byte.
pub(super) fn plan(
    sizes: &SizesFile,
    options: &PlanOptions,
    cells: &[Cell<'_>],
) -> Result<(Vec<Planned>, Vec<PlanWarning>), PlanError> {
    let planner = Planner { sizes, options };
    planner.refuse_listed(cells)?;
    let mut platforms = Vec::new();
    for platform in &sizes.platforms {
        platforms.push(planner.setting(platform, cells)?);
    }
    let mut misses = Misses::default();
    let planned = cells
        .iter()
        .map(|cell| planner.image(cell, &platforms, &mut misses))
        .collect::<Result<_, _>>()?;
    let mut warnings = Vec::new();
    warnings.extend(misses.warning(sizes.ratio));
    if sizes.content == Content::Zeros && sizes.ratio <= 1.0 {
        warnings.push(PlanWarning::NoisyZeros { ratio: sizes.ratio });
    }
    Ok((planned, warnings))
}

struct Planner<'a> {
    sizes: &'a SizesFile,
    options: &'a PlanOptions,
}

/// What all images for a platform have in common.
struct Setting<'a> {
    platform: &'a Platform,
    base: Option<&'a BaseImage>,
    shared: SharedLayers,
}

impl Setting<'_> {
    fn base_layers(&self) -> u64 {
        self.base.map_or(0, |base| base.layers.len() as u64)
    }

    fn program(&self) -> Option<Program> {
        match self.base {
            Some(_) => None,
            None => Program::for_architecture(&self.platform.architecture),
        }
    }
}

/// Images whose ratio is off.
#[derive(Default)]
struct Misses {
    images: usize,
    worst: Option<(f64, String)>,
}

impl Misses {
    fn add(&mut self, asked: f64, achieved: f64, tag: &str) {
        let distance = |ratio: f64| (ratio / asked).ln().abs();
        self.images += 1;
        let worse = self
            .worst
            .as_ref()
            .is_none_or(|(worst, _)| distance(achieved) > distance(*worst));
        if worse {
            self.worst = Some((achieved, tag.to_owned()));
        }
    }

    fn warning(self, asked: f64) -> Option<PlanWarning> {
        let (achieved, tag) = self.worst?;
        Some(PlanWarning::Ratio {
            asked,
            achieved,
            tag,
            images: self.images,
        })
    }
}

impl Planner<'_> {
    /// Refuses listed layers where something else decides on sizes, too.
    fn refuse_listed(&self, cells: &[Cell<'_>]) -> Result<(), PlanError> {
        let Some(cell) = cells.iter().find(|cell| cell.count.is_none()) else {
            return Ok(());
        };
        let key = format!("{}.layers_bytes", cell.entry.key);
        let problem = if self.sizes.shared_layers > 0 {
            PlanProblem::SharedAndListed
        } else if self.options.base.is_some() {
            PlanProblem::BaseAndListed
        } else {
            return Ok(());
        };
        Err(impossible(self.sizes, &key, cell.entry.line, problem))
    }

    fn setting<'b>(
        &'b self,
        platform: &'b Platform,
        cells: &[Cell<'_>],
    ) -> Result<Setting<'b>, PlanError> {
        let base = match &self.options.base {
            None => None,
            Some(base) => Some(
                base.image(platform)
                    .ok_or_else(|| PlanError::BasePlatform {
                        base: base.name.clone(),
                        platform: platform.clone(),
                    })?,
            ),
        };
        let mut setting = Setting {
            platform,
            base,
            shared: SharedLayers::default(),
        };
        setting.shared = self.shared(&setting, cells)?;
        Ok(setting)
    }

    /// Sizes the shared layers: all images must afford them, so the smallest even share decides.
    fn shared(&self, setting: &Setting<'_>, cells: &[Cell<'_>]) -> Result<SharedLayers, PlanError> {
        let count = self.sizes.shared_layers;
        let mut each_bytes = u64::MAX;
        for cell in cells {
            let (layers, bytes) = self.own(cell, setting)?;
            if count >= layers && count > 0 {
                let problem = PlanProblem::SharedLayers {
                    shared: count,
                    layers,
                    most: layers - 1,
                };
                return Err(self.complain("shared_layers", cell, problem));
            }
            each_bytes = each_bytes.min(smallest_share(bytes, layers, self.sizes.split));
        }
        let each_bytes = if count == 0 { 0 } else { each_bytes };
        Ok(SharedLayers { count, each_bytes })
    }

    /// Returns the number of layers of an image that are not the base's, and their bytes.
    fn own(&self, cell: &Cell<'_>, setting: &Setting<'_>) -> Result<(u64, u64), PlanError> {
        let base_layers = setting.base_layers();
        if cell.layers <= base_layers {
            let (key, line) = cell
                .count
                .map_or((&cell.entry.key, cell.entry.line), |count| {
                    (&count.key, count.line)
                });
            let problem = PlanProblem::BaseLayers {
                layers: cell.layers,
                base_layers,
                least: base_layers + 1,
            };
            return Err(impossible(self.sizes, key, line, problem));
        }
        let base_bytes = setting.base.map_or(0, |base| match self.sizes.measure {
            Measure::Wire => base.wire_bytes(),
            Measure::Unpacked => base.unpacked_bytes(),
        });
        let bytes = cell.total_bytes.checked_sub(base_bytes).ok_or_else(|| {
            let problem = PlanProblem::BaseBytes {
                total_bytes: cell.total_bytes,
                base_bytes,
                measure: self.sizes.measure.name(),
            };
            impossible(self.sizes, &cell.entry.key, cell.entry.line, problem)
        })?;
        Ok((cell.layers - base_layers, bytes))
    }

    fn image(
        &self,
        cell: &Cell<'_>,
        settings: &[Setting<'_>],
        misses: &mut Misses,
    ) -> Result<Planned, PlanError> {
        let mut platforms = Vec::new();
        for setting in settings {
            platforms.push(self.platform(cell, setting, misses)?);
        }
        let wire_bytes = |layer: &LayerPlan| layer.recipe.wire_bytes.unwrap_or(0);
        let layers = platforms.iter().flat_map(|platform| &platform.layers);
        let largest = layers.map(wire_bytes).max().unwrap_or(0);
        Ok(if largest > self.sizes.max_layer_bytes {
            Planned::Skipped(SkippedImage {
                reference: cell.reference.clone(),
                layers: cell.layers,
                layer_bytes: largest,
                max_layer_bytes: self.sizes.max_layer_bytes,
            })
        } else {
            Planned::Image(ImagePlan {
                reference: cell.reference.clone(),
                platforms,
            })
        })
    }

    fn platform(
        &self,
        cell: &Cell<'_>,
        setting: &Setting<'_>,
        misses: &mut Misses,
    ) -> Result<PlatformPlan, PlanError> {
        let (count, bytes) = self.own(cell, setting)?;
        let shares = self.layer_shares(cell, setting, count, bytes)?;
        let (mut wire_bytes, mut unpacked_bytes, mut limited) = (0, 0, false);
        let mut layers = Vec::new();
        for (index, share) in (0..).zip(shares) {
            let (layer, limit) = self.layer(cell, setting, index, share)?;
            wire_bytes += layer.recipe.wire_bytes.unwrap_or(0);
            unpacked_bytes += layer.recipe.unpacked_bytes;
            limited |= limit.is_some();
            layers.push(layer);
        }
        if limited {
            misses.add(
                self.sizes.ratio,
                ratio(unpacked_bytes, wire_bytes),
                cell.reference.tag_or_latest(),
            );
        }
        Ok(PlatformPlan {
            platform: setting.platform.clone(),
            base: setting.base.cloned(),
            layers,
        })
    }

    fn layer_shares(
        &self,
        cell: &Cell<'_>,
        setting: &Setting<'_>,
        count: u64,
        bytes: u64,
    ) -> Result<Vec<u64>, PlanError> {
        if let Amount::Layers(listed) = &cell.entry.amount {
            return Ok(listed.iter().map(|layer| layer.bytes).collect());
        }
        if let Split::Largest(share) = self.sizes.split
            && count > 1
            && share < 1.0 / count as f64
        {
            let problem = PlanProblem::LargestShare {
                share,
                layers: count,
                least: 1.0 / count as f64,
            };
            return Err(self.complain("split.largest", cell, problem));
        }
        shares(bytes, count, self.sizes.split, setting.shared)
            .ok_or_else(|| self.complain("split", cell, PlanProblem::NothingLeft))
    }

    fn layer(
        &self,
        cell: &Cell<'_>,
        setting: &Setting<'_>,
        own_index: u64,
        share: u64,
    ) -> Result<(LayerPlan, Option<Limit>), PlanError> {
        let index = setting.base_layers() + own_index;
        let identity = identity(cell, setting, own_index);
        let recipe = self.recipe(setting, index, &identity);
        let fitted = self.fit(cell, &recipe, index, share)?;
        let layer = LayerPlan {
            history: history(&fitted.recipe, index, cell.layers),
            recipe: fitted.recipe,
            role: match identity {
                Identity::Own { .. } => LayerRole::Own,
                Identity::Shared { .. } | Identity::Named { .. } => LayerRole::Shared,
            },
        };
        Ok((layer, fitted.limited_by))
    }

    fn recipe(&self, setting: &Setting<'_>, index: u64, identity: &Identity<'_>) -> LayerRecipe {
        LayerRecipe {
            key: derive(self.options.seed, setting.platform, identity),
            program: if index == 0 { setting.program() } else { None },
            files: FileSet {
                count: self.sizes.files.count,
                sizes: self.sizes.files.sizes,
                prefix: PAYLOAD_FOLDER.to_owned(),
            },
            unpacked_bytes: 0,
            wire_bytes: None,
            content: self.sizes.content,
            codec: self.sizes.codec,
        }
    }

    fn fit(
        &self,
        cell: &Cell<'_>,
        recipe: &LayerRecipe,
        index: u64,
        share: u64,
    ) -> Result<Fitted, PlanError> {
        let sizes = self.sizes;
        let known = match sizes.measure {
            Measure::Wire => KnownSize::WireBytes(share),
            Measure::Unpacked => KnownSize::UnpackedBytes(share),
        };
        let refused = |error| {
            let problem =
                PlanProblem::from_fit(error, index + 1, cell.layers, share, sizes.measure.name());
            impossible(sizes, &cell.entry.key, cell.entry.line, problem)
        };
        let fitted = recipe.clone().fit(known, sizes.ratio).map_err(refused)?;
        if fitted.limited_by != Some(Limit::Codec) {
            return Ok(fitted);
        }
        let reached = |ratio: f64| {
            recipe
                .clone()
                .fit(known, ratio)
                .map(|fitted| fitted.achieved_ratio)
        };
        let problem = PlanProblem::Ratio {
            ratio: sizes.ratio,
            lowest: reached(1e-9).map_err(refused)?,
            highest: reached(1e12).map_err(refused)?,
            content: sizes.content.name(),
            compression: sizes.codec.compression().name(),
        };
        Err(self.complain("ratio", cell, problem))
    }

    /// Complains about a key of the top level, on its own line or, where it has none, on that of the image's size.
    fn complain(&self, key: &str, cell: &Cell<'_>, problem: PlanProblem) -> PlanError {
        let top = key.split('.').next().unwrap_or(key);
        let line = self.sizes.line_of(top).unwrap_or(cell.entry.line);
        impossible(self.sizes, key, line, problem)
    }
}

/// Tells what makes a layer unlike others: its image, or that all images, or those that list its name, have it.
fn identity<'c>(cell: &'c Cell<'_>, setting: &Setting<'_>, own_index: u64) -> Identity<'c> {
    let index = setting.base_layers() + own_index;
    let listed = match &cell.entry.amount {
        Amount::Layers(layers) => usize::try_from(own_index)
            .ok()
            .and_then(|own_index| layers.get(own_index)),
        Amount::Total(_) => None,
    };
    if let Some(name) = listed.and_then(|layer| layer.shared.as_deref()) {
        return Identity::Named { name };
    }
    if own_index < setting.shared.count {
        return Identity::Shared { index };
    }
    let tag = cell.reference.tag_or_latest();
    Identity::Own { tag, index }
}

fn history(recipe: &LayerRecipe, index: u64, layers: u64) -> String {
    format!(
        "crafter layer {} of {layers}: {} unpacked bytes, {} content",
        index + 1,
        recipe.unpacked_bytes,
        recipe.content.name()
    )
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a ratio to three digits needs no more"
)]
fn ratio(unpacked_bytes: u64, wire_bytes: u64) -> f64 {
    unpacked_bytes as f64 / wire_bytes as f64
}
