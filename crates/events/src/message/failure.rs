//! Why pulls fail.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::status::statuses;

/// What made a pull fail, as far as the kubelet's words tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailureClass {
    /// The registry refused the credentials, or wanted some.
    Auth,
    /// There is no such repository, tag or platform.
    NotFound,
    /// The registry answered 429 or `toomanyrequests`.
    RateLimit,
    /// The kubelet's own limit: `pull QPS exceeded`.
    KubeletThrottle,
    /// The registry answered with a status of 500 and above.
    ServerError,
    /// The connection was reset, refused or cut, a name did not resolve, TLS failed, or nothing came in time.
    Connection,
    /// The node's disk is full.
    NoSpace,
    /// The reference cannot be parsed.
    InvalidName,
    /// Anything else.
    Other,
}

/// What no server and no network says, but the kubelet, the disk or the parser of references.
const BEFORE_ALL_ELSE: &[(FailureClass, &[&str])] = &[
    (FailureClass::KubeletThrottle, &["pull qps exceeded"]),
    (
        FailureClass::NoSpace,
        &["no space left on device", "disk quota exceeded"],
    ),
    (
        FailureClass::InvalidName,
        &[
            "invalid reference format",
            "couldn't parse image",
            "could not parse image",
        ],
    ),
];

/// Words of registries, and of networks when no registry spoke.
const WORDS: &[(FailureClass, &[&str])] = &[
    (
        FailureClass::RateLimit,
        &[
            "toomanyrequests",
            "too many requests",
            "pull rate limit",
            "rate limited",
            "rate limit exceeded",
            "rate exceeded",
        ],
    ),
    (
        FailureClass::Auth,
        &[
            "unauthorized",
            "unauthenticated",
            "authentication required",
            "authorization failed",
            "not authorized",
            "no basic auth credentials",
            "denied",
        ],
    ),
    (
        FailureClass::NotFound,
        &[
            "manifest unknown",
            "manifest_unknown",
            "name unknown",
            "name_unknown",
            "no match for platform",
            "no image found in manifest list",
            "does not exist",
            "not found",
        ],
    ),
    (
        FailureClass::ServerError,
        &[
            "internal server error",
            "bad gateway",
            "service unavailable",
            "gateway timeout",
            "gateway time-out",
        ],
    ),
    (
        FailureClass::Connection,
        &[
            "connection reset",
            "connection refused",
            "connection error",
            "connection lost",
            "closed network connection",
            "broken pipe",
            "unexpected eof",
            ": eof",
            "timeout",
            "timed out",
            "deadline exceeded",
            "deadlineexceeded",
            "no such host",
            "name resolution",
            "server misbehaving",
            "no route to host",
            "network is unreachable",
            "tls handshake",
            "tls: ",
            "x509: ",
            "http response to https client",
            "stream error",
            "registry is unavailable",
            "registryunavailable",
        ],
    ),
];

/// Sound like a registry's words, and are not.
const MISLEADING: &[&str] = &[
    // A file on the node.
    "permission denied",
    "executable file not found",
    // The node has lost a layer that the registry still has.
    "content digest _: not found",
    // The class of the call; what was not found comes behind it.
    "code = notfound",
];

impl FailureClass {
    /// All classes.
    pub const ALL: &[Self] = &[
        Self::Auth,
        Self::NotFound,
        Self::RateLimit,
        Self::KubeletThrottle,
        Self::ServerError,
        Self::Connection,
        Self::NoSpace,
        Self::InvalidName,
        Self::Other,
    ];

    /// Returns the class's name as it stands in files, such as `rate_limit`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::NotFound => "not_found",
            Self::RateLimit => "rate_limit",
            Self::KubeletThrottle => "kubelet_throttle",
            Self::ServerError => "server_error",
            Self::Connection => "connection",
            Self::NoSpace => "no_space",
            Self::InvalidName => "invalid_name",
            Self::Other => "other",
        }
    }

    /// Returns the class of a failure that a container runtime describes.
    ///
    /// Known are the words of containerd, CRI-O, Docker and the registries behind them. Where a text has words
    /// of several classes, the first of these wins:
    ///
    /// 1. what is no registry's doing: the kubelet's own limit, a full disk, a reference that cannot be parsed;
    /// 2. an HTTP status: 429, then 401 and 403, then 404, then 500 and above;
    /// 3. words: of a rate limit, of authorization, of what is not found, of a server, of a connection.
    ///
    /// So `pull access denied, repository does not exist or may require authorization` is [`FailureClass::Auth`]: a
    /// registry that says so does not tell which. A number is a status only where its words say so (`503 Service
    /// Unavailable`, `status code: 503`), not in a digest, a size or a tag; image names and addresses are
    /// not searched for words.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_events::FailureClass;
    ///
    /// let text = "failed to resolve reference \"docker.io/library/timeout:503\": docker.io/library/timeout:503: not found";
    /// assert_eq!(FailureClass::of(text), FailureClass::NotFound);
    /// ```
    #[must_use]
    pub fn of(text: &str) -> Self {
        let words = searchable(text);
        class_by_words(BEFORE_ALL_ELSE, &words)
            .or_else(|| class_by_status(&words))
            .or_else(|| class_by_words(WORDS, &words))
            .unwrap_or(Self::Other)
    }
}

