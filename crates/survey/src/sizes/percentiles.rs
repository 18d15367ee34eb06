//! Sizes at the percentiles of a survey, as the published study took them.

use super::file::{StudySizes, UNKNOWN_RATIO};
use crate::{Distribution, PERCENTILES, Survey};

/// Below the lower quartile images are smaller than what is worth measuring; the study began there, too.
const LOWEST_PERCENT: f64 = 25.0;

/// Numbers of layers that are crafted for each size.
const LAYER_PERCENTS: [f64; 4] = [25.0, 50.0, 75.0, 95.0];

impl StudySizes {
    /// Takes the image sizes at the 25th to the 100th percentile, each with the numbers of layers at the 25th, 50th, 75th
    /// and 95th; `None` for a survey without an image that has a layer.
    ///
    /// Sizes are rounded to whole bytes. One that comes twice is there once, and one too small for as many layers as the
    /// file asks for is left out; a note says so.
    pub fn percentiles(survey: &Survey) -> Option<Self> {
        let sizes = survey.image_bytes.as_ref()?;
        let layer_counts = layer_counts(survey.layers_per_image.as_ref()?);
        let most = layer_counts.last()?.0 as u64;
        let all = totals(sizes);
        let mut totals = all.clone();
        totals.retain(|(total, _)| total / most >= Self::LEAST_LAYER_BYTES);
        if totals.is_empty() {
            return None;
        }
        let mut notes = vec![
            format!(
                "Sizes and numbers of layers at the percentiles of {} images.",
                sizes.n
            ),
            "Every size is crafted with every number of layers, each layer as large as the others."
                .into(),
            UNKNOWN_RATIO.to_owned(),
        ];
        if totals.len() < all.len() {
            let small = all.len() - totals.len();
            notes.push(format!(
                "{small} sizes are too small for {most} layers, and left out."
            ));
        }
        Some(Self {
            notes,
            totals,
            layer_counts,
            images: Vec::new(),
        })
    }
}

fn totals(sizes: &Distribution) -> Vec<(u64, String)> {
    let mut totals: Vec<(u64, String)> = Vec::new();
    let percentiles = PERCENTILES.iter().zip(sizes.percentiles);
    for (percent, size) in percentiles.filter(|(percent, _)| **percent >= LOWEST_PERCENT) {
        let total = size.round() as u64;
        match totals.last_mut() {
            Some((known, what)) if *known == total => what.push_str(&format!(", p{percent}")),
            _ => totals.push((total, format!("p{percent}"))),
        }
    }
    totals
}

fn layer_counts(layers: &Distribution) -> Vec<(usize, String)> {
    let mut counts: Vec<(usize, String)> = Vec::new();
    for percent in LAYER_PERCENTS {
        let count = layers
            .percentile(percent)
            .map_or(1, |count| count.round().max(1.0) as usize);
        match counts.last_mut() {
            Some((known, what)) if *known == count => what.push_str(&format!(", p{percent}")),
            _ => counts.push((count, format!("p{percent}"))),
        }
    }
    counts
}
