//! Logs, made line by line, and what is read of them.

use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;

use pullstudy_events::{EventLogs, FoundLogs, Health, Layout, Pull, ReadOptions};
use serde_json::{Value, json};

/// An event of container `app` of a pod, as an exporter prints it.
pub(crate) fn event(pod: &str, reason: &str, message: &str, second: u32) -> Value {
    let at = format!("2024-11-10T06:{:02}:{:02}Z", second / 60 % 60, second % 60);
    json!({
        "metadata": {"name": format!("{pod}.1"), "namespace": "default", "uid": format!("{pod}/{reason}/{second}")},
        "reason": reason,
        "message": message,
        "source": {"component": "kubelet", "host": "node-1"},
        "firstTimestamp": at,
        "lastTimestamp": at,
        "count": 1,
        "involvedObject": {
            "kind": "Pod", "namespace": "default", "name": pod, "uid": format!("uid of {pod}"),
            "fieldPath": "spec.containers{app}",
        },
    })
}

/// `Pulling` and `Pulled` of a pod, two seconds apart.
pub(crate) fn pull(pod: &str, second: u32) -> [Value; 2] {
    let pulled = "Successfully pulled image \"app:1\" in 1.5s (2s including waiting). Image size: 100 bytes.";
    [
        event(pod, "Pulling", "Pulling image \"app:1\"", second),
        event(pod, "Pulled", pulled, second + 2),
    ]
}

/// One JSON text a line.
pub(crate) fn lines<'a>(values: impl IntoIterator<Item = &'a Value>) -> String {
    let lines = values.into_iter().map(|value| format!("{value}\n"));
    lines.collect()
}

/// Reads one log.
pub(crate) fn read(log: impl AsRef<[u8]>) -> (Vec<Pull>, Health) {
    read_stream(Cursor::new(log.as_ref().to_owned()))
}

/// Reads one log that need not be in memory.
pub(crate) fn read_stream(log: impl Read + Send + 'static) -> (Vec<Pull>, Health) {
    let mut found = FoundLogs::default();
    found.add_stream("-", log);
    read_found(found)
}

/// Reads logs of these names out of a folder.
pub(crate) fn read_files<B: AsRef<[u8]>>(files: &[(&str, B)]) -> (Vec<Pull>, Health) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    read_folder(folder.path())
}

/// Reads the logs of a folder.
pub(crate) fn read_folder(folder: &Path) -> (Vec<Pull>, Health) {
    read_found(FoundLogs::find(&[folder], &Layout::default()).unwrap())
}

fn read_found(found: FoundLogs) -> (Vec<Pull>, Health) {
    let logs = EventLogs::read(found, &ReadOptions::default());
    let pulls = logs.pulls();
    let health = logs.health(&pulls);
    (pulls, health)
}
