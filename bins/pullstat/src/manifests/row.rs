//! A row a tag.

use std::io::Write;

use pullstudy_console::terminal_width;
use pullstudy_image::{Missing, Platform};
use pullstudy_registry::FetchedTag;
use pullstudy_report::{Alignment, Column, Format, Table};
use serde::Serialize;

/// So many digits of a digest tell it from the others in a table.
const DIGITS: usize = 12;

/// What is printed of a tag. Keys are a contract.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    repository: String,
    /// Null for what was asked for by digest, and where the tags could not be listed.
    tag: Option<String>,
    digest: Option<String>,
    media_type: Option<String>,
    platforms: Vec<String>,
    /// Of all these platforms together, as are the bytes; null where nothing is known.
    layers: Option<usize>,
    wire_bytes: Option<u64>,
    outcome: &'static str,
    problem: Option<String>,
}

impl Row {
    pub(super) fn of(fetched: &FetchedTag) -> Self {
        let known = fetched.digest.is_some();
        let problem = fetched.missing.iter().map(in_words);
        let problem = problem.collect::<Vec<_>>().join("; ");
        Self {
            repository: fetched.repository.clone(),
            tag: fetched.tag.clone(),
            digest: fetched.digest.as_ref().map(ToString::to_string),
            media_type: fetched.media_type.clone(),
            platforms: fetched.platforms.iter().map(Platform::to_string).collect(),
            layers: known.then_some(fetched.layers),
            wire_bytes: known.then_some(fetched.wire_bytes),
            outcome: fetched.outcome.name(),
            problem: (!problem.is_empty()).then_some(problem),
        }
    }

    /// What is to be said of a tag that is not complete.
    pub(super) fn complaint(&self) -> Option<String> {
        let (problem, repository) = (self.problem.as_ref()?, &self.repository);
        Some(match (&self.tag, &self.digest) {
            (Some(tag), _) => format!("{repository}:{tag}: {problem}"),
            (None, Some(digest)) => format!("{repository}@{digest}: {problem}"),
            (None, None) => format!("{repository}: {problem}"),
        })
    }

    fn short_digest(&self) -> String {
        let digest = self.digest.as_deref().unwrap_or("-");
        let end = digest.find(':').map_or(0, |colon| colon + 1 + DIGITS);
        digest
            .get(..end)
            .filter(|_| end > 0)
            .unwrap_or(digest)
            .to_owned()
    }

    /// The kind of the document, without the words that all media types have.
    fn kind(&self) -> String {
        let Some(name) = &self.media_type else {
            return "-".to_owned();
        };
        match name.as_str() {
            "application/vnd.oci.image.index.v1+json" => "oci index".to_owned(),
            "application/vnd.oci.image.manifest.v1+json" => "oci manifest".to_owned(),
            "application/vnd.docker.distribution.manifest.list.v2+json" => "docker list".to_owned(),
            "application/vnd.docker.distribution.manifest.v2+json" => "docker manifest".to_owned(),
            other => other.trim_start_matches("application/vnd.").to_owned(),
        }
    }
}

/// Which part it is, where it is not the tag itself, and why it is not there.
fn in_words(missing: &Missing) -> String {
    let message = missing.message.as_deref();
    let why = message.unwrap_or_else(|| missing.reason.name());
    let Some(digest) = &missing.digest else {
        return why.to_owned();
    };
    let part = missing.part.name();
    match &missing.platform {
        Some(platform) => format!("{part} {digest} ({platform}): {why}"),
        None => format!("{part} {digest}: {why}"),
    }
}

/// Writes the rows.
pub(super) fn write(format: Format, rows: &[Row], out: &mut dyn Write) -> anyhow::Result<()> {
    let left = Alignment::Left;
    let columns = vec![
        Column::text("repository", "repository"),
        Column::text("tag", "tag"),
        Column::custom("digest", "digest", left, Row::short_digest),
        Column::custom("media_type", "kind", left, Row::kind),
        Column::custom("platforms", "platforms", left, |row: &Row| {
            row.platforms.join(", ")
        }),
        Column::count("layers", "layers"),
        Column::bytes("wire_bytes", "wire"),
        Column::text("outcome", "outcome"),
        Column::hidden("problem"),
    ];
    Table::new(columns)
        .within(terminal_width())
        .write(format, rows, out)?;
    Ok(())
}
