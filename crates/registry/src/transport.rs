//! Requests, and the ways they fail.
//!
//! `oci-client` does the handshake that gives a token (see [`crate::token`]). The requests themselves go out here,
//! because its own are unfit to be measured: to a registry without authentication each is preceded by one to `/v2/`
//! (a round trip that containerd does not make), a blob is hashed where its bytes arrive, a manifest is read
//! whatever its size, and a failure loses its status.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pullstudy_image::Reference;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use reqwest::{Method, Response, StatusCode};
use tokio::time::timeout;

use crate::token::anonymous_token;
use crate::{ClientOptions, NewClientError};

/// The start of an error's body that is read for its code and message.
const MAX_ERROR_BYTES: usize = 64 << 10;

/// A registry's own words are cut here: they become part of a sentence.
const MAX_MESSAGE_CHARS: usize = 300;

/// Why a registry did not give what was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// No connection came about: unknown host, refused, bad certificate.
    #[error("cannot connect to {registry}")]
    Connect {
        /// The registry's host and port.
        registry: String,
        /// The cause.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The registry sent nothing for too long.
    #[error("{registry} sent nothing for {} s", waited.as_secs_f64())]
    Stalled {
        /// The registry's host and port.
        registry: String,
        /// How long that was.
        waited: Duration,
    },
    /// The connection broke, or what came was no HTTP.
    #[error("the connection to {registry} broke")]
    Interrupted {
        /// The registry's host and port.
        registry: String,
        /// The cause.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The registry answered with a failure.
    #[error("{registry} answered with status {status}{}", message.as_ref().map(|message| format!(": {message}")).unwrap_or_default())]
    #[non_exhaustive]
    Status {
        /// The registry's host and port.
        registry: String,
        /// The HTTP status.
        status: u16,
        /// The code of the first error in the answer, such as `DENIED`.
        code: Option<String>,
        /// The message of the first error in the answer.
        message: Option<String>,
    },
    /// The registry wants credentials, or refuses those it got.
    #[error("{registry} gives no access: it wants credentials, or has no such repository")]
    Unauthorized {
        /// The registry's host and port.
        registry: String,
        /// What its token service said, if it was asked.
        source: Option<Box<dyn Error + Send + Sync>>,
    },
}

impl TransportError {
    /// Tells whether the same request may succeed later: after a broken, refused or stalled connection, and for the
    /// statuses 408, 429 and 5xx.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::Stalled { .. } | Self::Interrupted { .. } => true,
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500..=599),
            Self::Unauthorized { .. } => false,
        }
    }

    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Status { status: 404, .. })
    }
}

/// Connections to registries, and the tokens they gave.
pub(crate) struct Transport {
    http: reqwest::Client,
    /// Why only plain HTTP works, if so: this machine has no certificates of authorities.
    no_tls: Option<String>,
    options: ClientOptions,
    /// By registry and repository: a token is good for one repository.
    tokens: Mutex<HashMap<String, HeaderValue>>,
}

impl Transport {
    pub(crate) fn new(options: ClientOptions) -> Result<Self, NewClientError> {
        let mut no_tls = None;
        let http = builder(&options).build().or_else(|error| {
            // A fresh machine may lack them, and a registry on the machine itself needs none.
            no_tls = Some(root_cause(&error).to_string());
            builder(&options).tls_certs_only([]).build()
        });
        let http = http.map_err(|error| NewClientError {
            source: root_cause(&error),
        })?;
        Ok(Self {
            http,
            no_tls,
            options,
            tokens: Mutex::default(),
        })
    }

    pub(crate) fn options(&self) -> &ClientOptions {
        &self.options
    }

