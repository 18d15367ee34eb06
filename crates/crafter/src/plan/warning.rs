//! What a plan does that may surprise.

use std::fmt;

/// Something about a plan that its maker should know.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PlanWarning {
    /// Images have more layers than Docker takes.
    ManyLayers {
        /// How many images.
        images: usize,
        /// The most layers any of them has.
        most: u64,
    },
    /// Images miss the ratio by more than 1 %, because tar headers weigh too much in them.
    Ratio {
        /// The ratio asked for.
        asked: f64,
        /// The ratio that is furthest from it.
        achieved: f64,
        /// The image that has it.
        tag: String,
        /// How many images miss the ratio.
        images: usize,
    },
    /// Zeros were asked for at a ratio that zeros do not have.
    NoisyZeros {
        /// The ratio asked for.
        ratio: f64,
    },
    /// Keys of the file have no meaning for the published method.
    Ignored {
        /// The keys.
        keys: Vec<&'static str>,
    },
}

impl fmt::Display for PlanWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ManyLayers { images, most } => write!(
                f,
                "images of more than 125 layers: {images}, of up to {most}; Docker refuses to pull them, containerd \
                 does not; keep layers at 125 for nodes that run Docker"
            ),
            Self::Ratio {
                asked,
                achieved,
                tag,
                images,
            } => write!(
                f,
                "images that miss the ratio {asked}: {images}, {tag} most with {achieved:.3}; the tar headers of their \
                 files weigh too much; use fewer layers or fewer files per_layer"
            ),
            Self::NoisyZeros { ratio } => write!(
                f,
                "content: zeros at ratio {ratio} is mostly noise, for zeros alone take few wire bytes; set ratio to \
                 some hundreds, or use content: random"
            ),
            Self::Ignored { keys } => write!(
                f,
                "the published method knows nothing of {}, which it ignores; leave --method away to have them",
                keys.join(", ")
            ),
        }
    }
}
