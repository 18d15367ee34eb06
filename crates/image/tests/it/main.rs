//! Integration tests of the image model.

mod layout;
