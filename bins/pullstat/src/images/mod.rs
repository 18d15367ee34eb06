//! What images are like: the commands over archives of manifests, images and Dockerfiles.

pub(crate) mod advise;
mod collect;
pub(crate) mod inspect;
mod losses;
mod names;
pub(crate) mod practices;
pub(crate) mod similarity;
pub(crate) mod survey;