fn class_by_words(table: &[(FailureClass, &[&str])], text: &str) -> Option<FailureClass> {
    let has_any = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let (class, _) = table.iter().find(|(_, words)| has_any(words))?;
    Some(*class)
}

/// Where a text has several statuses, the class that stands first in [`WORDS`] wins.
fn class_by_status(text: &str) -> Option<FailureClass> {
    let class = |status| match status {
        429 => Some(FailureClass::RateLimit),
        401 | 403 => Some(FailureClass::Auth),
        404 => Some(FailureClass::NotFound),
        500..=599 => Some(FailureClass::ServerError),
        _ => None,
    };
    let rank = |class: &FailureClass| WORDS.iter().position(|(other, _)| other == class);
    statuses(text)
        .into_iter()
        .filter_map(class)
        .min_by_key(rank)
}

/// Lowers the letters, and leaves out what only looks like words: references, addresses, and what misleads.
fn searchable(text: &str) -> String {
    let mut words = String::with_capacity(text.len() + 1);
    for word in text.split_whitespace() {
        if is_name(word) {
            words.push('_');
            // The colon that ends a name belongs to the sentence: `"https://a/v2/": EOF`.
            words.push_str(if word.ends_with(':') { ": " } else { " " });
        } else {
            words.push_str(&word.to_ascii_lowercase());
            words.push(' ');
        }
    }
    MISLEADING
        .iter()
        .fold(words, |words, phrase| words.replace(phrase, "_"))
}

/// References and addresses have a slash, digests their algorithm. A brace begins a registry's JSON.
fn is_name(word: &str) -> bool {
    let has_mark = word.contains(['/', '@']) || word.contains("sha256:");
    has_mark && !word.contains('{')
}

impl fmt::Display for FailureClass {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::FailureClass::{
        Auth, Connection, InvalidName, KubeletThrottle, NoSpace, NotFound, Other, RateLimit,
        ServerError,
    };
    use super::*;

