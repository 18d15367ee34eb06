//! What can be chosen on the command line.

use pullstudy_similarity::{Linkage, Measure};
use pullstudy_survey::Basis;

/// What of the images is compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum OnArg {
    /// Layers as they are stored and sent
    #[default]
    Digest,
    /// Layers as they are unpacked, however they were compressed
    DiffId,
    /// Commands that built the images, without spaces and in lower case: equal commands may make different layers
    Command,
}

/// What a layer counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum WeightArg {
    /// As one, whatever its size
    #[default]
    Layers,
    /// As many as it has bytes
    Bytes,
}

/// What two images are compared by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum MeasureArg {
    /// What both have, of what either has
    #[default]
    Jaccard,
    /// What both have, of what the first has: how much of it is there if the second is; not the same both ways
    Containment,
}

/// How the distance of two clusters follows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LinkageArg {
    /// The nearest two images
    Single,
    /// The farthest two images
    Complete,
    /// The mean over all pairs of images
    #[default]
    Average,
    /// The mean of what was merged, whatever its size
    Weighted,
    /// The increase in variance
    Ward,
}

/// In which order images are pulled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum OrderArg {
    /// As they stand in the archive
    #[default]
    Archive,
    /// Always the image that adds the fewest bytes next
    LeastEarly,
}

impl OnArg {
    pub(crate) fn name(self) -> &'static str {
        Basis::from(self).name()
    }

    /// What the sets hold, for people.
    pub(crate) fn items(self) -> &'static str {
        match self {
            Self::Digest => "layers, by digest",
            Self::DiffId => "layers, by diff_id",
            Self::Command => "build commands",
        }
    }
}

impl From<OnArg> for Basis {
    fn from(on: OnArg) -> Self {
        match on {
            OnArg::Digest => Self::Digest,
            OnArg::DiffId => Self::DiffId,
            OnArg::Command => Self::Command,
        }
    }
}

impl WeightArg {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Layers => "layers",
            Self::Bytes => "bytes",
        }
    }
}

impl From<WeightArg> for Measure {
    fn from(weight: WeightArg) -> Self {
        match weight {
            WeightArg::Layers => Self::Items,
            WeightArg::Bytes => Self::Weights,
        }
    }
}

impl MeasureArg {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Jaccard => "jaccard",
            Self::Containment => "containment",
        }
    }
}

impl LinkageArg {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Complete => "complete",
            Self::Average => "average",
            Self::Weighted => "weighted",
            Self::Ward => "ward",
        }
    }
}

impl From<LinkageArg> for Linkage {
    fn from(linkage: LinkageArg) -> Self {
        match linkage {
            LinkageArg::Single => Self::Single,
            LinkageArg::Complete => Self::Complete,
            LinkageArg::Average => Self::Average,
            LinkageArg::Weighted => Self::Weighted,
            LinkageArg::Ward => Self::Ward,
        }
    }
}

/// Reads a similarity that is a threshold.
pub(crate) fn threshold(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(threshold) if threshold > 0.0 && threshold <= 1.0 => Ok(threshold),
        _ => Err("expected a similarity above 0, at most 1".to_owned()),
    }
}

/// Reads a distance.
pub(crate) fn height(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(height) if height >= 0.0 && f64::is_finite(height) => Ok(height),
        _ => Err("expected a distance of 0 or more".to_owned()),
    }
}