    /// Asks for `path` of the reference's repository and returns the answer, if it is a success.
    pub(crate) async fn request(
        &self,
        method: Method,
        reference: &Reference,
        path: &str,
        accept: &'static str,
    ) -> Result<Response, TransportError> {
        let known = self.token(reference);
        let response = self
            .send(&method, reference, path, accept, known.as_ref())
            .await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return self.successful(reference, response).await;
        }
        let token = anonymous_token(reference, &self.options).await?;
        self.remember(reference, &token);
        let response = self
            .send(&method, reference, path, accept, Some(&token))
            .await?;
        self.successful(reference, response).await
    }

    async fn send(
        &self,
        method: &Method,
        reference: &Reference,
        path: &str,
        accept: &'static str,
        token: Option<&HeaderValue>,
    ) -> Result<Response, TransportError> {
        let url = self.url(reference, path)?;
        let mut request = self
            .http
            .request(method.clone(), url)
            .header(ACCEPT, accept);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, token);
        }
        self.wait(reference, request.send()).await
    }

    async fn successful(
        &self,
        reference: &Reference,
        response: Response,
    ) -> Result<Response, TransportError> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let registry = reference.registry().to_owned();
        if status == StatusCode::UNAUTHORIZED {
            return Err(TransportError::Unauthorized {
                registry,
                source: None,
            });
        }
        let said = self.first_error(reference, response).await;
        let (code, message) = said.map_or((None, None), |error| (error.code, error.message));
        Err(TransportError::Status {
            registry,
            status: status.as_u16(),
            code,
            message: message.map(|message| printable(&message)),
        })
    }

    /// Reads what a failure's body says, if it is the JSON it should be.
    async fn first_error(
        &self,
        reference: &Reference,
        mut response: Response,
    ) -> Option<RegistryError> {
        let mut body = Vec::new();
        while let Ok(Some(chunk)) = self.wait(reference, response.chunk()).await {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_ERROR_BYTES {
                return None;
            }
        }
        let body: ErrorBody = serde_json::from_slice(&body).ok()?;
        body.errors.into_iter().next()
    }

    /// Waits for the registry, but not longer than it may be silent.
    pub(crate) async fn wait<T>(
        &self,
        reference: &Reference,
        answer: impl Future<Output = Result<T, reqwest::Error>>,
    ) -> Result<T, TransportError> {
        let limit = self.options.stall_timeout;
        match timeout(limit, answer).await {
            Ok(result) => result.map_err(|error| failure(reference, &error)),
            Err(_) => Err(TransportError::Stalled {
                registry: reference.registry().to_owned(),
                waited: limit,
            }),
        }
    }

    fn url(&self, reference: &Reference, path: &str) -> Result<String, TransportError> {
        let plain = self.options.plain_http.applies_to(reference);
        if let (false, Some(cause)) = (plain, &self.no_tls) {
            return Err(TransportError::Connect {
                registry: reference.registry().to_owned(),
                source: format!("{cause}; install them (on Debian: ca-certificates)").into(),
            });
        }
        let scheme = if plain { "http" } else { "https" };
        let host = match reference.registry() {
            // Docker Hub's name and the host of its registry differ.
            "docker.io" => "registry-1.docker.io",
            host => host,
        };
        let repository = reference.repository();
        Ok(format!("{scheme}://{host}/v2/{repository}/{path}"))
    }

    fn token(&self, reference: &Reference) -> Option<HeaderValue> {
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.get(&reference.name()).cloned()
    }

    fn remember(&self, reference: &Reference, token: &HeaderValue) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.insert(reference.name(), token.clone());
    }
}

fn builder(options: &ClientOptions) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .connect_timeout(options.connect_timeout)
        .user_agent(concat!("pullstudy/", env!("CARGO_PKG_VERSION")))
        // A library does not read HTTP_PROXY behind its caller's back, and loopback needs none.
        .no_proxy()
}

fn failure(reference: &Reference, error: &reqwest::Error) -> TransportError {
    let registry = reference.registry().to_owned();
    let source = root_cause(error);
    if error.is_connect() {
        TransportError::Connect { registry, source }
    } else {
        TransportError::Interrupted { registry, source }
    }
}

/// Keeps the innermost error, which says what happened; those around it only say that a request failed.
pub(crate) fn root_cause(error: &dyn Error) -> Box<dyn Error + Send + Sync> {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string().into()
}

/// What distribution-spec 1.1, "Error Codes", wants in the body of a failure.
#[derive(serde::Deserialize)]
struct ErrorBody {
    errors: Vec<RegistryError>,
}

#[derive(serde::Deserialize)]
struct RegistryError {
    code: Option<String>,
    message: Option<String>,
}

fn printable(message: &str) -> String {
    let plain = |char: char| if char.is_control() { ' ' } else { char };
    message.chars().map(plain).take(MAX_MESSAGE_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(reference: &str, options: ClientOptions) -> String {
        let mut transport = Transport::new(options).unwrap();
        transport.no_tls = None;
        transport
            .url(&reference.parse().unwrap(), "tags/list")
            .unwrap()
    }

    #[test]
    fn plain_http_is_for_loopback_alone() {
        let default = ClientOptions::default;
        assert_eq!(
            url("127.0.0.1:5000/a/b", default()),
            "http://127.0.0.1:5000/v2/a/b/tags/list"
        );
        assert_eq!(
            url("ghcr.io/a/b", default()),
            "https://ghcr.io/v2/a/b/tags/list"
        );
        assert_eq!(
            url("busybox", default()),
            "https://registry-1.docker.io/v2/library/busybox/tags/list"
        );
        let mut always = default();
        always.plain_http = crate::PlainHttp::Always;
        assert!(url("ghcr.io/a/b", always).starts_with("http://"));
    }

    #[test]
    fn without_certificates_only_plain_http_is_spoken() {
        let mut transport = Transport::new(ClientOptions::default()).unwrap();
        transport.no_tls = Some("no certificates".into());
        let url = |reference: &str| transport.url(&reference.parse().unwrap(), "tags/list");
        assert!(url("127.0.0.1:5000/a").is_ok());
        let error = url("ghcr.io/a/b").unwrap_err();
        let remedy = error.source().unwrap().to_string();
        assert!(remedy.contains("ca-certificates"), "{remedy}");
    }

    #[test]
    fn what_may_pass_is_retried() {
        let status = |status| TransportError::Status {
            registry: "r".into(),
            status,
            code: None,
            message: None,
        };
        for retried in [408, 429, 500, 503] {
            assert!(status(retried).is_retryable(), "{retried}");
        }
        for given_up in [400, 403, 404] {
            assert!(!status(given_up).is_retryable(), "{given_up}");
        }
    }

    #[test]
    fn a_message_cannot_break_the_line() {
        assert_eq!(printable("a\nb\u{1b}[31m"), "a b [31m");
        assert_eq!(printable(&"x".repeat(1000)).len(), MAX_MESSAGE_CHARS);
    }
}
