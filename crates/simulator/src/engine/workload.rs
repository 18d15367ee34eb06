//! The scenario as the engine wants it: layers and chains by number, limits worked out.

use std::collections::HashMap;

use crate::outcome::Constraint;
use crate::scenario::{Delivery, Image, Layer, Scenario, ScenarioError};

/// A layer, whatever images it is in.
#[derive(Debug, Clone, Copy)]
pub(super) struct LayerFacts {
    pub(super) wire_bytes: u64,
    pub(super) unpacked_bytes: u64,
    pub(super) files: u64,
}

/// A layer in an image.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Number of the layer.
    pub(super) layer: u32,
    /// Number of the chain that ends with it: it and all below, which is what an unpacked layer is.
    pub(super) chain: u32,
}

/// All images, with one number for a layer that is in several.
#[derive(Debug)]
pub(super) struct Workload {
    pub(super) layers: Vec<LayerFacts>,
    pub(super) images: Vec<Vec<Place>>,
    /// What lies on every node from the start, by number of the layer.
    pub(super) present_layers: Vec<bool>,
    /// The same by number of the chain.
    pub(super) present_chains: Vec<bool>,
    /// Bytes a second that one download of a layer can do by itself.
    pub(super) own_limit: f64,
    /// What it is that limits it so.
    pub(super) own_constraint: Constraint,
    /// What a core is slower at while it unpacks: inflating or hashing.
    pub(super) unpack_constraint: Constraint,
    /// For each image, the layer that stands for what a container reads before it is ready; empty where images are pulled.
    pub(super) first_reads: Vec<u32>,
}

#[derive(Default)]
struct Numbers<'a> {
    layers: Vec<LayerFacts>,
    by_name: HashMap<&'a str, u32>,
    chains: HashMap<(Option<u32>, u32), u32>,
}

impl Workload {
    pub(super) fn of(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let mut numbers = Numbers::default();
        let images = scenario.images.iter();
        let images: Vec<Vec<Place>> = images
            .map(|image| numbers.image(scenario, image))
            .collect::<Result<_, _>>()?;
        let mut present_layers = vec![false; numbers.layers.len()];
        let mut present_chains = vec![false; numbers.chains.len()];
        for name in &scenario.present {
            let layers = numbers.named(scenario, &images, name);
            if layers.is_empty() {
                return Err(ScenarioError::UnknownPresent { name: name.clone() });
            }
            layers
                .into_iter()
                .for_each(|layer| present_layers[layer as usize] = true);
        }
        mark_chains(&images, &present_layers, &mut present_chains);
        let first_reads = numbers.first_reads(scenario);
        present_layers.resize(numbers.layers.len(), false);
        let (own_limit, own_constraint) = own_limit(scenario);
        Ok(Self {
            layers: numbers.layers,
            images,
            present_layers,
            present_chains,
            own_limit,
            own_constraint,
            unpack_constraint: unpack_constraint(scenario),
            first_reads,
        })
    }

    pub(super) fn place(&self, image: u32, at: u16) -> Place {
        self.images[image as usize][usize::from(at)]
    }
}

impl<'a> Numbers<'a> {
    fn image(
        &mut self,
        scenario: &Scenario,
        image: &'a Image,
    ) -> Result<Vec<Place>, ScenarioError> {
        let mut below = None;
        let mut places = Vec::with_capacity(image.layers.len());
        for layer in &image.layers {
            let number = self.layer(scenario, layer)?;
            let fresh = self.chains.len() as u32;
            let chain = *self.chains.entry((below, number)).or_insert(fresh);
            below = Some(chain);
            places.push(Place {
                layer: number,
                chain,
            });
        }
        Ok(places)
    }

    fn layer(&mut self, scenario: &Scenario, layer: &'a Layer) -> Result<u32, ScenarioError> {
        let known = layer
            .shared
            .as_deref()
            .and_then(|name| self.by_name.get(name));
        if let Some(&number) = known {
            let first_bytes = self.layers[number as usize].wire_bytes;
            return match first_bytes == layer.wire_bytes {
                true => Ok(number),
                false => Err(ScenarioError::SharedLayerDiffers {
                    name: layer.shared.clone().unwrap_or_default(),
                    first_bytes,
                    other_bytes: layer.wire_bytes,
                }),
            };
        }
        let number = self.push(LayerFacts {
            wire_bytes: layer.wire_bytes,
            unpacked_bytes: scenario.unpacked_bytes(layer),
            files: layer.files,
        });
        if let Some(name) = &layer.shared {
            self.by_name.insert(name, number);
        }
        Ok(number)
    }

    fn push(&mut self, layer: LayerFacts) -> u32 {
        self.layers.push(layer);
        u32::try_from(self.layers.len() - 1).expect("the check bounds the number of layers")
    }

    /// Layers that a name of the scenario's `present` means: a shared layer's, or all of an image's.
    fn named(&self, scenario: &Scenario, images: &[Vec<Place>], name: &str) -> Vec<u32> {
        if let Some(&layer) = self.by_name.get(name) {
            return vec![layer];
        }
        let image = scenario.images.iter().position(|image| image.image == name);
        let places = image.map(|image| images[image].iter());
        places.map_or_else(Vec::new, |places| places.map(|place| place.layer).collect())
    }

    /// Adds what containers read at start as layers of their own: sources and caches treat it as one.
    fn first_reads(&mut self, scenario: &Scenario) -> Vec<u32> {
        let share = match &scenario.delivery {
            Delivery::Pull => return Vec::new(),
            Delivery::Lazy(lazy) => lazy.share,
            Delivery::Volume(volume) => volume.share,
        };
        let of_volume = matches!(scenario.delivery, Delivery::Volume(_));
        let read = |image: &Image| {
            let bytes = |layer: &Layer| match of_volume {
                true => scenario.unpacked_bytes(layer),
                false => layer.wire_bytes,
            };
            let bytes: u64 = image.layers.iter().map(bytes).fold(0, u64::saturating_add);
            self.push(LayerFacts {
                wire_bytes: (bytes as f64 * share) as u64,
                unpacked_bytes: 0,
                files: 0,
            })
        };
        scenario.images.iter().map(read).collect()
    }
}

/// A chain lies on a node when all its layers do.
fn mark_chains(images: &[Vec<Place>], layers: &[bool], chains: &mut [bool]) {
    for image in images {
        let present = image
            .iter()
            .take_while(|place| layers[place.layer as usize]);
        present.for_each(|place| chains[place.chain as usize] = true);
    }
}

/// What one download does by itself: its connections, or the core that hashes it.
fn own_limit(scenario: &Scenario) -> (f64, Constraint) {
    let connections = match scenario.cache.is_some() || scenario.peers.is_some() {
        true => f64::INFINITY,
        false => scenario.registry.connection_bytes_per_second * f64::from(scenario.node.ranges),
    };
    let hashing = scenario.node.hash_bytes_per_second;
    match connections < hashing {
        true => (connections, Constraint::Connection),
        false => (hashing, Constraint::Hashing),
    }
}

fn unpack_constraint(scenario: &Scenario) -> Constraint {
    match scenario.inflate_bytes_per_second() <= scenario.node.hash_bytes_per_second {
        true => Constraint::Inflating,
        false => Constraint::Hashing,
    }
}
