//! `WWW-Authenticate`, several headers of it, one a line.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pullstudy_registry::Challenge;

fuzz_target!(|text: &str| {
    let _ = Challenge::parse(text.lines());
});
