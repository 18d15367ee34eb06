//! Why pulls fail.

use std::fmt;

use serde::{Deserialize, Serialize};

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
    /// The connection was reset, refused or cut, a name did not resolve, or nothing came in time.
    Connection,
    /// The node's disk is full.
    NoSpace,
    /// The reference cannot be parsed.
    InvalidName,
    /// Anything else.
    Other,
}

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
}

impl fmt::Display for FailureClass {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}
