//! What images are like: the commands over archives of manifests, images and Dockerfiles.

pub(crate) mod practices;
