//! What the tested program asked of the API server, by the server's own audit log.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A request of the users [`Study`](crate::User::Study) or [`Guest`](crate::User::Guest), once for each.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// Who asked.
    pub user: String,
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete` or `deletecollection`.
    pub verb: String,
    /// What was asked for, its query included.
    pub uri: String,
    /// The program that asked, as it calls itself.
    pub user_agent: String,
    /// When it came, in RFC 3339 with microseconds, in UTC: these sort as they follow each other.
    pub received_at: String,
    /// How it was answered.
    pub status: u16,
}

/// Why requests could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadRequestsError {
    /// The log could not be read.
    #[error("failed to read {}", path.display())]
    Read {
        /// The log.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A line of the log is no event of an audit.
    #[error("line {line} of {} is no audit event", path.display())]
    Parse {
        /// The log.
        path: PathBuf,
        /// The line's number, from one.
        line: usize,
        /// Why not.
        source: serde_json::Error,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AuditEvent {
    stage: String,
    verb: String,
    #[serde(rename = "requestURI")]
    request_uri: String,
    user: AuditUser,
    #[serde(default)]
    user_agent: String,
    request_received_timestamp: String,
    response_status: Option<ResponseStatus>,
}

#[derive(Deserialize)]
struct AuditUser {
    username: String,
}

#[derive(Deserialize)]
struct ResponseStatus {
    #[serde(default)]
    code: u16,
}

/// Reads the requests of the log at `path`, in the order in which they were answered. A line that is not complete yet is
/// left for the next time.
pub(crate) fn read(path: &Path) -> Result<Vec<Request>, ReadRequestsError> {
    let text = fs::read_to_string(path).map_err(|source| ReadRequestsError::Read {
        path: path.to_owned(),
        source,
    })?;
    let complete = text.rfind('\n').map_or("", |end| &text[..end]);
    let mut requests = Vec::new();
    for (index, line) in complete.lines().enumerate() {
        let event = serde_json::from_str(line).map_err(|source| ReadRequestsError::Parse {
            path: path.to_owned(),
            line: index + 1,
            source,
        })?;
        requests.extend(request(event));
    }
    Ok(requests)
}

/// A watch is logged when it begins and when it ends; all others when they end.
fn request(event: AuditEvent) -> Option<Request> {
    let counts = if event.verb == "watch" {
        "ResponseStarted"
    } else {
        "ResponseComplete"
    };
    (event.stage == counts).then(|| Request {
        user: event.user.username,
        verb: event.verb,
        uri: event.request_uri,
        user_agent: event.user_agent,
        received_at: event.request_received_timestamp,
        status: event.response_status.map_or(0, |status| status.code),
    })
}
