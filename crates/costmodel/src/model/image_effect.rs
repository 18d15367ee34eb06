//! What images take more or less than the line says, whatever node pulls them.

use std::collections::BTreeMap;

use super::observation::Observation;

/// Turns the median of absolute deviations into a standard deviation where errors are normal.
const MAD_TO_SD: f64 = 1.482_602_218_505_602;

/// Standard deviations beyond which a download counts as if it lay there: one that hung says little of its image.
const STRAGGLER: f64 = 5.0;

/// By how much, as a logarithm, each image's seconds differ from the line: what was measured, drawn towards none.
///
/// The mean of an image's downloads is off because the image is what it is, and because few nodes pulled it. How much of
/// either there is, is told by how far images differ from the line and by how far downloads of one image differ from one
/// another. Each mean counts as far as it is not the nodes' doing.
///
/// # Source
///
/// Random effects of one way with moments for variances: S. R. Searle, G. Casella, C. E. McCulloch, Variance Components
/// (1992), chapter 3.
#[derive(Debug, Clone, Default)]
pub(super) struct ImageEffects {
    by_image: BTreeMap<String, f64>,
    inflation: f64,
}

/// The downloads of one image.
struct Group {
    count: f64,
    mean: f64,
    /// Sum of squares about the mean.
    within: f64,
}

impl Group {
    fn of(ratios: &[f64]) -> Self {
        let count = ratios.len() as f64;
        let mean = ratios.iter().sum::<f64>() / count;
        let within = ratios.iter().map(|ratio| (ratio - mean).powi(2)).sum();
        Self {
            count,
            mean,
            within,
        }
    }
}

impl ImageEffects {
    /// Estimates them from logarithms of measured over fitted seconds, one an observation; the line that was fitted has
    /// so many `parameters`.
    pub(super) fn of(observations: &[Observation], ratios: &[f64], parameters: usize) -> Self {
        let groups = groups(observations, ratios);
        let images = groups.len() as f64;
        let spare_downloads = ratios.len() as f64 - images;
        if spare_downloads < 1.0 {
            return Self::default();
        }
        let spare_images = (images - parameters as f64).max(1.0);
        let within = groups.values().map(|group| group.within).sum::<f64>() / spare_downloads;
        let squares = groups.values().map(|group| group.mean.powi(2)).sum::<f64>();
        let of_nodes = groups
            .values()
            .map(|group| within / group.count)
            .sum::<f64>()
            / images;
        let between = (squares / spare_images - of_nodes).max(0.0);
        let effect = |group: &Group| {
            let share = between / (between + within / group.count);
            if between > 0.0 {
                share * group.mean
            } else {
                0.0
            }
        };
        Self {
            by_image: groups
                .iter()
                .map(|(image, group)| ((*image).to_owned(), effect(group)))
                .collect(),
            inflation: (images / spare_images).sqrt() - 1.0,
        }
    }

    /// The effect of an image; 0 for one that was not measured.
    pub(super) fn of_image(&self, image: &str) -> f64 {
        self.by_image.get(image).copied().unwrap_or(0.0)
    }

    /// How much farther from the line another image like this one would be expected: the line was drawn through this one.
    pub(super) fn of_another(&self, image: &str) -> f64 {
        self.inflation * self.of_image(image)
    }
}

fn groups<'a>(observations: &'a [Observation], ratios: &[f64]) -> BTreeMap<&'a str, Group> {
    let mut by_image: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (observation, &ratio) in observations.iter().zip(ratios) {
        by_image.entry(&observation.image).or_default().push(ratio);
    }
    let limit = STRAGGLER * spread(&by_image);
    let group = |(image, ratios): (&'a str, Vec<f64>)| {
        let middle = median(&ratios);
        let is_told = limit > 0.0;
        let (low, high) = (middle - limit, middle + limit);
        let drawn = ratios.iter().map(|&ratio| match is_told {
            true => ratio.clamp(low, high),
            false => ratio,
        });
        (image, Group::of(&drawn.collect::<Vec<f64>>()))
    };
    by_image.into_iter().map(group).collect()
}

/// The usual deviation of downloads from others of their image.
fn spread(by_image: &BTreeMap<&str, Vec<f64>>) -> f64 {
    let several = by_image.values().filter(|ratios| ratios.len() > 1);
    let deviations: Vec<f64> = several
        .flat_map(|ratios| {
            let middle = median(ratios);
            ratios.iter().map(move |ratio| (ratio - middle).abs())
        })
        .collect();
    MAD_TO_SD * median(&deviations)
}

pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effects(ratios: &[(&str, f64)]) -> ImageEffects {
        let pulls: Vec<Observation> = ratios
            .iter()
            .map(|(image, _)| Observation::new(*image, 1.0))
            .collect();
        let ratios: Vec<f64> = ratios.iter().map(|(_, ratio)| *ratio).collect();
        ImageEffects::of(&pulls, &ratios, 2)
    }

    #[test]
    fn images_that_differ_more_than_their_downloads_are_told() {
        let found = effects(&[
            ("a", 0.29),
            ("a", 0.31),
            ("b", -0.19),
            ("b", -0.21),
            ("c", 0.01),
            ("c", -0.01),
            ("d", -0.11),
            ("d", -0.09),
        ]);
        assert!((found.of_image("a") - 0.3).abs() < 0.01, "{found:?}");
        assert!((found.of_image("b") + 0.2).abs() < 0.01, "{found:?}");
        assert_eq!(found.of_image("never measured"), 0.0);
    }

    #[test]
    fn downloads_that_differ_more_than_images_tell_nothing_of_them() {
        let found = effects(&[
            ("a", 0.4),
            ("a", -0.3),
            ("b", -0.4),
            ("b", 0.3),
            ("c", 0.3),
            ("c", -0.4),
            ("d", 0.3),
            ("d", -0.2),
        ]);
        assert_eq!(found.of_image("a"), 0.0);
    }

    #[test]
    fn one_that_hung_counts_as_one_that_was_slow() {
        let with = |hung: f64| {
            let mut ratios: Vec<(&str, f64)> = Vec::new();
            for (image, effect) in [("a", 0.3), ("b", -0.2), ("c", 0.0), ("d", -0.1)] {
                ratios.extend([-0.02, -0.01, 0.0, 0.01, 0.02].map(|error| (image, effect + error)));
            }
            ratios.push(("c", hung));
            effects(&ratios).of_image("c")
        };
        assert!((with(8.0) - with(0.5)).abs() < 1e-12);
    }
}
