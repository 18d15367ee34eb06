//! Tests of the crate from outside.

mod shared_base;
