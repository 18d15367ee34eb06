//! Requests: addressed, authenticated, waited for, and sent again where that may help.
//!
//! No request of `oci-client` is fit for this: each is preceded by one to `/v2/` (a round trip that containerd does
//! not make), a blob is hashed where its bytes arrive, a manifest is read whatever its size, a failure loses its
//! status, a token is for one repository (so nothing is ever mounted) and none is renewed on the way.

mod body;
mod error;
mod issuer;
mod login;
mod request;
mod words;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use pullstudy_image::Reference;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Method, Response, StatusCode, Url};
use tokio::time::{sleep, timeout};

use crate::auth::{Credential, Tokens};
use crate::observer::TransferEvent;
use crate::rate_limit::RateLimit;
use crate::retry::{Attempts, retry_after};
use crate::{ClientOptions, NewClientError};
use words::RegistryError;

pub(crate) use body::{Chunks, Payload, Pulse, StreamError};
pub use error::TransportError;
pub(crate) use error::root_cause;
pub(crate) use request::{Request, Target};

/// The start of an error's body that is read for its code and message.
const MAX_ERROR_BYTES: usize = 64 << 10;

/// How often one request logs in.
const MAX_LOGINS: usize = 2;

/// As many as browsers follow, more than any registry needs.
const MAX_REDIRECTS: usize = 10;

/// Connections to registries, and what they granted.
pub(crate) struct Transport {
    /// For plain HTTP.
    plain: reqwest::Client,
    /// For TLS. Made when it is first needed: reading a machine's certificates takes longer than copying a small image.
    tls: OnceLock<Result<reqwest::Client, String>>,
    shared: Arc<Shared>,
}

/// What does not belong to a connection.
struct Shared {
    options: ClientOptions,
    tokens: Tokens,
    /// By registry; asked for once.
    credentials: tokio::sync::Mutex<HashMap<String, Option<Credential>>>,
    rate_limits: Mutex<HashMap<String, RateLimit>>,
    /// Held while a list of referrers is read, changed and written.
    listing: tokio::sync::Mutex<()>,
}

impl Transport {
    pub(crate) fn new(options: ClientOptions) -> Result<Self, NewClientError> {
        Self::sharing(Arc::new(Shared {
            options,
            tokens: Tokens::default(),
            credentials: tokio::sync::Mutex::default(),
            rate_limits: Mutex::default(),
            listing: tokio::sync::Mutex::default(),
        }))
    }

    /// Returns a transport that shares tokens and credentials with this one, but no connection.
    pub(crate) fn with_own_connections(&self) -> Result<Self, NewClientError> {
        Self::sharing(Arc::clone(&self.shared))
    }

    fn sharing(shared: Arc<Shared>) -> Result<Self, NewClientError> {
        let plain = builder(&shared.options).tls_certs_only([]).build();
        let plain = plain.map_err(|error| NewClientError {
            source: root_cause(&error),
        })?;
        Ok(Self {
            plain,
            tls: OnceLock::new(),
            shared,
        })
    }

    /// Waits until no other list of referrers is being changed.
    pub(crate) async fn listing(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.shared.listing.lock().await
    }

    /// Returns the client for an address.
    fn http(&self, registry: &str, url: &Url) -> Result<&reqwest::Client, TransportError> {
        if url.scheme() == "http" {
            return Ok(&self.plain);
        }
        let made = self.tls.get_or_init(|| with_tls(&self.shared.options));
        made.as_ref().map_err(|cause| TransportError::Connect {
            registry: registry.to_owned(),
            source: format!(
                "{cause}; install certificates of authorities (on Debian: ca-certificates)"
            )
            .into(),
        })
    }

    pub(crate) fn options(&self) -> &ClientOptions {
        &self.shared.options
    }

    /// Asks for `path` of the reference's repository, again where that may help.
    pub(crate) async fn request(
        &self,
        method: Method,
        reference: &Reference,
        path: &str,
        accept: &'static str,
    ) -> Result<Response, TransportError> {
        let request = Request::read(method, reference, Target::Path(path)).accept(accept);
        self.send(&request).await
    }

