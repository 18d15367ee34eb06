//! Who may do what: no authentication, passwords, tokens that expire.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use pullstudy_registry::{Credential, CredentialError, CredentialSource, Secret};

use crate::http::{Answer, Request};
use crate::step::{Step, Target};

/// Gives everybody who asks the same credential: a client that asks for the wrong host gives itself away.
#[derive(Debug)]
pub(crate) struct Everywhere;

impl CredentialSource for Everywhere {
    fn credential(&self, _: &str) -> Result<Option<Credential>, CredentialError> {
        Ok(Some(Credential::password(USER, Secret::new(PASSWORD))))
    }
}

const USER: &str = "stu";

/// Part of every secret of these tests: wherever it turns up, one has leaked.
pub(crate) const MARK: &str = "s3cr3t";

const PASSWORD: &str = "s3cr3t-password";

/// `stu:s3cr3t-password` in base64.
const BASIC: &str = "Basic c3R1OnMzY3IzdC1wYXNzd29yZA==";

/// How a registry tells friends from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Auth {
    Nobody,
    Basic,
    Bearer,
}

/// The tokens in use, each with the scopes it is good for.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    valid: BTreeMap<String, Token>,
    issued: u32,
}

#[derive(Debug)]
struct Token {
    scopes: String,
    was_used: bool,
}

impl Tokens {
    /// Ends the tokens that have served: one that is refused when it is new is no token.
    pub(crate) fn expire(&mut self) {
        self.valid.retain(|_, token| !token.was_used);
    }

    /// The token service.
    pub(crate) fn issue(&mut self, request: &Request) -> Answer {
        if request.header("authorization") != Some(BASIC) {
            return Answer::new(401).body(r#"{"details":"wrong password"}"#);
        }
        self.issued += 1;
        let token = format!("{MARK}-token-{}", self.issued);
        let known = Token {
            scopes: request.query.get("scope").cloned().unwrap_or_default(),
            was_used: false,
        };
        self.valid.insert(token.clone(), known);
        let body = serde_json::json!({"token": token, "expires_in": 300});
        Answer::new(200)
            .with("content-type", "application/json")
            .body(body.to_string())
    }

    /// Returns what a request without access is told.
    pub(crate) fn refusal(
        &mut self,
        auth: Auth,
        request: &Request,
        target: &Target,
        at: SocketAddr,
    ) -> Option<Answer> {
        let shown = request.header("authorization").unwrap_or_default();
        let (allowed, challenge) = match auth {
            Auth::Nobody => return None,
            Auth::Basic => (shown == BASIC, "Basic realm=\"faulty\"".to_owned()),
            Auth::Bearer => (self.cover(shown, target), bearer_challenge(target, at)),
        };
        let body = r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#;
        let answer = Answer::new(401).with("www-authenticate", challenge);
        (!allowed).then(|| answer.body(body))
    }

    fn cover(&mut self, shown: &str, target: &Target) -> bool {
        let token = shown.strip_prefix("Bearer ").unwrap_or_default();
        let Some(token) = self.valid.get_mut(token) else {
            return false;
        };
        token.was_used = true;
        let wanted = format!("repository:{}:", target.repository);
        let actions = token
            .scopes
            .split(' ')
            .find_map(|scope| scope.strip_prefix(&wanted));
        let actions = actions.unwrap_or_default();
        let base = target.step == Step::Base;
        base || actions
            .split(',')
            .any(|action| action == needed(target.step))
    }
}

fn needed(step: Step) -> &'static str {
    use Step::{AskUpload, CancelUpload, EndUpload, SendChunk, StartUpload, WriteDocument};
    match step {
        WriteDocument | StartUpload | SendChunk | AskUpload | EndUpload | CancelUpload => "push",
        _ => "pull",
    }
}

fn bearer_challenge(target: &Target, at: SocketAddr) -> String {
    let repository = &target.repository;
    let actions = match needed(target.step) {
        "push" => "pull,push",
        other => other,
    };
    format!(
        "Bearer realm=\"http://{at}/token\",service=\"faulty\",scope=\"repository:{repository}:{actions}\""
    )
}
