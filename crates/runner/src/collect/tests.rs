//! The collector against an API server by script.

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::{CollectError, CollectOptions, Collected, Collector, Item};
use crate::cluster::mock::{Answer, Mock, line, list};

const EVENTS: &str = "/api/v1/events";
const EVENTS_V1: &str = "/apis/events.k8s.io/v1/events";
const PODS: &str = "/api/v1/pods";

fn event(uid: &str, version: u32) -> Value {
    json!({"metadata": {"uid": uid, "name": uid, "resourceVersion": version.to_string(), "managedFields": [{"manager": "kubelet"}]},
        "reason": "Pulled", "involvedObject": {"name": "p"}})
}

/// The uids in the file of events, in its order.
fn written(folder: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join("events.jsonl")).unwrap();
    let uid = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap();
        assert_eq!(value["metadata"]["managedFields"], Value::Null);
        value["metadata"]["uid"].as_str().unwrap().to_owned()
    };
    text.lines().map(uid).collect()
}

/// Collects until so many events have come, and stops.
async fn collect(mock: &Mock, folder: &Path, events: usize) -> Result<Collected, CollectError> {
    let seen = Arc::new(Mutex::new(0));
    let (sender, mut receiver) = tokio::sync::watch::channel(0);
    let count = Arc::clone(&seen);
    let (cluster, options) = (mock.cluster(), CollectOptions::new(folder));
    let collector = Collector::start_with(&cluster, &options, move |item| {
        if let Item::Object { object, .. } = item
            && object["kind"] == "Event"
        {
            *count.lock().unwrap() += 1;
            let _ = sender.send(*count.lock().unwrap());
        }
    });
    let collector = collector.await?;
    let _ = receiver.wait_for(|count| *count >= events).await;
    collector.stop().await
}

#[tokio::test(start_paused = true)]
async fn what_both_apis_tell_is_written_once() {
    let (mock, folder) = (Mock::default(), tempfile::tempdir().unwrap());
    let both = [event("a", 5), event("b", 6)];
    mock.answer(
        &format!("GET {EVENTS}"),
        [Answer::Document(list(&both, "6"))],
    );
    mock.answer(
        &format!("GET {EVENTS_V1}"),
        [Answer::Document(list(&both, "6"))],
    );
    let news = vec![line("ADDED", event("c", 7))];
    mock.answer(&format!("WATCH {EVENTS}"), [Answer::Open(news.clone())]);
    mock.answer(&format!("WATCH {EVENTS_V1}"), [Answer::Open(news)]);
    collect(&mock, folder.path(), 3).await.unwrap();
    let mut uids = written(folder.path());
    uids.sort();
    assert_eq!(uids, ["a", "b", "c"]);
}

