//! What is inside images.

pub(crate) mod inspect;
