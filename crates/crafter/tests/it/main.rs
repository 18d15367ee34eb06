//! Tests of the crate from outside.

mod bases;
mod crafted;
mod exactness;
mod layer;
mod plans;
mod readers;
mod reproducible;
mod resume;
mod verifying;
