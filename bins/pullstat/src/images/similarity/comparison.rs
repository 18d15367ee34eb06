//! Images as sets, and how alike they are.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::thread;

use pullstudy_console::{UsageError, counted, warn};
use pullstudy_similarity::{Measure, Sets, SimilarityMatrix};
use pullstudy_survey::Collection;

use super::Args;
use super::choices::{MeasureArg, OnArg};

/// More images than these have no matrix, which would be 32 MB of numbers and more, and no best order of leaves.
pub(super) const MAX_MATRIX: usize = 2_000;

/// Images that are compared.
pub(super) struct Comparison<'a> {
    pub(super) collection: &'a Collection,
    /// The collection's number of each image compared.
    pub(super) images: Vec<usize>,
    pub(super) names: Vec<String>,
    pub(super) sets: Sets,
    pub(super) on: OnArg,
    pub(super) weight: Measure,
    pub(super) similarities: Similarities,
    /// How many images have nothing to be compared by.
    pub(super) not_compared: usize,
}

/// How alike every two images are.
pub(super) enum Similarities {
    /// Both ways the same.
    Jaccard(SimilarityMatrix),
    /// How much of each image is in each, row by row.
    Containment(Vec<f64>),
    /// Too many to be kept.
    Many,
}

/// Mean and deviation, without the diagonal and with it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Figures {
    pub(super) mean: Option<f64>,
    pub(super) sd: Option<f64>,
    pub(super) mean_with_diagonal: Option<f64>,
    pub(super) sd_with_diagonal: Option<f64>,
}

/// How many threads compare.
pub(super) fn threads() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

impl<'a> Comparison<'a> {
    pub(super) fn of(args: &Args, collection: &'a Collection) -> anyhow::Result<Self> {
        let compared = collection.sets(args.on.into())?;
        let not_compared = compared.left_out.len();
        if not_compared > 0 {
            tell_not_compared(collection, args.on, &compared.left_out);
        }
        let images = compared.images;
        let weight = args.weight.into();
        Ok(Self {
            names: images.iter().map(|&i| collection.name(i)).collect(),
            similarities: Similarities::of(&compared.sets, weight, args.measure)?,
            sets: compared.sets,
            on: args.on,
            collection,
            images,
            weight,
            not_compared,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.images.len()
    }

    /// Returns the layers of all images compared, one that an image has twice twice.
    pub(super) fn rows(&self) -> impl Iterator<Item = u32> {
        let layers = self.images.iter();
        layers.flat_map(|&image| self.collection.layers_of(image).iter().copied())
    }

    /// Returns each layer once.
    pub(super) fn unique_layers(&self) -> BTreeSet<u32> {
        self.rows().collect()
    }

    pub(super) fn bytes(&self, layers: impl IntoIterator<Item = u32>) -> u128 {
        let sizes = layers
            .into_iter()
            .map(|layer| self.collection.layer(layer).size_bytes);
        sizes.map(u128::from).sum()
    }

    /// Returns mean and deviation over all images.
    pub(super) fn figures(&self) -> Figures {
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
    pub(super) fn row(&self, image: usize) -> Vec<f64> {
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
    pub(super) fn has_matrix(&self) -> bool {
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

fn tell_not_compared(collection: &Collection, on: OnArg, images: &[usize]) {
    let lacks = match on {
        OnArg::Digest => "layers",
        OnArg::DiffId => "a config that lists a diff_id for each layer",
        OnArg::Command => "a config with the commands that built them",
    };
    let first = collection.name(images[0]);
    warn(&format_args!(
        "not compared, for they are without {lacks}: {}, such as {first}",
        counted(images.len(), "image")
    ));
}
