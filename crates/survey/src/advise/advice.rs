//! A piece of advice, and what it would save.

/// What to do about some layers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Advice {
    /// What kind of advice it is.
    pub kind: AdviceKind,
    /// The images concerned, as numbers of the collection.
    pub images: Vec<usize>,
    /// The layers concerned, as numbers of the collection; of layers that take each other's place, the one that stays is
    /// the first.
    pub layers: Vec<u32>,
    /// The command that made the layers, as a number of the collection, where one did.
    pub command: Option<u32>,
    /// Wire bytes of these layers, each once.
    pub bytes_now: u64,
    /// Wire bytes of what would take their place.
    pub bytes_then: u64,
    /// How many layers take part in the pulls of these images, each image for itself.
    pub layers_now: usize,
    /// How many would.
    pub layers_then: usize,
    /// Bytes on the critical paths of these images' downloads; see [`Load::critical_bytes`](super::Load::critical_bytes).
    pub critical_bytes_now: u64,
    /// What they would be.
    pub critical_bytes_then: u64,
}

/// Kinds of advice, in the order in which they are worked out: each is told of the images as the ones before leave them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum AdviceKind {
    /// A layer holds nothing. Leave the step out that makes it.
    DropEmpty,
    /// Layers have the same contents and were compressed apart. Push one of them for all images.
    ShareContents,
    /// The same steps from the first one on made other layers each time. Build them once, and build on that.
    BuildOnce,
    /// The same command ran behind steps that differ. Put it in front of them, in an image that all build on.
    Reorder,
    /// Small layers are always pulled together. Make one of them.
    Merge,
    /// A layer is so large that other downloads wait for it. Make several of it.
    Split,
}

/// How sure a saving is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Certainty {
    /// It follows from the manifests and configs.
    Exact,
    /// It can be no more than that.
    UpperBound,
}

impl AdviceKind {
    /// Returns the name that stands in tables and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DropEmpty => "drop_empty",
            Self::ShareContents => "share_contents",
            Self::BuildOnce => "build_once",
            Self::Reorder => "reorder",
            Self::Merge => "merge",
            Self::Split => "split",
        }
    }

    /// Returns how sure a saving of this kind is.
    #[must_use]
    pub fn certainty(self) -> Certainty {
        match self {
            Self::DropEmpty | Self::ShareContents | Self::Merge => Certainty::Exact,
            Self::BuildOnce | Self::Reorder | Self::Split => Certainty::UpperBound,
        }
    }
}

impl Certainty {
    /// Returns the name that stands in tables and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::UpperBound => "upper_bound",
        }
    }
}

impl Advice {
    /// Returns the bytes that a cold node that pulls all images would pull less.
    #[must_use]
    pub fn saved_bytes(&self) -> u64 {
        self.bytes_now.saturating_sub(self.bytes_then)
    }

    /// Returns how many bytes fewer would be on the critical paths of these images' downloads; below 0 if it would be more.
    #[must_use]
    pub fn saved_critical_bytes(&self) -> i64 {
        let less = i128::from(self.critical_bytes_now) - i128::from(self.critical_bytes_then);
        let bound = if less < 0 { i64::MIN } else { i64::MAX };
        i64::try_from(less).unwrap_or(bound)
    }
}
