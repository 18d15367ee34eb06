//! Manifests and configs that a scripted server knows, and what fetching them leaves.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use pullstudy_image::{
    Archive, ArchiveWriter, Descriptor, Digest, Manifest, MediaType, Missing, Reference, TagContent,
};
use pullstudy_registry::{FetchOptions, FetchOutcome, FetchProgress, FetchedTag};
use tempfile::TempDir;

use crate::scripted::{Scripted, not_found, ok, reply};
use crate::small_image::client;

/// A registry of one repository, `a/b`, that counts what it is asked for.
#[derive(Clone, Default)]
pub(crate) struct Content {
    /// Answers by what stands behind `/v2/a/b/`.
    pub(crate) answers: HashMap<String, String>,
}

impl Content {
    pub(crate) fn manifest(&mut self, name: &str, bytes: &[u8]) -> Digest {
        let digest = Digest::of(bytes);
        let body = String::from_utf8(bytes.to_vec()).unwrap();
        let headers = format!("docker-content-digest: {digest}\r\ncontent-type: text/plain\r\n");
        for name in [name.to_owned(), digest.to_string()] {
            let answer = reply("200 OK", &headers, &body);
            self.answers.insert(format!("manifests/{name}"), answer);
        }
        digest
    }

    pub(crate) fn config(&mut self, bytes: &str) -> Descriptor {
        let digest = Digest::of(bytes.as_bytes());
        self.answers.insert(format!("blobs/{digest}"), ok(bytes));
        Descriptor::new(MediaType::ImageConfig, digest, bytes.len() as u64)
    }

    /// An image of one layer, with a config of its own.
    pub(crate) fn image(&mut self, number: u64) -> Manifest {
        let config = format!(r#"{{"os":"linux","architecture":"arch{number}","rootfs":{{}}}}"#);
        let config = self.config(&config);
        let layer = Digest::of(&number.to_le_bytes());
        let layer = Descriptor::new(MediaType::ImageLayerGzip, layer, number);
        let manifest = Manifest::new(&config, &[layer], &BTreeMap::new());
        self.manifest(&manifest.digest().to_string(), manifest.raw());
        manifest
    }

    pub(crate) fn tag(&mut self, tag: &str, bytes: &[u8]) {
        self.manifest(tag, bytes);
        let tags = self.answers.remove("tags/list?n=1000");
        let tags = tags.map_or_else(String::new, |answer| {
            let (_, body) = answer.split_once("\r\n\r\n").unwrap();
            format!(
                "{},",
                body.trim_start_matches("{\"tags\":[")
                    .trim_end_matches("]}")
            )
        });
        let body = format!("{{\"tags\":[{tags}\"{tag}\"]}}");
        self.answers.insert("tags/list?n=1000".into(), ok(&body));
    }

    pub(crate) async fn serve(&self) -> Scripted {
        let answers = self.answers.clone();
        Scripted::start(move |path| {
            let path = path.strip_prefix("/v2/a/b/").unwrap();
            answers.get(path).cloned().unwrap_or_else(not_found)
        })
        .await
    }
}

pub(crate) fn tags_of(server: &Scripted, tags: &[&str]) -> Vec<Reference> {
    let reference = server.reference();
    tags.iter()
        .map(|tag| reference.with_tag(tag).unwrap())
        .collect()
}

pub(crate) fn quietly(_: FetchProgress<'_>) {}

pub(crate) async fn fetch(
    dir: &Path,
    references: &[Reference],
    options: &FetchOptions,
) -> Vec<FetchedTag> {
    let archive = ArchiveWriter::create(dir).unwrap();
    client()
        .fetch_manifests(references, &archive, options, &quietly)
        .await
        .unwrap()
}

pub(crate) async fn fetch_all(dir: &Path, server: &Scripted) -> Vec<FetchedTag> {
    let mut options = FetchOptions::default();
    options.all_tags = true;
    fetch(dir, &[server.reference()], &options).await
}

pub(crate) fn outcomes(rows: &[FetchedTag]) -> Vec<FetchOutcome> {
    rows.iter().map(|row| row.outcome).collect()
}

pub(crate) fn only_missing(row: &FetchedTag) -> &Missing {
    assert_eq!(row.missing.len(), 1, "{row:?}");
    &row.missing[0]
}

pub(crate) fn contents(dir: &TempDir) -> BTreeMap<String, TagContent> {
    let archive = Archive::open(dir.path()).unwrap();
    let repository = archive.repositories().next().unwrap().unwrap();
    let tags = repository.tags().iter();
    tags.map(|tag| (tag.name(), repository.read(tag))).collect()
}
