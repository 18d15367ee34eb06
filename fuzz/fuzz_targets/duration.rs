//! `GoDuration`, and the published study's reading of durations.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pullstudy_events::{GoDuration, published_seconds};

fuzz_target!(|text: &str| {
    if let Ok(duration) = text.parse::<GoDuration>() {
        let printed = duration.to_string();
        assert_eq!(
            printed.parse(),
            Ok(duration),
            "{printed} is another duration"
        );
    }
    let _ = published_seconds(text);
});
