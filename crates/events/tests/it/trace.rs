//! `trace.jsonl` written and read.

use std::error::Error;
use std::fs;
use std::time::{Duration, SystemTime};

use pullstudy_events::{
    Bound, Phase, PullOutcome, PullRecord, PullTrace, ReadTraceError, Stage, Trace, TraceReader,
    TraceWriter,
};
use serde_json::{Value, json};

use crate::schedule::{LayerWork, PULL, layer, pull, row};

fn traced(pull_id: &str) -> PullTrace {
    let at = SystemTime::UNIX_EPOCH + Duration::from_micros(1_731_221_230_332_012);
    let mut record = PullRecord::new(pull_id, "127.0.0.1:5000/app:1", at);
    record.experiment = Some("quickstart".to_owned());
    record.nodes = Some(4);
    record.node = Some("node-1".to_owned());
    record.wire_bytes = 2_000_000;
    record.unpacked_bytes = 5_000_000;
    record.layers = 2;
    let work = LayerWork {
        download: 750,
        verify: 125,
        store: 125,
        decompress: 250,
        diff_id: 125,
        write: 125,
    };
    let (mut rows, end) = pull(250, &[work; 2], 3);
    rows.iter_mut()
        .for_each(|row| row.pull_id = pull_id.to_owned());
    PullTrace::finish(record, rows, Duration::from_millis(end), None)
}

fn written(traces: &[PullTrace]) -> String {
    let mut writer = TraceWriter::new("trace.jsonl", Vec::new());
    for trace in traces {
        writer.write(trace).expect("a vector takes all");
    }
    String::from_utf8(writer.into_inner()).expect("JSON is text")
}

fn read(text: &str) -> Result<Trace, ReadTraceError> {
    Trace::collect(TraceReader::new("trace.jsonl", text.as_bytes()))
}

#[test]
fn what_is_written_is_read_back() {
    let traces = [traced("a"), traced("b")];
    let trace = read(&written(&traces)).unwrap();
    assert_eq!(trace.pulls, traces);
    assert_eq!((trace.unfinished.len(), trace.torn_lines), (0, 0));
}

#[test]
fn a_phase_line_has_the_documented_keys() {
    let mut phase = row(Stage::Unpack, Phase::DiffId, 0, (250, 1000), 500);
    phase.bytes = 7;
    let trace = PullTrace::finish(
        PullRecord::new(PULL, "app:1", SystemTime::UNIX_EPOCH),
        vec![phase],
        Duration::from_secs(1),
        None,
    );
    let line: Value = serde_json::from_str(written(&[trace]).lines().next().unwrap()).unwrap();
    let expected = json!({
        "format_version": 1, "kind": "phase", "pull_id": PULL, "stage": "unpack", "phase": "diff_id",
        "layer": {
            "index": 0, "digest": layer(0).digest.to_string(), "wire_bytes": 1_000_000,
            "media_type": "application/vnd.oci.image.layer.v1.tar+gzip",
        },
        "start_seconds": 0.25, "duration_seconds": 0.75, "busy_seconds": 0.5, "bytes": 7,
    });
    assert_eq!(line, expected);
}

#[test]
fn a_pull_line_has_the_documented_keys() {
    let text = written(&[traced("a")]);
    let line: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    let expected = json!({
        "format_version": 1, "kind": "pull", "pull_id": "a", "experiment": "quickstart", "nodes": 4,
        "node": "node-1", "image": "127.0.0.1:5000/app:1",
        "started_at": "2024-11-10T06:47:10.332012Z", "seconds": 2.25,
        "wire_bytes": 2_000_000, "unpacked_bytes": 5_000_000, "layers": 2,
        "outcome": "pulled", "error": null, "bound_by": "wire",
        "critical_path": {
            "resolve_seconds": 0.25, "manifest_seconds": 0.0, "config_seconds": 0.0,
            "wait_seconds": 0.0, "download_seconds": 0.75, "verify_seconds": 0.125,
            "decompress_seconds": 0.5, "diff_id_seconds": 0.25, "write_seconds": 0.375,
            "apply_seconds": 0.0, "other_seconds": 0.0,
        },
    });
    assert_eq!(line, expected);
}

