//! A whole log, whatever it is: JSON lines, a list, compressed.

#![no_main]

use std::io::{self, Cursor, Read};

use libfuzzer_sys::fuzz_target;
use pullstudy_events::{EventLogs, FoundLogs, Health, Pull, ReadOptions};

fuzz_target!(|log: &[u8]| {
    let (pulls, health) = read(Cursor::new(log.to_owned()));
    let total = &health.total;
    assert_eq!(
        total.events,
        health.distinct_events + health.repeated_events
    );
    assert_eq!(total.reasons.values().sum::<u64>(), health.distinct_events);
    assert_eq!(pulls.len() as u64, health.pulls + health.present);
    assert!(pulls.iter().all(|pull| pull.files == 1));
    // What comes in small pieces is the same log. How much a decoder gives before it fails is its own affair.
    let trickle = read(Trickle(Cursor::new(log.to_owned())));
    if health.problems.is_empty() {
        assert_eq!(trickle, (pulls, health));
    }
});

fn read(log: impl Read + Send + 'static) -> (Vec<Pull>, Health) {
    let mut found = FoundLogs::default();
    found.add_stream("-", log);
    let logs = EventLogs::read(found, &ReadOptions::default());
    let pulls = logs.pulls();
    let _ = logs.timelines();
    let health = logs.health(&pulls);
    (pulls, health)
}

/// Gives seven bytes at a time.
struct Trickle(Cursor<Vec<u8>>);

impl Read for Trickle {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(7);
        self.0.read(&mut buffer[..length])
    }
}
