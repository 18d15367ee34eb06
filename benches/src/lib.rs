//! Benchmarks of pullstudy beside its peers.
#![forbid(unsafe_code)]
