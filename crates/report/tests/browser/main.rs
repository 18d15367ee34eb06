//! The page in a browser: what it asks of the network, what its buttons do, how it looks to phones, printers and those who do
//! not see it.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod access;
mod buttons;
mod chromium;
mod http;
mod loading;
#[path = "../it/sample_page.rs"]
mod sample_page;
