//! What a registry holds, in memory, and the laws it keeps: digests are checked, uploads go on where they were.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pullstudy_image::Digest;

/// All repositories of one registry.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) repositories: BTreeMap<String, Repository>,
    uploads: BTreeMap<String, Vec<u8>>,
    next_upload: u64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Repository {
    pub(crate) blobs: BTreeMap<String, Arc<Vec<u8>>>,
    /// By digest: media type and bytes.
    pub(crate) documents: BTreeMap<String, (String, Arc<Vec<u8>>)>,
    pub(crate) tags: BTreeMap<String, String>,
}

/// Why a registry refuses: status, code, message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal(
    pub(crate) u16,
    pub(crate) &'static str,
    pub(crate) &'static str,
);

const NO_UPLOAD: Refusal = Refusal(404, "BLOB_UPLOAD_UNKNOWN", "no such upload");
const WRONG_DIGEST: Refusal = Refusal(400, "DIGEST_INVALID", "the digest is not that of the bytes");

impl Store {
    pub(crate) fn repository(&mut self, name: &str) -> &mut Repository {
        self.repositories.entry(name.to_owned()).or_default()
    }

    pub(crate) fn blob(&self, name: &str, digest: &str) -> Option<Arc<Vec<u8>>> {
        self.repositories.get(name)?.blobs.get(digest).cloned()
    }

    /// Finds a document by tag or digest: its digest, type and bytes.
    pub(crate) fn document(
        &self,
        name: &str,
        which: &str,
    ) -> Option<(String, String, Arc<Vec<u8>>)> {
        let repository = self.repositories.get(name)?;
        let digest = repository.tags.get(which).map_or(which, String::as_str);
        let (media_type, bytes) = repository.documents.get(digest)?;
        Some((digest.to_owned(), media_type.clone(), Arc::clone(bytes)))
    }

    pub(crate) fn mount(&mut self, from: &str, to: &str, digest: &str) -> bool {
        let found = self.blob(from, digest);
        if let Some(blob) = &found {
            let blobs = &mut self.repository(to).blobs;
            blobs.insert(digest.to_owned(), Arc::clone(blob));
        }
        found.is_some()
    }

    pub(crate) fn start_upload(&mut self) -> String {
        self.next_upload += 1;
        let id = format!("upload-{}", self.next_upload);
        self.uploads.insert(id.clone(), Vec::new());
        id
    }

    /// How much of an upload is there.
    pub(crate) fn uploaded(&self, id: &str) -> Result<usize, Refusal> {
        self.uploads.get(id).map(Vec::len).ok_or(NO_UPLOAD)
    }

    pub(crate) fn append(&mut self, id: &str, bytes: &[u8]) -> Result<(), Refusal> {
        let upload = self.uploads.get_mut(id).ok_or(NO_UPLOAD)?;
        upload.extend_from_slice(bytes);
        Ok(())
    }

    pub(crate) fn cancel_upload(&mut self, id: &str) {
        self.uploads.remove(id);
    }

    /// Makes an upload a blob. A registry forgets an upload whose digest is wrong.
    pub(crate) fn finish_upload(
        &mut self,
        id: &str,
        name: &str,
        digest: &str,
    ) -> Result<(), Refusal> {
        let bytes = self.uploads.remove(id).ok_or(NO_UPLOAD)?;
        self.put_blob(name, digest, bytes)
    }

    pub(crate) fn put_blob(
        &mut self,
        name: &str,
        digest: &str,
        bytes: Vec<u8>,
    ) -> Result<(), Refusal> {
        if Digest::of(&bytes).to_string() != digest {
            return Err(WRONG_DIGEST);
        }
        let blobs = &mut self.repository(name).blobs;
        blobs.insert(digest.to_owned(), Arc::new(bytes));
        Ok(())
    }

    /// Takes a manifest or an index whose parts are here; returns its digest.
    pub(crate) fn put_document(
        &mut self,
        name: &str,
        which: &str,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<String, Refusal> {
        let digest = Digest::of(&bytes).to_string();
        if which.contains(':') && which != digest {
            return Err(WRONG_DIGEST);
        }
        let repository = self.repository(name);
        if !repository.holds_parts_of(&bytes) {
            return Err(Refusal(404, "MANIFEST_BLOB_UNKNOWN", "a part is not here"));
        }
        repository.keep(&digest, media_type, bytes);
        if !which.contains(':') {
            repository.tags.insert(which.to_owned(), digest.clone());
        }
        Ok(digest)
    }
}

impl Repository {
    /// Keeps a document whatever it refers to.
    pub(crate) fn keep(&mut self, digest: &str, media_type: &str, bytes: Vec<u8>) {
        let document = (media_type.to_owned(), Arc::new(bytes));
        self.documents.insert(digest.to_owned(), document);
    }

    fn holds_parts_of(&self, document: &[u8]) -> bool {
        let Ok(json) = serde_json::from_slice::<serde_json::Value>(document) else {
            return false;
        };
        let digests = |key: &str| {
            let value = &json[key];
            let list = value
                .as_array()
                .cloned()
                .unwrap_or_else(|| vec![value.clone()]);
            let texts = list
                .into_iter()
                .filter_map(|part| part["digest"].as_str().map(str::to_owned));
            texts.collect::<BTreeSet<_>>()
        };
        let mut blobs = digests("config").into_iter().chain(digests("layers"));
        blobs.all(|digest| self.blobs.contains_key(&digest))
            && digests("manifests")
                .iter()
                .all(|digest| self.documents.contains_key(digest))
    }
}
