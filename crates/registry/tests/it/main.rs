//! Pulling and serving, over real sockets on this machine.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod content;
mod fetch_troubles;
mod fetching;
mod liar;
mod lying;
mod pulling;
mod ranges;
mod real;
mod referring;
mod scripted;
mod serving;
mod small_image;
mod stubborn;
mod tag_pages;
