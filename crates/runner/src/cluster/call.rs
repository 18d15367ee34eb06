//! One request, sent again for as long as its failure may pass.

use std::future::Future;
use std::time::Duration;

use kube::Error;
use tokio::time::Instant;

use super::problem::{ClusterError, words};

/// The first pause, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// How long an API server may be away, for an upgrade of its machine, before a study gives up.
const PATIENCE: Duration = Duration::from_secs(600);

/// What is asked of the cluster, for messages, and how long it is tried.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    verb: &'static str,
    resource: &'static str,
    group: &'static str,
    namespace: Option<String>,
    patience: Duration,
}

/// Pauses that grow from one failure to the next.
#[derive(Debug, Default)]
pub(crate) struct Pause {
    failures: u32,
}

impl Call {
    pub(crate) fn new(verb: &'static str, resource: &'static str, group: &'static str) -> Self {
        Self {
            verb,
            resource,
            group,
            namespace: None,
            patience: PATIENCE,
        }
    }

    pub(crate) fn within(mut self, namespace: &str) -> Self {
        self.namespace = Some(namespace.to_owned());
        self
    }

    /// A first request tells quickly that there is no cluster.
    pub(crate) fn impatient(mut self) -> Self {
        self.patience = Duration::from_secs(20);
        self
    }

    /// Sends a request until it succeeds, fails for good, or patience ends.
    pub(crate) async fn send<T, F>(&self, mut request: impl FnMut() -> F) -> Result<T, ClusterError>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let start = Instant::now();
        let mut pause = Pause::default();
        loop {
            let error = match request().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let wait = pause.after(&error);
            if !is_passing(&error) || start.elapsed() + wait > self.patience {
                return Err(self.failed(error, start.elapsed()));
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Says what a failure means.
    pub(crate) fn failed(&self, error: Error, waited: Duration) -> ClusterError {
        let status = match &error {
            Error::Api(status) if !is_passing(&error) => status,
            _ => {
                return ClusterError::Unreachable {
                    verb: self.verb,
                    resource: self.resource,
                    waited_seconds: waited.as_secs(),
                    source: error.into(),
                };
            }
        };
        match status.code {
            401 => ClusterError::Unauthorized {
                message: words(status),
            },
            // Quotas and admission answer 403 too; their messages say so.
            403 if status.message.contains("cannot ") => ClusterError::Forbidden {
                verb: self.verb,
                resource: self.resource,
                group: self.group,
                namespace: self.namespace.clone(),
            },
            code => ClusterError::Refused {
                verb: self.verb,
                resource: self.resource,
                namespace: self.namespace.clone(),
                code,
                message: words(status),
            },
        }
    }
}

impl Pause {
    /// Returns how long to wait after one more failure: what the server asks for, or twice as long as before.
    pub(crate) fn after(&mut self, error: &Error) -> Duration {
        let (first, longest) = PAUSES;
        let grown = first
            .saturating_mul(2_u32.saturating_pow(self.failures))
            .min(longest);
        self.failures += 1;
        grown.max(asked_for(error).unwrap_or_default())
    }

    /// Something went well: the next failure is a first one.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// The pause that the server asks for.
fn asked_for(error: &Error) -> Option<Duration> {
    let Error::Api(status) = error else {
        return None;
    };
    let seconds = status.details.as_ref()?.retry_after_seconds;
    Some(Duration::from_secs(u64::from(seconds)))
}

/// Tells whether the same request may succeed later: the server is away, busy, or in trouble of its own.
pub(crate) fn is_passing(error: &Error) -> bool {
    match error {
        Error::Api(status) => matches!(status.code, 408 | 429 | 500 | 502 | 503 | 504),
        Error::HyperError(_) | Error::Service(_) | Error::ReadEvents(_) => true,
        // An answer cut short, or a proxy's page.
        Error::SerdeError(_) | Error::FromUtf8(_) => true,
        _ => false,
    }
}
