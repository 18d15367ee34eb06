//! Logs of every form: lists, streams, and lines behind what others write before them.

use std::io::{self, Cursor, Read};

use pullstudy_events::{Health, Pull, PullOutcome};
use serde_json::{Value, json};

use crate::made_logs::{lines, pull, read, read_stream};

fn assert_one_pull((pulls, health): (Vec<Pull>, Health), what: &str) {
    let outcomes: Vec<_> = pulls.iter().map(|pull| pull.outcome).collect();
    assert_eq!(outcomes, [PullOutcome::Pulled], "{what}");
    assert_eq!(health.total.events, 2, "{what}");
    let total = &health.total;
    let left_out = total.non_json_lines + total.cut_lines + total.oversized_lines + total.log_lines;
    assert_eq!(left_out, 0, "{what}: {:?}", total.left_out);
}

#[test]
fn lists_of_kubectl_are_read() {
    let list = json!({"apiVersion": "v1", "items": pull("pod", 0), "kind": "List", "metadata": {"resourceVersion": ""}});
    for list in [
        list.to_string(),
        format!("{list:#}"),
        format!("{list:#}\n"),
        format!("{:#}", json!(pull("pod", 0))),
    ] {
        assert_one_pull(read(&list), &list);
    }
}

#[test]
fn a_watch_of_kubectl_is_read() {
    let watched = |event: Value| json!({"type": "ADDED", "object": event});
    let events = pull("pod", 0);
    for stream in [
        events
            .iter()
            .map(|event| format!("{event:#}\n"))
            .collect::<String>(),
        events.iter().map(|event| format!("{event:#}")).collect(),
        events
            .clone()
            .map(|event| format!("{:#}\n", watched(event)))
            .concat(),
        lines(&events.clone().map(watched)),
    ] {
        assert_one_pull(read(&stream), &stream);
    }
}

#[test]
fn lines_of_container_runtimes_are_read() {
    let [pulling, pulled] = pull("pod", 0).map(|event| event.to_string());
    let cri =
        |tag: &str, text: &str| format!("2024-11-10T06:10:30.123456789Z stdout {tag} {text}\n");
    let (start, end) = pulled.split_at(100);
    let (middle, end) = end.split_at(50);
    for log in [
        [cri("F", &pulling), cri("F", &pulled)].concat(),
        [
            cri("F", &pulling),
            cri("P", start),
            cri("P", middle),
            cri("F", end),
        ]
        .concat(),
        // The runtime may end a partial line with an empty one.
        [
            cri("F", &pulling),
            cri("P", start),
            cri("P", &pulled[100..]),
            cri("F", ""),
        ]
        .concat(),
        format!("[pod/exporter-1/exporter] {pulling}\n[pod/exporter-1/exporter] {pulled}\n"),
    ] {
        assert_one_pull(read(&log), &log);
    }
}

#[test]
fn lines_of_docker_are_read() {
    let events = pull("pod", 0);
    let wrapped = events.map(|event| json!({"log": format!("{event}\n"), "stream": "stdout", "time": "2024-11-10T06:10:30Z"}));
    assert_one_pull(read(lines(&wrapped)), "docker");
}

/// Reads one text after the other, each made when it is its turn.
struct InTurn<I> {
    texts: I,
    current: Cursor<String>,
}

impl<I: Iterator<Item = String>> Read for InTurn<I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.current.read(buffer)?;
            if read > 0 {
                return Ok(read);
            }
            let Some(text) = self.texts.next() else {
                return Ok(0);
            };
            self.current = Cursor::new(text);
        }
    }
}

/// Events of so many pods in one list on one line; each has a label of 10 kB.
fn long_list(pods: u32) -> impl Read + Send {
    let events = (0..pods).flat_map(|pod| pull(&format!("pod-{pod}"), pod % 3_000));
    let items = events.enumerate().map(|(position, mut event)| {
        event["involvedObject"]["labels"] = json!({"long": "x".repeat(10_000)});
        let comma = if position == 0 { "" } else { "," };
        format!("{comma}{event}")
    });
    InTurn {
        texts: items.chain(["],\"kind\":\"List\"}".to_owned()]),
        current: Cursor::new("{\"apiVersion\":\"v1\",\"items\":[".to_owned()),
    }
}

#[test]
fn a_list_of_40_mb_on_one_line_is_read() {
    let (pulls, health) = read_stream(long_list(2_000));
    assert_eq!(pulls.len(), 2_000);
    let total = &health.total;
    assert_eq!(
        (
            total.events,
            total.oversized_lines,
            total.cut_lines,
            total.log_lines
        ),
        (4_000, 0, 0, 0)
    );
}
