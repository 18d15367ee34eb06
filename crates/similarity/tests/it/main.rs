//! Sets, clusters and sketches, by their laws and beside peers.

mod made;
mod two_sets;
