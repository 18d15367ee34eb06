//! Tests of the program from outside.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod commands;
mod help;
mod kill;
mod mistakes;
mod program;
mod pull_kill;
mod reference;
mod serving;
