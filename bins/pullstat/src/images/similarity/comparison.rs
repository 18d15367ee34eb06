//! Images as sets, and how alike they are.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::thread;

use pullstudy_console::{UsageError, counted};
use pullstudy_similarity::{Measure, Sets, SimilarityMatrix};
use pullstudy_survey::Collection;

use super::choices::{MeasureArg, OnArg, WeightArg};

/// More images than these have no matrix, which would be 32 MB of numbers and more, and no best order of leaves.
pub(crate) const MAX_MATRIX: usize = 2_000;

/// By what images are compared.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted {
    pub(crate) on: OnArg,
    pub(crate) weight: WeightArg,
    pub(crate) measure: MeasureArg,
}

/// Images that are compared.
pub(crate) struct Comparison<'a> {
    pub(crate) collection: &'a Collection,
    /// The collection's number of each image compared.
    pub(crate) images: Vec<usize>,
    pub(crate) names: Vec<String>,
    pub(crate) sets: Sets,
    pub(crate) on: OnArg,
    pub(crate) weight: Measure,
    pub(crate) similarities: Similarities,
    /// The collection's numbers of the images that have nothing to be compared by.
    pub(crate) not_compared: Vec<usize>,
}

/// How alike every two images are.
pub(crate) enum Similarities {
    /// Both ways the same.
    Jaccard(SimilarityMatrix),
    /// How much of each image is in each, row by row.
    Containment(Vec<f64>),
    /// Too many to be kept.
    Many,
}

/// Mean and deviation, without the diagonal and with it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Figures {
    pub(crate) mean: Option<f64>,
    pub(crate) sd: Option<f64>,
    pub(crate) mean_with_diagonal: Option<f64>,
    pub(crate) sd_with_diagonal: Option<f64>,
}

/// How many threads compare.
pub(crate) fn threads() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

impl<'a> Comparison<'a> {
    pub(crate) fn of(wanted: Wanted, collection: &'a Collection) -> anyhow::Result<Self> {
        let compared = collection.sets(wanted.on.into())?;
        let images = compared.images;
        let weight = wanted.weight.into();
        Ok(Self {
            names: images.iter().map(|&i| collection.name(i)).collect(),
            similarities: Similarities::of(&compared.sets, weight, wanted.measure)?,
            sets: compared.sets,
            on: wanted.on,
            collection,
            images,
            weight,
            not_compared: compared.left_out,
        })
    }

    /// Returns which images are not compared and why, if there are any.
    pub(crate) fn warning(&self) -> Option<String> {
        let &first = self.not_compared.first()?;
        let lacks = match self.on {
            OnArg::Digest => "layers",
            OnArg::DiffId => "a config that lists a diff_id for each layer",
            OnArg::Command => "a config with the commands that built them",
        };
        Some(format!(
            "not compared, for they are without {lacks}: {}, such as {}",
            counted(self.not_compared.len(), "image"),
            self.collection.name(first)
        ))
    }

    pub(crate) fn len(&self) -> usize {
        self.images.len()
    }

    /// Returns the layers of all images compared, one that an image has twice twice.
    pub(crate) fn rows(&self) -> impl Iterator<Item = u32> {
        let layers = self.images.iter();
        layers.flat_map(|&image| self.collection.layers_of(image).iter().copied())
    }

    /// Returns each layer once.
    pub(crate) fn unique_layers(&self) -> BTreeSet<u32> {
        self.rows().collect()
    }

    pub(crate) fn bytes(&self, layers: impl IntoIterator<Item = u32>) -> u128 {
        let sizes = layers
            .into_iter()
            .map(|layer| self.collection.layer(layer).size_bytes);
        sizes.map(u128::from).sum()
    }

    /// Returns mean and deviation over all images.
    pub(crate) fn figures(&self) -> Figures {
        match &self.similarities {
            Similarities::Jaccard(matrix) => Figures {
                mean: matrix.mean(),
                sd: matrix.sd(),
                mean_with_diagonal: matrix.mean_with_diagonal(),
                sd_with_diagonal: matrix.sd_with_diagonal(),
            },
            Similarities::Containment(values) => Figures::of_square(self.len(), values),
            Similarities::Many => {
                let figures = self.sets.figures(self.weight, threads());
                Figures {
                    mean: figures.mean,
                    sd: figures.sd,
                    mean_with_diagonal: figures.mean_with_diagonal,
                    sd_with_diagonal: figures.sd_with_diagonal,
                }
            }
        }
    }

    /// Returns how alike an image is to every image.
    pub(crate) fn row(&self, image: usize) -> Vec<f64> {
        match &self.similarities {
            Similarities::Jaccard(matrix) => (0..self.len())
                .map(|other| matrix.get(image, other))
                .collect(),
            Similarities::Containment(values) => {
                values[image * self.len()..][..self.len()].to_vec()
            }
            Similarities::Many => self.sets.row(image, self.weight),
        }
    }

    /// Tells whether there is a number for every two images.
    pub(crate) fn has_matrix(&self) -> bool {
        !matches!(self.similarities, Similarities::Many)
    }
}

impl Similarities {
    fn of(sets: &Sets, weight: Measure, measure: MeasureArg) -> Result<Self, UsageError> {
        let is_small = sets.len() <= MAX_MATRIX;
        match measure {
            MeasureArg::Jaccard if is_small => Ok(Self::Jaccard(sets.matrix(weight, threads()))),
            MeasureArg::Jaccard => Ok(Self::Many),
            MeasureArg::Containment if is_small => Ok(Self::Containment(contained(sets, weight))),
            MeasureArg::Containment => Err(UsageError(format!(
                "--measure containment compares every two images, at most {MAX_MATRIX}, and there are {}: choose one with \
                 --image, or fewer with --one-per-repository",
                sets.len()
            ))),
        }
    }
}

fn contained(sets: &Sets, weight: Measure) -> Vec<f64> {
    let all = 0..sets.len();
    let pairs = all.clone().flat_map(|a| all.clone().map(move |b| (a, b)));
    pairs.map(|(a, b)| sets.containment(a, b, weight)).collect()
}

impl Figures {
    /// Over a square of numbers, row by row, whose diagonal is 1.
    fn of_square(len: usize, values: &[f64]) -> Self {
        let on_diagonal = |place: &usize| place / len == place % len;
        let apart: Vec<f64> = (0..values.len())
            .filter(|place| !on_diagonal(place))
            .map(|place| values[place])
            .collect();
        Self {
            mean: mean(&apart),
            sd: sd(&apart),
            mean_with_diagonal: mean(values),
            sd_with_diagonal: sd(values),
        }
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// As of a whole population.
fn sd(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    let squares = values.iter().map(|value| (value - mean).powi(2));
    Some((squares.sum::<f64>() / values.len() as f64).sqrt())
}
