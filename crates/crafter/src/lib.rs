//! Crafts container images of exact wire and unpacked size.
#![forbid(unsafe_code)]
