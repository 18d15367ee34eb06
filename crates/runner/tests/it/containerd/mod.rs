//! The engine `containerd`, on real ones that the tests start for themselves.

mod containers;
mod problems;
mod programs;
mod pulls;
mod removal;
mod runtime;
mod sources;
