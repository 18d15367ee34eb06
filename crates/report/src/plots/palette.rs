//! What colours stand for. Each list is told apart by the colour-blind, and by lightness in print.

/// One colour a number of nodes, from few to many.
pub(super) const NODE_COLORS: [&str; 8] = [
    "#3b6fb6", "#e08214", "#3a9a6b", "#a4508b", "#7a6a53", "#c23b3b", "#2aa7b8", "#5b5f6b",
];

/// One colour an image, in figures where nodes are an axis.
pub(super) const IMAGE_COLORS: [&str; 8] = [
    "#0b5fa5", "#d1495b", "#2f8f5b", "#b8860b", "#7b4fa6", "#19a0a8", "#8c564b", "#4f5b66",
];

/// Returns the colour at a position; after the last they start again.
pub(super) fn cycled(colors: &[&'static str], position: usize) -> &'static str {
    colors[position % colors.len()]
}
