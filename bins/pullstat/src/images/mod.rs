//! What images are like: the commands over archives of manifests, images and Dockerfiles.

pub(crate) mod advise;
pub(crate) mod collect;
pub(crate) mod inspect;
pub(crate) mod losses;
mod names;
pub(crate) mod practices;
pub(crate) mod similarity;
pub(crate) mod survey;
