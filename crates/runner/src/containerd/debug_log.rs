//! What containerd's log tells of layers, where it is told to debug.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pullstudy_events::GoDuration;
use tokio::fs::{self, File};
use tokio::io::{AsyncReadExt, AsyncSeekExt, SeekFrom};

/// A file that containerd writes its log to, from where it was when it was opened.
#[derive(Clone, Debug)]
pub(super) struct DebugLog {
    path: PathBuf,
    from: u64,
}

impl DebugLog {
    /// Remembers where the file ends now.
    pub(super) async fn open(path: &Path) -> io::Result<Self> {
        let from = fs::metadata(path).await?.len();
        Ok(Self {
            path: path.to_owned(),
            from,
        })
    }

    /// Returns how long each layer took to be applied, by its digest, of what was written since.
    pub(super) async fn applied(&self) -> io::Result<HashMap<String, Duration>> {
        let mut file = File::open(&self.path).await?;
        let length = file.metadata().await?.len();
        // A file that has become shorter is a new one.
        let from = if length < self.from { 0 } else { self.from };
        file.seek(SeekFrom::Start(from)).await?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).await?;
        let text = String::from_utf8_lossy(&text);
        Ok(text.lines().filter_map(applied).collect())
    }
}

/// Reads a line of the log, in either of its two formats.
fn applied(line: &str) -> Option<(String, Duration)> {
    match line.find('{') {
        Some(start) if line.contains("\"msg\"") => applied_in_json(&line[start..]),
        _ => applied_in_text(line),
    }
}

fn applied_in_text(line: &str) -> Option<(String, Duration)> {
    if value(line, "msg")? != "diff applied" {
        return None;
    }
    let took: GoDuration = value(line, "d")?.parse().ok()?;
    let took = Duration::try_from_secs_f64(took.as_secs_f64()).ok()?;
    Some((value(line, "digest")?.to_owned(), took))
}

/// Returns what stands behind `key=`, without quotation marks. What containerd quotes here holds none itself.
fn value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let start = line.find(&format!(" {key}="))? + key.len() + 2;
    let rest = &line[start..];
    match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => rest.split(' ').next(),
    }
}

fn applied_in_json(text: &str) -> Option<(String, Duration)> {
    let line: serde_json::Value = serde_json::from_str(text).ok()?;
    if line.get("msg")? != "diff applied" {
        return None;
    }
    let took = Duration::from_nanos(line.get("d")?.as_u64()?);
    Some((line.get("digest")?.as_str()?.to_owned(), took))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_both_formats_are_read() {
        let text = "time=\"2026-11-23T04:59:40.054528764Z\" level=debug msg=\"diff applied\" d=303.916213ms \
                    digest=\"sha256:8a99\" media=application/vnd.oci.image.layer.v1.tar+gzip size=15000000";
        let expected = Some(("sha256:8a99".to_owned(), Duration::from_nanos(303_916_213)));
        assert_eq!(applied(text), expected);
        // As journalctl prints it.
        assert_eq!(
            applied(&format!("Nov 23 04:59:40 node-1 containerd[7]: {text}")),
            expected
        );
        let json = "{\"d\":303916213,\"digest\":\"sha256:8a99\",\"level\":\"debug\",\"msg\":\"diff applied\"}";
        assert_eq!(applied(json), expected);
    }

    #[test]
    fn other_lines_are_passed_over() {
        for line in [
            "",
            "{",
            "time=\"x\" level=debug msg=\"remove content\" key=\"sha256:6780\"",
            "time=\"x\" level=debug msg=\"diff applied\" d=soon digest=\"sha256:8a99\"",
            "{\"msg\":\"diff applied\",\"d\":\"soon\"}",
        ] {
            assert_eq!(applied(line), None, "{line}");
        }
    }
}
