//! A trace of pulls: read in pieces and as a whole, it is the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pullstudy_events::{Trace, TraceReader, TraceRecord};

fuzz_target!(|bytes: &[u8]| {
    let mut reader = TraceReader::new("trace.jsonl", bytes);
    let mut pulls = 0;
    let mut is_sound = true;
    for record in reader.by_ref() {
        match record {
            Ok(TraceRecord::Pull(_)) => pulls += 1,
            Ok(_) => {}
            Err(_) => is_sound = false,
        }
    }
    match Trace::collect(TraceReader::new("trace.jsonl", bytes)) {
        Ok(trace) => {
            assert!(is_sound);
            assert_eq!(trace.pulls.len(), pulls);
            assert_eq!(trace.torn_lines, reader.torn_lines());
        }
        // A pull with two lines is told by neither line alone.
        Err(_) => {}
    }
});