    /// What follows `Failed to pull image "X": `, as containerd, CRI-O and Docker write it.
    const MESSAGES: &[(FailureClass, &str)] = &[
        // containerd.
        (
            Auth,
            "failed to pull and unpack image \"ghcr.io/a/b:1\": failed to resolve reference \"ghcr.io/a/b:1\": failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token?scope=repository%3Aa%2Fb%3Apull&service=ghcr.io: 401 Unauthorized",
        ),
        (
            Auth,
            "rpc error: code = Unknown desc = failed to pull and unpack image \"docker.io/a/b:1\": failed to resolve reference \"docker.io/a/b:1\": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
        ),
        (
            Auth,
            "failed to resolve reference \"1.dkr.ecr.us-east-1.amazonaws.com/a:1\": pulling from host 1.dkr.ecr.us-east-1.amazonaws.com failed with status code [manifests 1]: 403 Forbidden",
        ),
        (
            Auth,
            "failed to resolve reference \"1.dkr.ecr.us-east-1.amazonaws.com/a:1\": authorization failed: no basic auth credentials",
        ),
        (
            NotFound,
            "rpc error: code = NotFound desc = failed to pull and unpack image \"docker.io/library/a:500\": failed to resolve reference \"docker.io/library/a:500\": docker.io/library/a:500: not found",
        ),
        (
            NotFound,
            "rpc error: code = NotFound desc = failed to pull and unpack image \"quay.io/a/b:1\": no match for platform in manifest: not found",
        ),
        (
            RateLimit,
            "rpc error: code = Unknown desc = failed to pull and unpack image \"docker.io/a/b:1\": failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/a/b/manifests/sha256:404401: 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit.",
        ),
        (
            RateLimit,
            "failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://auth.docker.io/token: 429 Too Many Requests",
        ),
        (
            ServerError,
            "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://auth.docker.io/token: 503 Service Unavailable",
        ),
        (
            ServerError,
            "failed to resolve reference \"a.example/b:404\": unexpected status from HEAD request to https://a.example/v2/b/manifests/404: 530 ",
        ),
        (
            ServerError,
            "failed to copy: httpReadSeeker: failed open: unexpected status code https://a.example/v2/b/blobs/sha256:429: 500 Internal Server Error",
        ),
        (
            Connection,
            "failed to do request: Head \"https://a.example/v2/b/manifests/401\": dial tcp: lookup a.example on 10.0.0.10:53: no such host",
        ),
        (
            Connection,
            "failed to authorize: failed to fetch anonymous token: Get \"https://auth.docker.io/token\": dial tcp 10.0.0.1:443: i/o timeout",
        ),
        (
            Connection,
            "failed to do request: Head \"https://a.example/v2/b/manifests/1\": EOF",
        ),
        (
            Connection,
            "failed to copy: httpReadSeeker: failed open: failed to do request: Get \"https://a.example/v2/b\": net/http: TLS handshake timeout",
        ),
        (
            Connection,
            "failed to copy: read tcp 10.0.0.2:50400->10.0.0.1:443: read: connection reset by peer",
        ),
        (
            Connection,
            "failed to do request: Head \"https://a.example/v2/\": dial tcp 127.0.0.1:443: connect: connection refused",
        ),
        (
            Connection,
            "rpc error: code = DeadlineExceeded desc = context deadline exceeded",
        ),
        (
            Connection,
            "failed to do request: Head \"https://a.example/v2/\": tls: failed to verify certificate: x509: certificate signed by unknown authority",
        ),
        (Connection, "failed to copy: unexpected EOF"),
        (
            NoSpace,
            "failed to pull and unpack image \"a.example/b:1\": failed to extract layer sha256:00: write /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/9/fs/a: no space left on device: unknown",
        ),
        (NoSpace, "write /var/lib/containerd/a: disk quota exceeded"),
        (
            InvalidName,
            "couldn't parse image reference \"A:B\": invalid reference format: repository name must be lowercase",
        ),
        (KubeletThrottle, "pull QPS exceeded"),
        (
            Other,
            "failed to unpack image on snapshotter overlayfs: failed to extract layer sha256:404: failed to get reader from content store: content digest sha256:401: not found",
        ),
        (
            Other,
            "failed commit on ref \"layer-sha256:00\": \"layer-sha256:00\" failed size validation: 404 != 5000: failed precondition",
        ),
        (
            Other,
            "unexpected commit digest sha256:500, expected sha256:503: failed precondition",
        ),
        (Other, "mkdir /var/lib/containerd/a: permission denied"),
        (Other, "rpc error: code = Canceled desc = context canceled"),
        (Other, "expected 429 bytes, got 503"),
        (Other, ""),
        // CRI-O.
        (
            Auth,
            "rpc error: code = Unknown desc = Error reading manifest latest in docker.io/a/b: errors: denied: requested access to the resource is denied unauthorized: authentication required",
        ),
        (
            Auth,
            "rpc error: code = Unknown desc = initializing source docker://a.example/b:1: Requesting bearer token: invalid status code from registry 403 (Forbidden)",
        ),
        (
            Auth,
            "reading manifest 1 in quay.io/a/b: unauthorized: access to the requested resource is not authorized",
        ),
        (
            NotFound,
            "rpc error: code = Unknown desc = reading manifest v9 in registry.example/a: manifest unknown: manifest unknown",
        ),
        (
            NotFound,
            "choosing image instance: no image found in manifest list for architecture \"arm64\", variant \"v8\", OS \"linux\"",
        ),
        (
            RateLimit,
            "rpc error: code = Unknown desc = Error reading manifest latest in docker.io/library/a: toomanyrequests: You have reached your pull rate limit.",
        ),
        (
            ServerError,
            "reading blob sha256:404: fetching blob: received unexpected HTTP status: 502 Bad Gateway",
        ),
        (
            Connection,
            "pinging container registry a.example: Get \"https://a.example/v2/\": http: server gave HTTP response to HTTPS client",
        ),
        (
            Connection,
            "RegistryUnavailable: pinging container registry a.example",
        ),
        // Docker.
        (
            Auth,
            "Error response from daemon: pull access denied for a, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
        ),
        (
            Auth,
            "Error response from daemon: Get https://a.example/v2/b/manifests/1: denied: Permission \"artifactregistry.repositories.downloadArtifacts\" denied on resource",
        ),
        (
            NotFound,
            "Error response from daemon: manifest for redis:503 not found: manifest unknown: manifest unknown",
        ),
        (
            NotFound,
            "Error: Status 404 trying to pull repository a/b: \"{\\\"error\\\": \\\"gone\\\"}\"",
        ),
        (
            ServerError,
            "error parsing HTTP 500 response body: invalid character '<' looking for beginning of value",
        ),
        (
            Connection,
            "Error response from daemon: Get https://registry-1.docker.io/v2/: net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)",
        ),
    ];

    #[test]
    fn each_message_has_its_class() {
        for &(class, text) in MESSAGES {
            assert_eq!(FailureClass::of(text), class, "{text}");
        }
    }

    #[test]
    fn a_class_is_told_in_json_too() {
        let text =
            r#"unexpected status: {"errors":[{"code":"NAME_UNKNOWN","detail":{"name":"a/b"}}]}"#;
        assert_eq!(FailureClass::of(text), NotFound);
    }

    #[test]
    fn names_are_not_searched() {
        for name in [
            "a.example/unauthorized:1",
            "a.example/timeout@sha256:404",
            "docker.io/denied/eof:429",
        ] {
            let text = format!("failed to pull and unpack image \"{name}\": {name}: something new");
            assert_eq!(FailureClass::of(&text), Other, "{text}");
        }
    }
}
