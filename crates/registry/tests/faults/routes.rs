//! The honest answers of a registry, by distribution-spec 1.1.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::access::{Auth, Tokens};
use crate::http::{Answer, Request};
use crate::step::{Step, Target};
use crate::store::{Refusal, Store};

/// In what honest registries differ.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) auth: Auth,
    /// How many tags a page has, unless the client wants fewer.
    pub(crate) tags_a_page: usize,
    /// Whether `Location` and `Link` name the host.
    pub(crate) absolute: bool,
    pub(crate) min_chunk: Option<usize>,
    pub(crate) mounts: bool,
    /// Whether `Range` is understood.
    pub(crate) ranges: bool,
}

/// An honest registry.
pub(crate) struct Registry {
    pub(crate) rules: Rules,
    pub(crate) address: SocketAddr,
    /// Shared with the hosts that this one sends clients to.
    store: Arc<Mutex<Store>>,
    tokens: Mutex<Tokens>,
}

impl Registry {
    pub(crate) fn new(address: SocketAddr, rules: Rules, store: Arc<Mutex<Store>>) -> Self {
        Self {
            rules,
            address,
            store,
            tokens: Mutex::default(),
        }
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn expire_tokens(&self) {
        self.tokens().expire();
    }

    fn tokens(&self) -> MutexGuard<'_, Tokens> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a request without access is told, before its body is read.
    pub(crate) fn refusal(&self, request: &Request, target: &Target) -> Option<Answer> {
        if matches!(target.step, Step::Token | Step::Unknown) {
            return None;
        }
        let mut tokens = self.tokens();
        tokens.refusal(self.rules.auth, request, target, self.address)
    }

    pub(crate) fn answer(&self, request: &Request, target: &Target, body: Vec<u8>) -> Answer {
        let answered = match target.step {
            Step::Token => Ok(self.tokens().issue(request)),
            Step::Base => Ok(Answer::new(200).body("{}")),
            Step::CheckDocument | Step::ReadDocument => self.read_document(target),
            Step::WriteDocument => self.write_document(request, target, body),
            Step::CheckBlob | Step::ReadBlob => self.read_blob(request, target),
            Step::StartUpload => self.start_upload(request, target, body),
            Step::SendChunk => self.send_chunk(request, target, &body),
            Step::AskUpload => self.upload_state(target, 204),
            Step::EndUpload => self.end_upload(request, target, &body),
            Step::CancelUpload => {
                self.store().cancel_upload(&target.name);
                Ok(Answer::new(204))
            }
            Step::Tags => self.tags(request, target),
            Step::Referrers | Step::Unknown => Err(Refusal(404, "NOT_FOUND", "no such page")),
        };
        answered.unwrap_or_else(refused)
    }

    fn read_document(&self, target: &Target) -> Result<Answer, Refusal> {
        let found = self.store().document(&target.repository, &target.name);
        let unknown = Refusal(404, "MANIFEST_UNKNOWN", "manifest unknown");
        let (digest, media_type, bytes) = found.ok_or(unknown)?;
        Ok(Answer::new(200)
            .with("content-type", media_type)
            .with("docker-content-digest", digest)
            .body(bytes.to_vec()))
    }

    fn write_document(
        &self,
        request: &Request,
        target: &Target,
        body: Vec<u8>,
    ) -> Result<Answer, Refusal> {
        let media_type = request.header("content-type");
        let untyped = Refusal(400, "MANIFEST_INVALID", "a manifest needs a content type");
        let (repository, which) = (&target.repository, &target.name);
        let digest =
            self.store()
                .put_document(repository, which, media_type.ok_or(untyped)?, body)?;
        let location = self.location(&format!("/v2/{repository}/manifests/{digest}"));
        Ok(Answer::new(201)
            .with("location", location)
            .with("docker-content-digest", digest))
    }

    fn read_blob(&self, request: &Request, target: &Target) -> Result<Answer, Refusal> {
        let blob = self.store().blob(&target.repository, &target.name);
        let blob = blob.ok_or(Refusal(404, "BLOB_UNKNOWN", "blob unknown to registry"))?;
        let answer = Answer::new(200).with("docker-content-digest", &target.name);
        let range = request.header("range").filter(|_| self.rules.ranges);
        let Some(range) = range else {
            return Ok(answer.body(blob.to_vec()));
        };
        let wanted = byte_range(range, blob.len());
        let (start, end) = wanted.ok_or(Refusal(416, "RANGE_INVALID", "no such range"))?;
        let content_range = format!("bytes {start}-{end}/{}", blob.len());
        let partial = Answer {
            status: 206,
            ..answer
        };
        Ok(partial
            .with("content-range", content_range)
            .body(&blob[start..=end]))
    }

    fn start_upload(
        &self,
        request: &Request,
        target: &Target,
        body: Vec<u8>,
    ) -> Result<Answer, Refusal> {
        let repository = &target.repository;
        let mut store = self.store();
        let mount = request.query.get("mount").filter(|_| self.rules.mounts);
        if let (Some(digest), Some(from)) = (mount, request.query.get("from"))
            && store.mount(from, repository, digest)
        {
            return Ok(self.created(target, digest));
        }
        if let Some(digest) = request.query.get("digest") {
            store.put_blob(repository, digest, body)?;
            return Ok(self.created(target, digest));
        }
        let name = store.start_upload();
        drop(store);
        let started = Target {
            name,
            ..target.clone()
        };
        let answer = self.upload_state(&started, 202)?;
        Ok(match self.rules.min_chunk {
            Some(bytes) => answer.with("oci-chunk-min-length", bytes),
            None => answer,
        })
    }

    fn send_chunk(
        &self,
        request: &Request,
        target: &Target,
        body: &[u8],
    ) -> Result<Answer, Refusal> {
        if self.is_out_of_order(request, target)? {
            return self.upload_state(target, 416);
        }
        self.store().append(&target.name, body)?;
        self.upload_state(target, 202)
    }

    fn end_upload(
        &self,
        request: &Request,
        target: &Target,
        body: &[u8],
    ) -> Result<Answer, Refusal> {
        if self.is_out_of_order(request, target)? {
            return self.upload_state(target, 416);
        }
        let digest = request.query.get("digest");
        let digest = digest.ok_or(Refusal(400, "DIGEST_INVALID", "no digest was given"))?;
        let mut store = self.store();
        store.append(&target.name, body)?;
        store.finish_upload(&target.name, &target.repository, digest)?;
        Ok(self.created(target, digest))
    }

    /// Tells whether a chunk starts elsewhere than where the upload is.
    fn is_out_of_order(&self, request: &Request, target: &Target) -> Result<bool, Refusal> {
        let uploaded = self.store().uploaded(&target.name)?;
        let start = request.header("content-range").and_then(|range| {
            let start = range.trim_start_matches("bytes ").split('-').next()?;
            start.parse::<usize>().ok()
        });
        Ok(start.is_some_and(|start| start != uploaded))
    }

    fn upload_state(&self, target: &Target, status: u16) -> Result<Answer, Refusal> {
        let Target {
            repository, name, ..
        } = target;
        let uploaded = self.store().uploaded(name)?;
        let path = format!("/v2/{repository}/blobs/uploads/{name}?_state={uploaded}");
        Ok(Answer::new(status)
            .with("location", self.location(&path))
            .with("docker-upload-uuid", name)
            // Registries say 0-0 for nothing as well as for one byte.
            .with("range", format!("0-{}", uploaded.saturating_sub(1))))
    }

    fn created(&self, target: &Target, digest: &str) -> Answer {
        let path = format!("/v2/{}/blobs/{digest}", target.repository);
        Answer::new(201)
            .with("location", self.location(&path))
            .with("docker-content-digest", digest)
    }

    fn tags(&self, request: &Request, target: &Target) -> Result<Answer, Refusal> {
        let store = self.store();
        let unknown = Refusal(404, "NAME_UNKNOWN", "repository name not known to registry");
        let repository = store.repositories.get(&target.repository).ok_or(unknown)?;
        let wanted = request.query.get("n").and_then(|n| n.parse().ok());
        let length = self.rules.tags_a_page.min(wanted.unwrap_or(usize::MAX));
        let last = request.query.get("last").map_or("", String::as_str);
        let mut rest = repository.tags.keys().filter(|tag| tag.as_str() > last);
        let page: Vec<&String> = rest.by_ref().take(length).collect();
        let body = serde_json::json!({"name": target.repository, "tags": page});
        let answer = Answer::new(200)
            .with("content-type", "application/json")
            .body(body.to_string());
        Ok(match (rest.next(), page.last()) {
            (Some(_), Some(last)) => {
                let path = format!("/v2/{}/tags/list?n={length}&last={last}", target.repository);
                answer.with("link", format!("<{}>; rel=\"next\"", self.location(&path)))
            }
            _ => answer,
        })
    }

    /// What registries answer that know of no pages, and link to the next one all the same.
    pub(crate) fn all_tags(&self, target: &Target) -> Answer {
        let store = self.store();
        let repository = store.repositories.get(&target.repository);
        let tags = repository.map(|repository| repository.tags.keys());
        let tags: Vec<&String> = tags.into_iter().flatten().collect();
        let body = serde_json::json!({"name": target.repository, "tags": tags});
        let last = tags.last().map_or("", |tag| tag.as_str());
        let path = format!("/v2/{}/tags/list?n=1&last={last}", target.repository);
        let link = format!("<{}>; rel=\"next\"", self.location(&path));
        let answer = Answer::new(200).with("content-type", "application/json");
        answer.with("link", link).body(body.to_string())
    }

    fn location(&self, path: &str) -> String {
        if self.rules.absolute {
            format!("http://{}{path}", self.address)
        } else {
            path.to_owned()
        }
    }
}

fn refused(Refusal(status, code, message): Refusal) -> Answer {
    let body = serde_json::json!({"errors": [{"code": code, "message": message}]});
    Answer::new(status)
        .with("content-type", "application/json")
        .body(body.to_string())
}

/// Reads `bytes=start-` and `bytes=start-end`, both ends included.
fn byte_range(text: &str, size: usize) -> Option<(usize, usize)> {
    let (start, end) = text.strip_prefix("bytes=")?.split_once('-')?;
    let last = size.checked_sub(1)?;
    let start = start.parse().ok()?;
    let end = end.parse().unwrap_or(last).min(last);
    (start <= end).then_some((start, end))
}
