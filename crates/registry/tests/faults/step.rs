//! What a request wants, by distribution-spec 1.1.

use crate::http::Request;

/// The kinds of requests that faults tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Step {
    Token,
    Base,
    CheckDocument,
    ReadDocument,
    WriteDocument,
    CheckBlob,
    ReadBlob,
    StartUpload,
    SendChunk,
    AskUpload,
    EndUpload,
    CancelUpload,
    Tags,
    Referrers,
    Unknown,
}

/// A request's kind, its repository, and what it names there: a tag, a digest, an upload.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) step: Step,
    pub(crate) repository: String,
    pub(crate) name: String,
}

impl Target {
    pub(crate) fn of(request: &Request) -> Self {
        let path = request.path.strip_prefix("/v2/").unwrap_or(&request.path);
        let parted = |middle: &str| {
            let (repository, name) = path.split_once(middle)?;
            Some((repository.to_owned(), name.to_owned()))
        };
        let method = request.method.as_str();
        let kinds = [
            ("/manifests/", document_step(method)),
            ("/blobs/uploads/", upload_step(method)),
            ("/blobs/", blob_step(method)),
            ("/tags/list", Step::Tags),
            ("/referrers/", Step::Referrers),
        ];
        let found = kinds.into_iter().find_map(|(middle, step)| {
            let (repository, name) = parted(middle)?;
            Some(Self {
                step,
                repository,
                name,
            })
        });
        found.unwrap_or_else(|| Self {
            step: match request.path.as_str() {
                "/token" => Step::Token,
                "/v2/" => Step::Base,
                _ => Step::Unknown,
            },
            repository: String::new(),
            name: String::new(),
        })
    }
}

fn document_step(method: &str) -> Step {
    match method {
        "HEAD" => Step::CheckDocument,
        "GET" => Step::ReadDocument,
        "PUT" => Step::WriteDocument,
        _ => Step::Unknown,
    }
}

fn upload_step(method: &str) -> Step {
    match method {
        "POST" => Step::StartUpload,
        "PATCH" => Step::SendChunk,
        "GET" => Step::AskUpload,
        "PUT" => Step::EndUpload,
        "DELETE" => Step::CancelUpload,
        _ => Step::Unknown,
    }
}

fn blob_step(method: &str) -> Step {
    match method {
        "HEAD" => Step::CheckBlob,
        "GET" => Step::ReadBlob,
        _ => Step::Unknown,
    }
}