#[test]
fn a_pull_that_failed_says_why() {
    let record = PullRecord::new("a", "app:1", SystemTime::UNIX_EPOCH);
    let error = Some("manifest unknown".to_owned());
    let trace = PullTrace::finish(record, Vec::new(), Duration::from_secs(1), error);
    let pull = read(&written(&[trace])).unwrap().pulls.remove(0).pull;
    assert_eq!(pull.outcome, PullOutcome::Failed);
    assert_eq!(pull.error.as_deref(), Some("manifest unknown"));
    assert_eq!(pull.bound_by, None);
}

#[test]
fn a_file_cut_anywhere_gives_the_pulls_before_the_cut() {
    let small = |pull_id: &str| {
        let mut trace = traced(pull_id);
        trace.phases.truncate(2);
        trace
    };
    let whole = written(&[small("a"), small("b")]);
    let first_pull = written(&[small("a")]).len();
    for cut in first_pull..whole.len() {
        let trace = read(&whole[..cut]).unwrap();
        // Only the line's end is missing from the last cut, and the record is whole.
        let pulls = if cut == whole.len() - 1 { 2 } else { 1 };
        assert_eq!(trace.pulls.len(), pulls, "cut at {cut}");
        let begins_a_line = whole[..cut].ends_with('\n');
        let ends_a_line = whole[cut..].starts_with('\n');
        assert_eq!(
            trace.torn_lines,
            u64::from(!begins_a_line && !ends_a_line),
            "cut at {cut}"
        );
    }
}

#[test]
fn phases_without_their_pull_are_unfinished() {
    let whole = written(&[traced("a")]);
    let phases_only = &whole[..whole.trim_end().rfind('\n').unwrap() + 1];
    let trace = read(phases_only).unwrap();
    assert_eq!(
        (trace.pulls.len(), trace.unfinished.len()),
        (0, traced("a").phases.len())
    );
}

#[test]
fn a_broken_line_inside_is_named() {
    let text = written(&[traced("a")]).replacen("\"busy_seconds\"", "\"busy\"", 3);
    let error = read(&text).unwrap_err();
    assert_eq!(
        error.to_string(),
        "trace.jsonl:1 is not a record of a trace"
    );
    let cause = error.source().unwrap().to_string();
    assert!(cause.contains("missing field `busy_seconds`"), "{cause}");

    let text = format!("\n{}\nnot json\n", written(&[traced("a")]).trim_end());
    let lines = text.lines().count();
    let error = read(&text).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("trace.jsonl:{lines} is not a record of a trace")
    );
}

#[test]
fn another_format_version_is_refused() {
    let text = written(&[traced("a")]).replace("\"format_version\":1,", "\"format_version\":2,");
    let error = read(&text).unwrap_err();
    assert!(
        matches!(
            error,
            ReadTraceError::Version {
                line: 1,
                found: 2,
                ..
            }
        ),
        "{error:?}"
    );
    let said = "trace.jsonl:1 has trace format version 2, but only 1 can be read";
    assert_eq!(error.to_string(), said);
}

#[test]
fn a_pull_cannot_come_twice() {
    let error = read(&written(&[traced("a"), traced("a")])).unwrap_err();
    assert!(
        matches!(error, ReadTraceError::RepeatedPull { .. }),
        "{error:?}"
    );
}

#[test]
fn keys_of_later_versions_are_passed_over() {
    let text = written(&[traced("a")]).replace("\"bytes\":0", "\"bytes\":0,\"later\":[1]");
    assert_eq!(read(&text).unwrap().pulls, [traced("a")]);
}

#[test]
fn nothing_of_a_pull_is_written_if_its_start_cannot_be() {
    let mut bad = traced("a");
    bad.pull.started_at = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    let mut writer = TraceWriter::new("trace.jsonl", Vec::new());
    let error = writer.write(&bad).unwrap_err();
    assert_eq!(
        error.to_string(),
        "pull a cannot be written to trace trace.jsonl"
    );
    assert_eq!(writer.into_inner(), b"");
}

#[test]
fn files_are_made_and_opened() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace.jsonl");
    fs::write(&file, "of an earlier run").unwrap();
    TraceWriter::create(&file)
        .unwrap()
        .write(&traced("a"))
        .unwrap();
    let trace = Trace::read(&file).unwrap();
    assert_eq!(trace.pulls[0].pull.bound_by, Some(Bound::Wire));

    let missing = Trace::read(folder.path().join("none.jsonl")).unwrap_err();
    assert!(matches!(missing, ReadTraceError::Io { .. }), "{missing:?}");
    assert!(TraceWriter::create(folder.path().join("none/trace.jsonl")).is_err());
}
