//! Studies on a real control plane whose nodes are kwok's.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod collecting;
mod crafted;
mod deploy;
mod deploy_real;
mod deploy_undone;
mod engines;
mod faults;
mod kills;
mod large;
mod mistakes;
mod published;
mod scene;
