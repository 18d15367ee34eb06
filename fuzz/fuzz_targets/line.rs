//! One line of a log: it counts as one of the things that a line can be.

#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use pullstudy_events::{EventLogs, FoundLogs, ReadOptions};

/// Such lines begin JSON over many lines, of which objects are counted; others are a program's line in part.
const OTHERWISE: [&[u8]; 2] = [b"{", b"["];

fuzz_target!(|line: &[u8]| {
    let is_compressed =
        line.starts_with(&[0x1f, 0x8b]) || line.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]);
    if is_compressed || line.contains(&b'\n') || OTHERWISE.contains(&line.trim_ascii()) {
        return;
    }
    let mut found = FoundLogs::default();
    found.add_stream("-", Cursor::new(line.to_owned()));
    let logs = EventLogs::read(found, &ReadOptions::default());
    let health = logs.health(&logs.pulls());
    let total = &health.total;
    assert!(total.lines <= 1);
    assert_eq!(total.oversized_lines, 0);
    let is_told = total.events + total.log_lines + total.non_json_lines > 0;
    assert_eq!(is_told, total.lines == 1, "{health:?}");
    assert!(total.non_json_lines + total.cut_lines <= 1);
});
