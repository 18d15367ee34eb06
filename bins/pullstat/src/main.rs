//! Measures what it costs to get container images onto nodes.

fn main() {}
