//! Credential helpers: programs that keep credentials, spoken to as Docker does.

use std::io::{self, Write};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::{Credential, Secret};

/// What a helper prints when it has nothing for a registry.
const NOT_FOUND: &str = "credentials not found";

/// Why a helper gave no credential.
#[derive(Debug, thiserror::Error)]
pub(super) enum HelperError {
    #[error("a helper's name has letters, digits, `-`, `_` and `.`, not {name:?}")]
    Name { name: String },
    #[error("it could not be run")]
    Run { source: io::Error },
    #[error("it failed: {message}")]
    Failed { message: String },
    #[error("it printed no JSON object with `Username` and `Secret`")]
    Answer,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: String,
}

/// Asks `docker-credential-NAME` for a registry's credential.
pub(super) fn get(name: &str, registry: &str) -> Result<Option<Credential>, HelperError> {
    let plain = |char: char| char.is_ascii_alphanumeric() || "-_.".contains(char);
    if !name.chars().all(plain) {
        return Err(HelperError::Name {
            name: name.to_owned(),
        });
    }
    let output = run(&format!("docker-credential-{name}"), registry)
        .map_err(|source| HelperError::Run { source })?;
    if output.status.success() {
        return parse(&output.stdout).map(Some);
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    if said.contains(NOT_FOUND) {
        return Ok(None);
    }
    // Helpers print no secrets when they fail; all the same only the first line is repeated.
    let message = said.trim().lines().next().unwrap_or("no message");
    Err(HelperError::Failed {
        message: message.chars().take(200).collect(),
    })
}

fn run(program: &str, registry: &str) -> io::Result<std::process::Output> {
    let mut child = Command::new(program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A helper that needs no input may have closed it already.
        let _ = stdin.write_all(registry.as_bytes());
    }
    child.wait_with_output()
}

fn parse(stdout: &[u8]) -> Result<Credential, HelperError> {
    let answer: Answer = serde_json::from_slice(stdout).map_err(|_| HelperError::Answer)?;
    let secret = Secret::new(answer.secret);
    Ok(match answer.username.as_str() {
        "<token>" => Credential::IdentityToken(secret),
        _ => Credential::password(answer.username, secret),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_passwords_or_identity_tokens() {
        let password = parse(br#"{"ServerURL":"r","Username":"me","Secret":"pw"}"#).unwrap();
        assert_eq!(password, Credential::password("me", Secret::new("pw")));
        let token = parse(br#"{"Username":"<token>","Secret":"t"}"#).unwrap();
        assert_eq!(token, Credential::IdentityToken(Secret::new("t")));
        assert!(parse(b"no").is_err());
    }

    #[test]
    fn a_name_is_no_path() {
        let error = get("../../bin/sh", "r").unwrap_err();
        assert!(matches!(error, HelperError::Name { .. }));
        assert!(matches!(
            get("pullstudy-no-such-helper", "r").unwrap_err(),
            HelperError::Run { .. }
        ));
    }
}
