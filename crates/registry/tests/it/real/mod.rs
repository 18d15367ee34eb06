//! The client beside programs that we did not write: registries, skopeo, umoci.

mod archives;
mod certificates;
mod lists;
mod matrix;
mod mistakes;
mod moving;
mod programs;
mod servers;
mod serving;
