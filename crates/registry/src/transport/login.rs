//! From a refusal to a token.

use pullstudy_image::Reference;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use reqwest::{Response, Url};
use tokio::task::spawn_blocking;

use super::{Request, Transport, TransportError};
use crate::auth::{Access, Challenge, Credential, Grant};
use crate::retry::retry_after;

/// No token is larger; Amazon's come close to 5 KiB.
const MAX_TOKEN_BYTES: usize = 64 << 10;

/// What this client calls itself where a token service wants to know.
const CLIENT_ID: &str = "pullstudy";

impl Transport {
    /// Gets what the registry wants to see after it refused `shown`.
    pub(super) async fn log_in(
        &self,
        request: &Request<'_>,
        refusal: &Response,
        shown: Option<&HeaderValue>,
    ) -> Result<HeaderValue, TransportError> {
        let reference = request.reference;
        let (registry, repository) = (reference.registry(), reference.repository());
        let challenges = refusal.headers().get_all(WWW_AUTHENTICATE);
        let challenge = Challenge::parse(challenges.iter().filter_map(|one| one.to_str().ok()));
        let _asking = self.shared.tokens.asking.lock().await;
        // Another request may have got one while this one waited.
        let known = self
            .shared
            .tokens
            .known(registry, repository, &request.access);
        if let Some(value) = known.filter(|value| Some(value) != shown) {
            return Ok(value);
        }
        let grant = self.grant(reference, &request.access, challenge).await?;
        let value = grant.value.clone();
        self.shared
            .tokens
            .remember(registry, repository, &request.access, grant);
        Ok(value)
    }

    async fn grant(
        &self,
        reference: &Reference,
        access: &Access,
        challenge: Option<Challenge>,
    ) -> Result<Grant, TransportError> {
        let credential = self.credential(reference).await?;
        match (challenge, &credential) {
            (Some(Challenge::Bearer { realm, service, .. }), _) => {
                let scopes = access.scopes(reference.repository());
                let question = Question {
                    realm,
                    service,
                    scopes,
                };
                self.ask_token_service(reference, &question, credential.as_ref())
                    .await
            }
            (Some(Challenge::Basic), Some(Credential::Password { username, password })) => {
                Ok(Grant::basic(username, password.expose()))
            }
            _ => Err(self.unauthorized(reference).await),
        }
    }

    async fn ask_token_service(
        &self,
        reference: &Reference,
        question: &Question,
        credential: Option<&Credential>,
    ) -> Result<Grant, TransportError> {
        let request = self.token_request(reference, question, credential)?;
        let response = self.wait(reference, request.send()).await?;
        let status = response.status();
        if matches!(status.as_u16(), 400 | 401 | 403) {
            return Err(self.unauthorized(reference).await);
        }
        if !status.is_success() {
            // What it says is not repeated: some services answer with what they were sent.
            return Err(TransportError::Status {
                registry: format!("the token service of {}", reference.registry()),
                status: status.as_u16(),
                code: None,
                message: None,
                retry_after: retry_after(response.headers()),
            });
        }
        let answer = self.read_token(reference, response).await?;
        Grant::of_token_service(&answer).ok_or_else(|| TransportError::Protocol {
            registry: reference.registry().to_owned(),
            problem: "its token service gave no token",
        })
    }

    fn token_request(
        &self,
        reference: &Reference,
        question: &Question,
        credential: Option<&Credential>,
    ) -> Result<reqwest::RequestBuilder, TransportError> {
        let (realm, query) = question.address(self, reference)?;
        // No client follows redirects by itself: what goes to a token service is for it alone.
        let http = self.http(reference.registry(), &realm)?;
        match credential {
            Some(Credential::IdentityToken(token)) => {
                let body = question.form(token.expose());
                let request = http.post(realm).body(body);
                Ok(request.header(CONTENT_TYPE, "application/x-www-form-urlencoded"))
            }
            Some(Credential::Password { username, password }) => {
                let value = Grant::basic(username, password.expose()).value;
                Ok(http.get(query).header(AUTHORIZATION, value))
            }
            None => Ok(http.get(query)),
        }
    }

