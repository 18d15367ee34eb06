//! Models of pull times: fitted to measured pulls, and asked for pulls that nobody made.

pub(crate) mod fit;
mod observed;
pub(crate) mod predict;
mod set_up;
pub(crate) mod size_in_tag;
mod sizes_file;
mod told;
