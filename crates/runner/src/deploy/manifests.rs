//! Documents for `kubectl apply`, as YAML or as one list.

use std::fmt::Write;

use k8s_openapi::Resource;
use serde::Serialize;
use serde_json::{Value, json};

use super::error::DeployError;

/// Client-side `kubectl apply` keeps a copy of each document in an annotation, and annotations have 256 KiB together.
const MOST_DOCUMENT_BYTES: usize = 240 * 1024;

/// The width of comments.
const COMMENT_COLUMNS: usize = 100;

/// What a helper does, what it may touch, and how it is taken back: a sentence each.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Touches {
    /// What it is for.
    pub purpose: String,
    /// What it may do in the API.
    pub rights: String,
    /// What it touches on nodes: host paths, privileges, services.
    pub nodes: String,
    /// How it is taken back.
    pub undo: String,
}

impl Touches {
    /// Returns one line with what may be touched, for whoever applies the documents.
    pub fn note(&self) -> String {
        let Self {
            rights,
            nodes,
            undo,
            ..
        } = self;
        format!("API rights: {rights} Nodes: {nodes} Undo: {undo}")
    }
}

/// The documents of a helper in the order in which they are to be created.
///
/// # Examples
///
/// ```
/// use pullstudy_runner::{Preload, Site};
///
/// let site = Site::new("pullstudy", "preload")?;
/// let manifests = Preload::new(vec!["busybox:1.37".parse()?]).manifests(&site)?;
/// let yaml = manifests.to_yaml();
/// assert!(yaml.starts_with("# preload: "));
/// assert!(yaml.contains("image: docker.io/library/busybox:1.37"));
/// assert_eq!(manifests.to_list()["items"][1]["kind"], "DaemonSet");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Manifests {
    name: String,
    touches: Touches,
    documents: Vec<Value>,
}

impl Manifests {
    /// Returns what the helper may touch.
    pub fn touches(&self) -> &Touches {
        &self.touches
    }

    /// Returns the documents as the API takes them.
    pub fn documents(&self) -> &[Value] {
        &self.documents
    }

    /// Returns the documents as one `List` of the API's version v1.
    pub fn to_list(&self) -> Value {
        json!({"apiVersion": "v1", "kind": "List", "items": self.documents})
    }

    /// Returns the documents as YAML, under a comment that says what they may touch.
    pub fn to_yaml(&self) -> String {
        let touches = &self.touches;
        let mut yaml = String::new();
        comment(&mut yaml, &format!("{}: {}", self.name, touches.purpose));
        comment(&mut yaml, &format!("API rights: {}", touches.rights));
        comment(&mut yaml, &format!("Nodes: {}", touches.nodes));
        comment(&mut yaml, &format!("Undo: {}", touches.undo));
        for document in &self.documents {
            let text = serde_saphyr::to_string(document)
                .expect("JSON has nothing that YAML could not hold");
            let _ = writeln!(yaml, "---\n{}", text.trim_end());
        }
        yaml
    }
}

/// Writes a comment of whole words, indented from its second line on.
fn comment(yaml: &mut String, text: &str) {
    let mut line = String::from("#");
    for word in text.split_whitespace() {
        if line.len() + 1 + word.len() > COMMENT_COLUMNS {
            let _ = writeln!(yaml, "{line}");
            line = String::from("#  ");
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(yaml, "{line}");
}

/// Documents as they are made, typed so that no field can have a wrong name.
#[derive(Default)]
pub(super) struct Documents(Vec<Value>);

impl Documents {
    /// Adds a document of the API.
    pub(super) fn add(&mut self, document: &(impl Resource + Serialize)) {
        let value = serde_json::to_value(document).expect("documents of the API are JSON");
        self.0.push(value);
    }

    /// Puts them together with what they may touch.
    pub(super) fn finish(self, name: &str, touches: Touches) -> Result<Manifests, DeployError> {
        self.0.iter().try_for_each(check_size)?;
        Ok(Manifests {
            name: name.to_owned(),
            touches,
            documents: self.0,
        })
    }
}

fn check_size(document: &Value) -> Result<(), DeployError> {
    let bytes = document.to_string().len();
    if bytes <= MOST_DOCUMENT_BYTES {
        return Ok(());
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Err(DeployError::TooLarge {
        kind: text(&document["kind"]),
        name: text(&document["metadata"]["name"]),
        bytes,
        most: MOST_DOCUMENT_BYTES,
    })
}
