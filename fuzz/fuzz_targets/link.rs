//! `Link`, by which lists of tags and referrers go on.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pullstudy_registry::next_link;

fuzz_target!(|text: &str| {
    if let Some(target) = next_link(text) {
        assert!(text.contains(target), "it is made up");
        assert!(!target.contains('>'), "it goes beyond its end");
    }
});
