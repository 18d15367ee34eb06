//! What images are like: the commands over archives of manifests, images and Dockerfiles.

mod collect;
pub(crate) mod inspect;
pub(crate) mod practices;
pub(crate) mod survey;
