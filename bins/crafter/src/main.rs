//! Crafts, verifies and serves container images of exact size.

fn main() {}
