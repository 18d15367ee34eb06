//! What is found before the tree is known.

/// Two clusters that are merged, each named by one of its points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Joint {
    pub(crate) a: u32,
    pub(crate) b: u32,
    pub(crate) height: f64,
}