    async fn read_token(
        &self,
        reference: &Reference,
        mut response: Response,
    ) -> Result<Vec<u8>, TransportError> {
        let mut answer = Vec::new();
        while let Some(chunk) = self.wait(reference, response.chunk()).await? {
            answer.extend_from_slice(&chunk);
            if answer.len() > MAX_TOKEN_BYTES {
                return Err(TransportError::Protocol {
                    registry: reference.registry().to_owned(),
                    problem: "its token service gave a token of more than 64 KiB",
                });
            }
        }
        Ok(answer)
    }

    /// Returns the registry's credential, asking for it the first time.
    async fn credential(
        &self,
        reference: &Reference,
    ) -> Result<Option<Credential>, TransportError> {
        let registry = reference.registry().to_owned();
        let mut known = self.shared.credentials.lock().await;
        if let Some(credential) = known.get(&registry) {
            return Ok(credential.clone());
        }
        let (source, name) = (self.shared.options.credentials.clone(), registry.clone());
        let asked = spawn_blocking(move || source.credential(&name)).await;
        let credential = asked.expect("asking for credentials does not panic");
        let credential = credential.map_err(|source| TransportError::Credentials {
            registry: registry.clone(),
            source,
        })?;
        known.insert(registry, credential.clone());
        Ok(credential)
    }

    /// Says whether credentials are missing or wrong.
    pub(super) async fn unauthorized(&self, reference: &Reference) -> TransportError {
        let registry = reference.registry().to_owned();
        match self.credential(reference).await {
            Ok(None) => TransportError::NoCredentials { registry },
            Ok(Some(Credential::Password { username, .. })) => TransportError::Unauthorized {
                registry,
                username: Some(username),
            },
            Ok(Some(Credential::IdentityToken(_))) => TransportError::Unauthorized {
                registry,
                username: None,
            },
            Err(error) => error,
        }
    }
}

/// What a token service is asked.
struct Question {
    realm: String,
    service: Option<String>,
    scopes: Vec<String>,
}

impl Question {
    /// Returns the service's address, without and with the question.
    fn address(
        &self,
        transport: &Transport,
        reference: &Reference,
    ) -> Result<(Url, Url), TransportError> {
        let protocol = |problem| TransportError::Protocol {
            registry: reference.registry().to_owned(),
            problem,
        };
        let realm = Url::parse(&self.realm)
            .map_err(|_| protocol("the realm of its challenge is no address"))?;
        if realm.scheme() != "https" && !transport.is_plain(reference) {
            return Err(protocol(
                "it wants credentials to be sent in plain HTTP to its token service",
            ));
        }
        let mut query = realm.clone();
        let mut pairs = query.query_pairs_mut();
        if let Some(service) = &self.service {
            pairs.append_pair("service", service);
        }
        for scope in &self.scopes {
            pairs.append_pair("scope", scope);
        }
        drop(pairs);
        Ok((realm, query))
    }

    /// Returns the form that exchanges a refresh token (RFC 6749, section 6; its scopes are one list).
    fn form(&self, refresh_token: &str) -> String {
        let mut form = Url::parse("form:").expect("a scheme alone is an address");
        let mut pairs = form.query_pairs_mut();
        pairs
            .append_pair("grant_type", "refresh_token")
            .append_pair("client_id", CLIENT_ID)
            .append_pair("refresh_token", refresh_token)
            .append_pair("scope", &self.scopes.join(" "));
        if let Some(service) = &self.service {
            pairs.append_pair("service", service);
        }
        drop(pairs);
        form.query().unwrap_or_default().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_one_list_in_a_form() {
        let question = Question {
            realm: "https://t".into(),
            service: Some("r".into()),
            scopes: vec!["repository:a:pull,push".into(), "repository:b:pull".into()],
        };
        assert_eq!(
            question.form("x y"),
            "grant_type=refresh_token&client_id=pullstudy&refresh_token=x+y&scope=repository%3Aa%3Apull%2Cpush+repository%3Ab%3Apull&service=r"
        );
    }
}