    /// Sends a request until it succeeds, or until trying again is of no use.
    pub(crate) async fn send(&self, request: &Request<'_>) -> Result<Response, TransportError> {
        let mut attempts = self.attempts();
        loop {
            match self.send_once(request).await {
                Ok(response) => return Ok(response),
                Err(error) => self.pause(&mut attempts, error).await?,
            }
        }
    }

    pub(crate) fn attempts(&self) -> Attempts {
        Attempts::new(self.shared.options.retry)
    }

    /// Waits before the next try; gives the error back when there is none.
    pub(crate) async fn pause(
        &self,
        attempts: &mut Attempts,
        error: TransportError,
    ) -> Result<(), TransportError> {
        if !error.is_retryable() {
            return Err(error);
        }
        let Some(wait) = attempts.next_wait(error.retry_after()) else {
            return Err(match attempts.tries() {
                1 => error,
                tries => TransportError::GaveUp {
                    tries,
                    source: Box::new(error),
                },
            });
        };
        self.shared.options.observer.tell(&TransferEvent::Retry {
            error: &error,
            tries: attempts.tries(),
            wait,
        });
        sleep(wait).await;
        Ok(())
    }

    /// Sends a request once, or again where the registry first wants a token, and returns a success.
    pub(crate) async fn send_once(
        &self,
        request: &Request<'_>,
    ) -> Result<Response, TransportError> {
        let reference = request.reference;
        let url = self.address(request)?;
        let own = same_origin(&url, &self.url(reference, "")?);
        let (registry, repository) = (reference.registry(), reference.repository());
        let known = self
            .shared
            .tokens
            .known(registry, repository, &request.access);
        let mut shown = known.filter(|_| own);
        // Twice, for the token that another request has just got may have ended on the way.
        for _ in 0..MAX_LOGINS {
            let response = self.dispatch(request, &url, shown.as_ref()).await?;
            let refused = response.status() == StatusCode::UNAUTHORIZED;
            if !(refused && own && same_origin(response.url(), &url)) {
                return self.successful(reference, response).await;
            }
            let value = self.log_in(request, &response, shown.as_ref()).await?;
            if shown.replace(value.clone()).as_ref() == Some(&value) {
                return Err(self.unauthorized(reference).await);
            }
        }
        let response = self.dispatch(request, &url, shown.as_ref()).await?;
        if response.status() == StatusCode::UNAUTHORIZED {
            return Err(self.unauthorized(reference).await);
        }
        self.successful(reference, response).await
    }

    /// Sends a request, and follows redirects: credentials stay with their host, and TLS is not left.
    async fn dispatch(
        &self,
        request: &Request<'_>,
        url: &Url,
        token: Option<&HeaderValue>,
    ) -> Result<Response, TransportError> {
        let (mut url, mut token) = (url.clone(), token);
        for _ in 0..=MAX_REDIRECTS {
            let response = self.dispatch_to(request, &url, token).await?;
            let Some(next) = redirected(&response) else {
                return Ok(response);
            };
            if next.scheme() != "https" && url.scheme() == "https" {
                return Err(protocol(request, "it redirects from TLS to plain HTTP"));
            }
            token = token.filter(|_| same_origin(&next, &url));
            url = next;
        }
        Err(protocol(request, "it redirects in a circle"))
    }

    async fn dispatch_to(
        &self,
        request: &Request<'_>,
        url: &Url,
        token: Option<&HeaderValue>,
    ) -> Result<Response, TransportError> {
        let registry = request.reference.registry();
        let mut outgoing = self
            .http(registry, url)?
            .request(request.method.clone(), url.clone())
            .headers(request.headers.clone());
        if let Some(token) = token {
            outgoing = outgoing.header(AUTHORIZATION, token);
        }
        let pulse = Pulse::default();
        if let Some(body) = request.payload.open(&pulse) {
            outgoing = outgoing.body(body);
        }
        let sent = outgoing.send();
        let answered = match request.payload {
            Payload::Empty => self.wait(request.reference, sent).await,
            _ => self.wait_while_sending(registry, sent, &pulse).await,
        };
        let response = match answered {
            Err(error) if error.is_unknown_authority() => {
                return Err(error.naming(self.authority_of(url).await));
            }
            answered => answered?,
        };
        self.note_rate_limit(registry, response.headers());
        Ok(response)
    }

