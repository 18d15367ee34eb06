//! Logs that are broken, cut off, endless or strange: what can be read is read, the rest is counted.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use pullstudy_events::PullOutcome;
use serde_json::json;

use crate::made_logs::{event, lines, pull, read, read_files, read_stream};

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Pulls of so many pods, two lines each.
fn pulls_of(pods: u32) -> String {
    let events: Vec<_> = (0..pods)
        .flat_map(|pod| pull(&format!("pod-{pod}"), pod % 3_000))
        .collect();
    lines(&events)
}

#[test]
fn what_comes_before_the_end_of_a_truncated_file_is_read() {
    let text = pulls_of(1_000);
    let zstd = zstd::encode_all(text.as_bytes(), 1).unwrap();
    for (name, whole) in [("events.gz", gzip(&text)), ("events.zst", zstd)] {
        let cut = &whole[..whole.len() * 3 / 4];
        let (pulls, health) = read_files(&[(name, cut), ("events-whole.json", text.as_bytes())]);
        assert_eq!(pulls.len(), 1_000, "the other file is read");
        let [problem] = &health.problems[..] else {
            panic!("{:?}", health.problems)
        };
        assert!(problem.file.ends_with(name), "{problem:?}");
        assert!(!problem.problem.is_empty(), "{problem:?}");

        let (pulls, health) = read_files(&[(name, cut)]);
        assert!(
            (100..1_000).contains(&pulls.len()),
            "{name}: {}",
            pulls.len()
        );
        assert_eq!(health.total.events, health.distinct_events);
    }
}

#[test]
fn an_empty_file_is_counted() {
    let (pulls, health) = read_files(&[("events.json", ""), ("events.gz", "")]);
    assert!(pulls.is_empty());
    assert_eq!((health.files, health.empty_files), (2, 2));
    assert_eq!((health.total.lines, &health.problems[..]), (0, &[][..]));
}

/// So many bytes of text, made as they are read.
fn endless(bytes: u64) -> impl Read + Send {
    io::repeat(b'x').take(bytes)
}

#[test]
fn a_line_of_100_mb_is_counted_and_what_follows_is_read() {
    let after = io::Cursor::new(format!("\n{}", pulls_of(1)));
    let (pulls, health) = read_stream(endless(100 << 20).chain(after));
    assert_eq!(pulls.len(), 1);
    let total = &health.total;
    assert_eq!(
        (total.oversized_lines, total.lines, total.events),
        (1, 3, 2)
    );
    assert_eq!(total.non_json_lines + total.cut_lines, 0);
}

#[test]
fn an_object_of_100_mb_is_counted_and_what_follows_is_read() {
    let before = io::Cursor::new("{\"reason\":\"Pulled\",\"message\":\"");
    let after = io::Cursor::new(format!("\"}}\n{}", pulls_of(1)));
    let (pulls, health) = read_stream(before.chain(endless(100 << 20)).chain(after));
    assert_eq!(pulls.len(), 1);
    let total = &health.total;
    assert_eq!(
        (total.oversized_lines, total.lines, total.events),
        (1, 3, 2)
    );
}

#[test]
fn a_line_that_a_runtime_cut_into_too_many_pieces_is_counted_once() {
    let mebibyte = "x".repeat(1 << 20);
    let piece = format!("2024-11-10T06:10:30.1Z stdout P {mebibyte}\n");
    let end = "2024-11-10T06:10:30.1Z stdout F x\n";
    let (pulls, health) = read(format!("{}{end}{}", piece.repeat(17), pulls_of(1)));
    assert_eq!(pulls.len(), 1);
    let total = &health.total;
    assert_eq!(
        (total.oversized_lines, total.lines, total.events),
        (1, 3, 2)
    );
    assert_eq!(total.non_json_lines, 0);
}