#[tokio::test(start_paused = true)]
async fn after_410_it_lists_again_and_neither_loses_nor_doubles() {
    let (mock, folder) = (Mock::default(), tempfile::tempdir().unwrap());
    let first = [event("a", 5), event("b", 6)];
    // While nobody watched, b happened again and c is new.
    let second = [event("a", 5), event("b", 9), event("c", 8)];
    mock.answer(
        &format!("GET {EVENTS}"),
        [
            Answer::Document(list(&first, "6")),
            Answer::Document(list(&second, "9")),
        ],
    );
    let gone = json!({"kind": "Status", "code": 410, "message": "too old", "reason": "Expired", "status": "Failure"});
    let watches = [
        Answer::Lines(vec![line("ERROR", gone)]),
        Answer::Open(vec![line("ADDED", event("d", 10))]),
    ];
    mock.answer(&format!("WATCH {EVENTS}"), watches);
    let collected = collect(&mock, folder.path(), 5).await.unwrap();
    assert_eq!(written(folder.path()), ["a", "b", "b", "c", "d"]);
    assert_eq!(collected.repeated, 1);
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_ends_goes_on_from_the_last_version_or_bookmark() {
    let (mock, folder) = (Mock::default(), tempfile::tempdir().unwrap());
    let bookmark =
        json!({"kind": "Event", "apiVersion": "v1", "metadata": {"resourceVersion": "50"}});
    let watches = [
        Answer::Lines(vec![line("ADDED", event("a", 20))]),
        Answer::Lines(vec![line("BOOKMARK", bookmark)]),
        Answer::Open(vec![
            line("ADDED", event("b", 60)),
            line("ADDED", event("b", 60)),
        ]),
    ];
    mock.answer(&format!("WATCH {EVENTS}"), watches);
    collect(&mock, folder.path(), 2).await.unwrap();
    assert_eq!(written(folder.path()), ["a", "b"]);
    let from = |query: &String| {
        let (_, version) = query.split_once("resourceVersion=")?;
        Some(version.split('&').next()?.to_owned())
    };
    let asked = mock.asked();
    let watches = asked
        .iter()
        .filter(|asked| asked.starts_with(&format!("WATCH {EVENTS}?")));
    let versions: Vec<String> = watches.filter_map(from).collect();
    assert_eq!(versions, ["1", "20", "50"]);
}

#[tokio::test(start_paused = true)]
async fn failures_that_pass_are_waited_for_as_long_as_the_server_asks() {
    let (mock, folder) = (Mock::default(), tempfile::tempdir().unwrap());
    let lists = [
        Answer::Status(429, 40),
        Answer::Status(500, 0),
        Answer::Document(list(&[event("a", 5)], "5")),
    ];
    mock.answer(&format!("GET {EVENTS}"), lists);
    let start = tokio::time::Instant::now();
    collect(&mock, folder.path(), 1).await.unwrap();
    assert_eq!(written(folder.path()), ["a"]);
    // 40 s as asked for, then 2 s: a pause twice the first one.
    assert_eq!(start.elapsed().as_secs(), 42);
}

#[tokio::test(start_paused = true)]
async fn a_collector_that_starts_again_goes_on_and_writes_nothing_twice() {
    let (mock, folder) = (Mock::default(), tempfile::tempdir().unwrap());
    mock.answer(
        &format!("WATCH {EVENTS}"),
        [Answer::Open(vec![line("ADDED", event("a", 20))])],
    );
    collect(&mock, folder.path(), 1).await.unwrap();
    // Killed in the middle of a line.
    let path = folder.path().join("events.jsonl");
    let torn = std::fs::read_to_string(&path).unwrap() + "{\"metadata\":{\"uid\":\"b\"";
    std::fs::write(&path, torn).unwrap();
    let more = vec![line("ADDED", event("a", 20)), line("ADDED", event("b", 21))];
    mock.answer(&format!("WATCH {EVENTS}"), [Answer::Open(more)]);
    collect(&mock, folder.path(), 2).await.unwrap();
    assert_eq!(written(folder.path()), ["a", "b"]);
    let last = mock.asked();
    let last = last
        .iter()
        .rfind(|asked| asked.starts_with(&format!("WATCH {EVENTS}?")))
        .unwrap();
    assert!(last.contains("resourceVersion=20"), "{last}");
}

#[tokio::test(start_paused = true)]
async fn a_right_that_is_missing_is_named() {
    let (mock, folder) = (Mock::default(), tempfile::tempdir().unwrap());
    mock.answer(&format!("GET {PODS}"), [Answer::Status(403, 0)]);
    let error = collect(&mock, folder.path(), 1).await.unwrap_err();
    let CollectError::Cluster { source } = error else {
        panic!("{error}");
    };
    let sentence = source.to_string();
    assert!(
        sentence.contains(r#"resources: ["pods"], verbs: ["watch"]"#),
        "{sentence}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_second_api_of_events_may_be_missing() {
    let (mock, folder) = (Mock::default(), tempfile::tempdir().unwrap());
    mock.answer(&format!("GET {EVENTS_V1}"), [Answer::Status(404, 0)]);
    mock.answer(
        &format!("GET {EVENTS}"),
        [Answer::Document(list(&[event("a", 5)], "5"))],
    );
    let collected = collect(&mock, folder.path(), 1).await.unwrap();
    assert_eq!(collected.notes.len(), 1);
    assert_eq!(written(folder.path()), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn long_lists_come_in_pages() {
    let (mock, folder) = (Mock::default(), tempfile::tempdir().unwrap());
    let mut first = list(&[event("a", 5)], "9");
    first["metadata"]["continue"] = "token".into();
    let pages = [
        Answer::Document(first),
        Answer::Document(list(&[event("b", 6)], "9")),
    ];
    mock.answer(&format!("GET {EVENTS}"), pages);
    collect(&mock, folder.path(), 2).await.unwrap();
    assert_eq!(written(folder.path()), ["a", "b"]);
    let asked = mock.asked();
    assert!(
        asked
            .iter()
            .any(|asked| asked.starts_with(&format!("GET {EVENTS}?"))
                && asked.contains("continue=token"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_list_that_a_kill_cut_short_is_made_up_for() {
    let (mock, folder) = (Mock::default(), tempfile::tempdir().unwrap());
    // Lists come by name, not by age: of this one the later event was written, and the earlier one not any more.
    let mut kept = event("b", 20);
    kept["metadata"]["managedFields"] = Value::Null;
    std::fs::write(folder.path().join("events.jsonl"), format!("{kept}\n")).unwrap();
    let both = [event("a", 10), event("b", 20)];
    mock.answer(
        &format!("GET {EVENTS}"),
        [Answer::Document(list(&both, "25"))],
    );
    let news = vec![line("ADDED", event("c", 26))];
    mock.answer(&format!("WATCH {EVENTS}"), [Answer::Open(news)]);
    collect(&mock, folder.path(), 2).await.unwrap();
    assert_eq!(written(folder.path()), ["b", "a", "c"]);
    let asked = mock.asked();
    let watch = asked
        .iter()
        .find(|asked| asked.starts_with(&format!("WATCH {EVENTS}?")));
    assert!(watch.unwrap().contains("resourceVersion=20"), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn events_that_expire_are_nothing_new() {
    let (mock, folder) = (Mock::default(), tempfile::tempdir().unwrap());
    let lines = vec![
        line("ADDED", event("a", 20)),
        line("DELETED", event("a", 21)),
        line("ADDED", event("b", 22)),
    ];
    mock.answer(&format!("WATCH {EVENTS}"), [Answer::Open(lines)]);
    let collected = collect(&mock, folder.path(), 2).await.unwrap();
    assert_eq!(written(folder.path()), ["a", "b"]);
    assert_eq!((collected.written, collected.repeated), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_right_that_is_taken_back_ends_it_with_the_reason() {
    let (mock, folder) = (Mock::default(), tempfile::tempdir().unwrap());
    let pod = json!({"metadata": {"uid": "p", "name": "p", "resourceVersion": "5"}});
    let watches = [
        Answer::Lines(vec![line("ADDED", pod)]),
        Answer::Status(403, 0),
    ];
    mock.answer(&format!("WATCH {PODS}"), watches);
    let options = CollectOptions::new(folder.path());
    let mut collector = Collector::start(&mock.cluster(), &options).await.unwrap();
    let error = collector.ended().await;
    let CollectError::Cluster { source } = error else {
        panic!("{error}");
    };
    assert!(source.to_string().contains("pods"), "{source}");
}
