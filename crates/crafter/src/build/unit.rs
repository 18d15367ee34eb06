//! The units of work of a build: each distinct layer once, however many images have it.

use std::collections::HashMap;

use pullstudy_image::Digest;

use super::{ImageSink, RecipeFingerprint};
use crate::{BaseLayer, ImagePlan, LayerReceipt, LayerRecipe, Plan};

/// A layer that is made or copied by one thread in one go.
pub(super) struct Unit<'p> {
    pub(super) work: Work<'p>,
    /// The first image that has the layer, for messages.
    pub(super) image: &'p ImagePlan,
    /// Which layer of it, counted from 1.
    pub(super) layer: usize,
    /// The images that wait for the layer, by their place in the plan, each once.
    pub(super) images: Vec<usize>,
}

pub(super) enum Work<'p> {
    /// Make a layer.
    Make {
        recipe: &'p LayerRecipe,
        fingerprint: RecipeFingerprint,
    },
    /// Copy a layer of the base.
    Copy(&'p BaseLayer),
}

/// What became of a unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Done {
    /// What was made; of a base layer, what was measured.
    pub(super) receipt: LayerReceipt,
    /// How long it took; nothing where it was there already.
    pub(super) work_seconds: f64,
}

/// All units, and which of them each image is made of.
pub(super) struct Units<'p> {
    /// The largest first, so that no thread is left alone with one at the end.
    pub(super) units: Vec<Unit<'p>>,
    /// Indices into `units` by image, platform and layer.
    pub(super) of_image: Vec<Vec<Vec<usize>>>,
}

#[derive(PartialEq, Eq, Hash)]
enum Key {
    Recipe(RecipeFingerprint),
    Base(Digest),
}

impl Unit<'_> {
    /// Tells whether an earlier run has done the work.
    pub(super) fn is_finished(&self, sink: &dyn ImageSink) -> bool {
        match &self.work {
            Work::Make { fingerprint, .. } => sink.recall(fingerprint).is_some(),
            Work::Copy(base) => sink.contains(&base.layer.digest()).unwrap_or(false),
        }
    }

    /// Returns the bytes the unit will write, or the tar's where only making tells.
    pub(super) fn cost_bytes(&self) -> u64 {
        match self.work {
            Work::Make { recipe, .. } => recipe.wire_bytes.unwrap_or_else(|| recipe.tar_bytes()),
            Work::Copy(base) => base.layer.wire_bytes(),
        }
    }
}

impl<'p> Units<'p> {
    /// Finds the distinct layers of a plan.
    pub(super) fn of(plan: &'p Plan) -> Self {
        let mut collector = Collector::default();
        let of_image = plan
            .images
            .iter()
            .enumerate()
            .map(|(index, image)| collector.image(index, image));
        let of_image: Vec<Vec<Vec<usize>>> = of_image.collect();
        sorted(collector.units, of_image)
    }
}

#[derive(Default)]
struct Collector<'p> {
    units: Vec<Unit<'p>>,
    known: HashMap<Key, usize>,
}

impl<'p> Collector<'p> {
    fn image(&mut self, index: usize, image: &'p ImagePlan) -> Vec<Vec<usize>> {
        let mut platforms = Vec::new();
        for platform in &image.platforms {
            let base = platform.base_layers().iter().map(Work::Copy);
            let made = platform.layers.iter().map(|layer| Work::Make {
                recipe: &layer.recipe,
                fingerprint: RecipeFingerprint::of(&layer.recipe),
            });
            let works = base.chain(made).enumerate();
            platforms.push(
                works
                    .map(|(layer, work)| self.add(work, index, image, layer + 1))
                    .collect(),
            );
        }
        platforms
    }

    fn add(&mut self, work: Work<'p>, index: usize, image: &'p ImagePlan, layer: usize) -> usize {
        let key = match &work {
            Work::Make { fingerprint, .. } => Key::Recipe(*fingerprint),
            Work::Copy(base) => Key::Base(base.layer.digest()),
        };
        let position = *self.known.entry(key).or_insert(self.units.len());
        if position == self.units.len() {
            self.units.push(Unit {
                work,
                image,
                layer,
                images: Vec::new(),
            });
        }
        let images = &mut self.units[position].images;
        if images.last() != Some(&index) {
            images.push(index);
        }
        position
    }
}

/// Puts the largest units first; equal ones keep the plan's order, so that images become complete one by one.
fn sorted<'p>(units: Vec<Unit<'p>>, mut of_image: Vec<Vec<Vec<usize>>>) -> Units<'p> {
    let mut order: Vec<(usize, Unit<'p>)> = units.into_iter().enumerate().collect();
    order.sort_by_key(|(_, unit)| std::cmp::Reverse(unit.cost_bytes()));
    let mut new_position = vec![0; order.len()];
    for (new, (old, _)) in order.iter().enumerate() {
        new_position[*old] = new;
    }
    for position in of_image.iter_mut().flatten().flatten() {
        *position = new_position[*position];
    }
    Units {
        units: order.into_iter().map(|(_, unit)| unit).collect(),
        of_image,
    }
}
