//! Tests of the crate from outside.

mod bases;
mod crafted;
mod exactness;
mod plans;
mod reproducible;
mod resume;
mod verifying;
