//! Image configs of archives: read as far as they can be understood.

use serde_json::Value;

use crate::{DiffId, Digest, Platform};

/// A config of an archive: its bytes, and what can be understood of them.
///
/// Configs in the wild lack what the specification requires (nothing but `os` in old Windows images), or spell it
/// another way (`rootfS`), which Go's case-insensitive JSON reader never noticed. So nothing here fails: what cannot
/// be understood is absent, and [`json`](Self::json) has all of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ArchivedConfig {
    raw: Vec<u8>,
    digest: Option<Digest>,
    json: Value,
}

/// One step of an image's making.
///
/// # Source
///
/// OCI image-spec 1.1, config.md, "history".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoryEntry {
    /// The command, as the builder wrote it.
    pub created_by: Option<String>,
    /// When, as the builder wrote it.
    pub created: Option<String>,
    /// What the builder noted.
    pub comment: Option<String>,
    /// Whether the step made no layer.
    pub empty_layer: bool,
}

impl ArchivedConfig {
    /// Reads a config. `digest` is that of `raw`, where these are the bytes that the registry stores.
    pub fn new(raw: Vec<u8>, digest: Option<Digest>) -> Self {
        let json = serde_json::from_slice(&raw).unwrap_or_default();
        Self { raw, digest, json }
    }

    /// Returns the bytes as they stand in the archive. They are the registry's only where there is a
    /// [`digest`](Self::digest).
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Returns the digest of the bytes, which was checked; nothing where the original bytes are not known.
    pub fn digest(&self) -> Option<Digest> {
        self.digest
    }

    /// Returns all the config says; [`Value::Null`] where it is no JSON, as for artifacts that are no images.
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// Returns what the image runs on, if both system and architecture are named.
    pub fn platform(&self) -> Option<Platform> {
        let text = |key| Some(self.field(key)?.as_str()?.to_owned());
        Some(Platform {
            os: text("os")?,
            architecture: text("architecture")?,
            variant: text("variant"),
        })
    }

    /// Returns the diff_ids of the layers, first to last; nothing where they are not listed, or one is no digest.
    pub fn diff_ids(&self) -> Option<Vec<DiffId>> {
        let listed = field(self.field("rootfs")?, "diff_ids")?.as_array()?;
        listed.iter().map(|id| id.as_str()?.parse().ok()).collect()
    }

    /// Returns the steps of the image's making, first to last; none where the builder kept none.
    pub fn history(&self) -> Vec<HistoryEntry> {
        let steps = self.field("history").and_then(Value::as_array);
        steps.into_iter().flatten().map(history_entry).collect()
    }

    /// Returns what the image says of how it is run: `Env`, `Entrypoint`, `Labels`, `User` and so on.
    pub fn setting(&self, key: &str) -> Option<&Value> {
        field(self.field("config")?, key)
    }

    /// Returns a label of the image.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.setting("Labels")?.get(key)?.as_str()
    }

    /// Returns a field of the config, such as `created`, by its name in whatever case. Null counts as absent.
    pub fn field(&self, key: &str) -> Option<&Value> {
        field(&self.json, key)
    }
}

/// The exact name wins over one in another case.
fn field<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    let object = value.as_object()?;
    let other_case = || {
        object
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))
    };
    object
        .get(key)
        .or_else(|| other_case().map(|(_, value)| value))
        .filter(|value| !value.is_null())
}

fn history_entry(step: &Value) -> HistoryEntry {
    let text = |key| Some(field(step, key)?.as_str()?.to_owned());
    HistoryEntry {
        created_by: text("created_by"),
        created: text("created"),
        comment: text("comment"),
        empty_layer: field(step, "empty_layer")
            .and_then(Value::as_bool)
            .unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> ArchivedConfig {
        ArchivedConfig::new(text.into(), None)
    }

    #[test]
    fn keys_are_found_in_whatever_case() {
        let id = DiffId::of(b"tar");
        let windows = format!(
            r#"{{"os":"windows","architecture":"amd64","rootfS":{{"diff_ids":["{id}"]}},"config":{{"user":"root","labels":{{"a":"b"}}}}}}"#
        );
        let windows = config(&windows);
        assert_eq!(windows.diff_ids(), Some(vec![id]));
        assert_eq!(windows.platform().unwrap().to_string(), "windows/amd64");
        assert_eq!(windows.setting("User").unwrap(), "root");
        assert_eq!(windows.label("a"), Some("b"));
        let both = config(r#"{"OS":"other","os":"linux","Architecture":"arm"}"#);
        assert_eq!(both.platform().unwrap().to_string(), "linux/arm");
    }

    #[test]
    fn what_is_not_there_or_odd_is_absent() {
        for text in [
            "",
            "<html>",
            "null",
            "[1]",
            "{}",
            r#"{"os":null}"#,
            r#"{"os":1,"architecture":"amd64","rootfs":{"diff_ids":["sha256:short"]},"history":7,"config":[]}"#,
        ] {
            let config = config(text);
            assert_eq!(config.platform(), None, "{text}");
            assert_eq!(config.diff_ids(), None, "{text}");
            assert_eq!(config.history(), [], "{text}");
            assert_eq!(config.label("a"), None, "{text}");
            assert_eq!(config.raw(), text.as_bytes());
        }
    }

    #[test]
    fn history_tells_which_steps_made_no_layer() {
        let config = config(
            r#"{"history":[{"created_by":"ADD rootfs"},{"created_by":"ENV A=b","empty_layer":true},{}]}"#,
        );
        let history = config.history();
        let empty: Vec<_> = history.iter().map(|entry| entry.empty_layer).collect();
        assert_eq!(empty, [false, true, false]);
        assert_eq!(history[1].created_by.as_deref(), Some("ENV A=b"));
    }
}