#[test]
fn an_event_without_metadata_is_what_it_says() {
    let bare = |second| {
        let mut event = pull("pod", second)[1].clone();
        event.as_object_mut().unwrap().remove("metadata");
        event
    };
    let (pulls, health) = read(lines(&[bare(0), bare(0), bare(9)]));
    assert_eq!(pulls.len(), 2, "{pulls:?}");
    assert_eq!(
        (health.total.events_without_metadata, health.distinct_events),
        (3, 2)
    );
    assert_eq!(health.repeated_events, 1);
}

#[test]
fn timestamps_out_of_range_are_counted_and_the_pull_is_not_lost() {
    for bad in [
        "99999-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "2024-02-30T00:00:00Z",
        "yesterday",
    ] {
        let [pulling, mut pulled] = pull("pod", 0);
        pulled["firstTimestamp"] = json!(bad);
        pulled["lastTimestamp"] = json!(bad);
        let (pulls, health) = read(lines(&[pulling, pulled]));
        assert_eq!(pulls.len(), 1, "{bad}");
        assert_eq!(pulls[0].outcome, PullOutcome::Pulled);
        assert_eq!(
            (pulls[0].pulled_at, pulls[0].pull_seconds),
            (None, Some(1.5))
        );
        assert_eq!(health.total.bad_timestamps, 2, "{bad}");
    }
}

#[test]
fn the_second_of_two_records_in_one_line_is_recovered() {
    let [pulling, pulled] = pull("pod", 0).map(|event| event.to_string());
    let log = format!("{}{pulled}\n{pulling}\n", &pulling[..50]);
    let (pulls, health) = read(log);
    assert_eq!(pulls[0].attempts, 1);
    let total = &health.total;
    assert_eq!((total.lines, total.cut_lines, total.events), (2, 1, 2));
}

#[test]
fn text_that_is_no_utf_8_harms_nothing_else() {
    let mut log = b"\xff\xfe\x00 what is this\n".to_vec();
    let strange = event(
        "pod",
        "Pulled",
        "Successfully pulled image \"app:\u{1}\" in 1s",
        1,
    );
    let strange = strange.to_string().into_bytes();
    let place = strange
        .windows(6)
        .position(|part| part == b"\\u0001")
        .unwrap();
    log.extend_from_slice(&strange[..place]);
    log.push(0xff);
    log.extend_from_slice(&strange[place + 6..]);
    log.extend_from_slice(b"\n");
    log.extend_from_slice(pulls_of(1).as_bytes());
    let (pulls, health) = read(log);
    let images: Vec<_> = pulls
        .iter()
        .filter_map(|pull| pull.image.as_deref())
        .collect();
    assert_eq!(images, ["app:\u{fffd}", "app:1"]);
    assert_eq!((health.total.non_json_lines, health.total.lines), (1, 4));
}

#[test]
fn line_ends_of_windows_and_a_byte_order_mark_are_passed_over() {
    let log = format!("\u{feff}{}", pulls_of(2)).replace('\n', "\r\n");
    let zipped = gzip(&log);
    for log in [log.into_bytes(), zipped] {
        let (pulls, health) = read(log);
        assert_eq!(
            (pulls.len(), health.total.lines, health.total.events),
            (2, 4, 4)
        );
        assert_eq!(health.total.non_json_lines + health.total.cut_lines, 0);
    }
    let (_, health) = read("\u{feff}");
    assert_eq!(health.empty_files, 1);
}

#[test]
fn a_log_that_another_file_repeats_counts_once() {
    let log = pulls_of(3);
    let more = format!("{log}{}", lines(&pull("later", 900)));
    let (pulls, health) = read_files(&[
        ("run1/4/events-a.json", &more),
        ("run1/8/events-b.json", &log),
    ]);
    assert_eq!(pulls.len(), 4);
    let files: Vec<_> = pulls
        .iter()
        .map(|pull| (pull.place.nodes, pull.files))
        .collect();
    assert_eq!(
        files,
        [(Some(4), 1), (Some(8), 2), (Some(8), 2), (Some(8), 2)]
    );
    assert_eq!(
        (
            health.total.events,
            health.distinct_events,
            health.repeated_events
        ),
        (14, 8, 6)
    );
}