    /// Asks who signed a certificate that is not trusted. Nothing but the question is sent, and nothing that is
    /// answered is believed.
    async fn authority_of(&self, url: &Url) -> Option<String> {
        let stranger = builder(&self.shared.options)
            .tls_info(true)
            .tls_danger_accept_invalid_certs(true)
            .build()
            .ok()?;
        let question = stranger.head(url.join("/v2/").ok()?).send();
        let answer = timeout(self.shared.options.connect_timeout, question)
            .await
            .ok()?;
        let answer = answer.ok()?;
        let tls: &reqwest::tls::TlsInfo = answer.extensions().get()?;
        issuer::issuer(tls.peer_certificate()?)
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
        let retry_after = retry_after(response.headers());
        let said = self.first_error(reference, response).await;
        let (code, message) = said.map_or((None, None), |error| (error.code, error.message));
        Err(TransportError::Status {
            registry,
            status: status.as_u16(),
            code,
            message,
            retry_after,
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
        RegistryError::read(&body)
    }

    /// Waits for the registry, but not longer than it may be silent.
    pub(crate) async fn wait<T>(
        &self,
        reference: &Reference,
        answer: impl Future<Output = Result<T, reqwest::Error>>,
    ) -> Result<T, TransportError> {
        let limit = self.shared.options.stall_timeout;
        let registry = reference.registry();
        match timeout(limit, answer).await {
            Ok(result) => result.map_err(|error| TransportError::of_request(registry, &error)),
            Err(_) => Err(stalled(registry, limit)),
        }
    }

    /// Waits for the answer to a body: as long as its bytes flow, and then as long as storing them may take.
    async fn wait_while_sending(
        &self,
        registry: &str,
        answer: impl Future<Output = Result<Response, reqwest::Error>>,
        pulse: &Pulse,
    ) -> Result<Response, TransportError> {
        let mut answer = std::pin::pin!(answer);
        loop {
            let (before, sent) = (pulse.count(), pulse.is_sent());
            let limit = match sent {
                true => self.shared.options.commit_timeout,
                false => self.shared.options.stall_timeout,
            };
            match timeout(limit, &mut answer).await {
                Ok(result) => {
                    return result.map_err(|error| TransportError::of_request(registry, &error));
                }
                Err(_) if pulse.count() != before => {}
                Err(_) => return Err(stalled(registry, limit)),
            }
        }
    }

    fn note_rate_limit(&self, registry: &str, headers: &HeaderMap) {
        let Some(limit) = RateLimit::read(headers) else {
            return;
        };
        self.options()
            .observer
            .tell(&TransferEvent::RateLimit { registry, limit });
        let mut limits = self
            .shared
            .rate_limits
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        limits.insert(registry.to_owned(), limit);
    }

    pub(crate) fn rate_limit(&self, registry: &str) -> Option<RateLimit> {
        let limits = self
            .shared
            .rate_limits
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        limits.get(registry).copied()
    }

    fn address(&self, request: &Request<'_>) -> Result<Url, TransportError> {
        match &request.target {
            Target::Path(path) => self.url(request.reference, path),
            Target::Url(url) => Ok(self.secured(request.reference, url.clone())?),
        }
    }

    /// Registries behind a proxy that ends TLS give addresses of their own in plain HTTP.
    fn secured(&self, reference: &Reference, mut url: Url) -> Result<Url, TransportError> {
        let own = self.url(reference, "")?;
        if own.scheme() == "https" && url.scheme() == "http" && own.host_str() == url.host_str() {
            // Both cannot fail: the scheme is a web scheme, and the port one of the host's.
            let _ = url.set_scheme("https");
            let _ = url.set_port(own.port());
        }
        Ok(url)
    }

    /// Returns the address of `path` below the reference's repository.
    pub(crate) fn url(&self, reference: &Reference, path: &str) -> Result<Url, TransportError> {
        let registry = reference.registry();
        let scheme = if self.is_plain(reference) {
            "http"
        } else {
            "https"
        };
        let host = match registry {
            // Docker Hub's name and the host of its registry differ.
            "docker.io" => "registry-1.docker.io",
            host => host,
        };
        let repository = reference.repository();
        Url::parse(&format!("{scheme}://{host}/v2/{repository}/{path}")).map_err(|source| {
            TransportError::Connect {
                registry: registry.to_owned(),
                source: source.into(),
            }
        })
    }

    fn is_plain(&self, reference: &Reference) -> bool {
        match self.shared.options.plain_http {
            crate::PlainHttp::Loopback => {
                reference.is_loopback() && self.shared.options.certificate_authorities.is_empty()
            }
            crate::PlainHttp::Never => false,
            crate::PlainHttp::Always => true,
        }
    }
}

fn stalled(registry: &str, waited: Duration) -> TransportError {
    TransportError::Stalled {
        registry: registry.to_owned(),
        waited,
    }
}

fn same_origin(a: &Url, b: &Url) -> bool {
    a.origin() == b.origin()
}

fn given(options: &ClientOptions) -> Vec<reqwest::Certificate> {
    let authorities = options.certificate_authorities.iter();
    authorities
        .flat_map(|authority| authority.certificates.iter().cloned())
        .collect()
}

fn builder(options: &ClientOptions) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .connect_timeout(options.connect_timeout)
        .user_agent(concat!("pullstudy/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        // A library does not read HTTP_PROXY behind its caller's back, and loopback needs none.
        .no_proxy()
}

/// Trusts the authorities given, and the machine's where it has any.
fn with_tls(options: &ClientOptions) -> Result<reqwest::Client, String> {
    let given = given(options);
    let all = builder(options).tls_certs_merge(given.clone()).build();
    let made = match all {
        Err(_) if !given.is_empty() => builder(options).tls_certs_only(given).build(),
        made => made,
    };
    made.map_err(|error| root_cause(&error).to_string())
}

/// Returns where an answer sends the request to.
fn redirected(response: &Response) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    response.url().join(location).ok()
}

fn protocol(request: &Request<'_>, problem: &'static str) -> TransportError {
    TransportError::Protocol {
        registry: request.reference.registry().to_owned(),
        problem,
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    fn url(reference: &str, options: ClientOptions) -> String {
        let transport = Transport::new(options).unwrap();
        transport
            .url(&reference.parse().unwrap(), "tags/list")
            .unwrap()
            .to_string()
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
        let transport = Transport::new(ClientOptions::default()).unwrap();
        transport.tls.set(Err("no certificates".into())).unwrap();
        let http = |url: &str| transport.http("r", &url.parse().unwrap());
        assert!(http("http://127.0.0.1:5000/").is_ok());
        let error = http("https://ghcr.io/").unwrap_err();
        let remedy = error.source().unwrap().to_string();
        assert!(remedy.contains("ca-certificates"), "{remedy}");
    }

    #[test]
    fn an_own_address_in_plain_http_is_secured() {
        let transport = Transport::new(ClientOptions::default()).unwrap();
        let reference = "ghcr.io/a/b".parse().unwrap();
        let secured = |url: &str| {
            transport
                .secured(&reference, url.parse().unwrap())
                .unwrap()
                .to_string()
        };
        assert_eq!(
            secured("http://ghcr.io/v2/x?y=z"),
            "https://ghcr.io/v2/x?y=z"
        );
        assert_eq!(secured("http://ghcr.io:80/v2"), "https://ghcr.io/v2");
        assert_eq!(secured("http://elsewhere/x"), "http://elsewhere/x");
    }
}
