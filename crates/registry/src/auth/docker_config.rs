//! Credentials as `docker login`, `podman login` and `skopeo login` keep them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::helper;
use super::{Credential, CredentialError, CredentialSource, Secret};

/// What Docker calls Docker Hub in its configuration.
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";

/// A Docker configuration file: credentials in it, and the names of helpers that keep them elsewhere.
///
/// A helper named for the registry (`credHelpers`) comes first, then the general one (`credsStore`), then the file's
/// own `auths`, as in Docker. The helper `docker-credential-NAME` is run from `PATH` when a registry wants credentials.
///
/// # Source
///
/// Docker CLI, `config.json`, and docker-credential-helpers 0.8, "Development": `get` reads the registry on standard
/// input and prints `{"Username", "Secret"}`; the user name `<token>` marks an identity token.
#[derive(Clone, Debug)]
pub struct DockerConfig {
    path: PathBuf,
    file: ConfigFile,
}

/// Why a Docker configuration file could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadDockerConfigError {
    /// It could not be read.
    #[error("failed to read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not the JSON it should be.
    #[error("{} is no Docker configuration (line {line}, column {column})", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// The line at which reading stopped. What stands there is not told: it may be a secret.
        line: usize,
        /// The column.
        column: usize,
    },
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ConfigFile {
    auths: BTreeMap<String, Entry>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: Option<HiddenText>,
    username: Option<String>,
    password: Option<HiddenText>,
    identitytoken: Option<HiddenText>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(from = "String")]
struct HiddenText(Secret);

impl From<String> for HiddenText {
    fn from(text: String) -> Self {
        Self(Secret::new(text))
    }
}

impl DockerConfig {
    /// Reads a configuration file.
    ///
    /// # Errors
    ///
    /// [`ReadDockerConfigError`].
    pub fn read(path: impl Into<PathBuf>) -> Result<Self, ReadDockerConfigError> {
        let path = path.into();
        let text = fs::read(&path).map_err(|source| ReadDockerConfigError::Read {
            path: path.clone(),
            source,
        })?;
        match serde_json::from_slice(&text) {
            Ok(file) => Ok(Self { path, file }),
            Err(error) => Err(ReadDockerConfigError::Parse {
                path,
                line: error.line(),
                column: error.column(),
            }),
        }
    }

    /// Returns the file's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The helper for a registry, and what the registry is called there.
    fn helper(&self, registry: &str) -> Option<(&str, String)> {
        let named = of_registry(&self.file.cred_helpers, registry);
        let name = named
            .map(|(_, name)| name)
            .or(self.file.creds_store.as_ref())?;
        let key = match registry {
            "docker.io" => DOCKER_HUB_KEY,
            other => other,
        };
        (!name.is_empty()).then(|| (name.as_str(), key.to_owned()))
    }

    fn kept(&self, registry: &str) -> Result<Option<Credential>, CredentialError> {
        let Some((_, entry)) = of_registry(&self.file.auths, registry) else {
            return Ok(None);
        };
        entry.credential().map_err(|sentence| CredentialError {
            registry: registry.to_owned(),
            place: self.path.display().to_string(),
            source: sentence.into(),
        })
    }
}

impl CredentialSource for DockerConfig {
    fn credential(&self, registry: &str) -> Result<Option<Credential>, CredentialError> {
        if let Some((name, key)) = self.helper(registry) {
            let kept = helper::get(name, &key).map_err(|source| CredentialError {
                registry: registry.to_owned(),
                place: format!("docker-credential-{name}"),
                source: source.into(),
            })?;
            if kept.is_some() {
                return Ok(kept);
            }
        }
        self.kept(registry)
    }
}

impl Entry {
    fn credential(&self) -> Result<Option<Credential>, &'static str> {
        if let Some(token) = &self.identitytoken
            && !token.0.expose().is_empty()
        {
            return Ok(Some(Credential::IdentityToken(token.0.clone())));
        }
        if let (Some(username), Some(password)) = (&self.username, &self.password) {
            return Ok(Some(Credential::password(username, password.0.clone())));
        }
        let Some(auth) = &self.auth else {
            return Ok(None);
        };
        let bytes = STANDARD
            .decode(auth.0.expose().trim())
            .map_err(|_| "its `auth` is no Base64")?;
        let text = String::from_utf8(bytes).map_err(|_| "its `auth` is no UTF-8")?;
        let (username, password) = text
            .split_once(':')
            .ok_or("its `auth` has no colon between name and password")?;
        // Docker fills `auth` with NUL bytes at the end in some releases.
        let password = Secret::new(password.trim_end_matches('\0'));
        Ok(Some(Credential::password(username, password)))
    }
}

/// Finds a registry among keys that are hosts, or addresses of it.
fn of_registry<'m, V>(map: &'m BTreeMap<String, V>, registry: &str) -> Option<(&'m String, &'m V)> {
    map.get_key_value(registry)
        .or_else(|| map.iter().find(|(key, _)| host_of(key) == registry))
}

fn host_of(key: &str) -> &str {
    if key == DOCKER_HUB_KEY {
        return "docker.io";
    }
    let address = key
        .strip_prefix("https://")
        .or_else(|| key.strip_prefix("http://"));
    // Without a scheme a slash leads to a namespace, whose credentials are not the registry's.
    match address.unwrap_or(key).split_once('/') {
        Some((host, "" | "v1" | "v1/" | "v2" | "v2/")) => canonical(host),
        Some(_) => key,
        None => canonical(address.unwrap_or(key)),
    }
}

fn canonical(host: &str) -> &str {
    match host {
        "index.docker.io" | "registry-1.docker.io" => "docker.io",
        host => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> DockerConfig {
        DockerConfig {
            path: "config.json".into(),
            file: serde_json::from_str(text).unwrap(),
        }
    }

    fn password(username: &str, password: &str) -> Option<Credential> {
        Some(Credential::password(username, Secret::new(password)))
    }

    #[test]
    fn auths_are_found_by_host_or_address() {
        // `me:hunter2`, `hub:s:ecret`.
        let config = config(
            r#"{"auths": {
                "127.0.0.1:5000": {"auth": "bWU6aHVudGVyMg=="},
                "https://ghcr.io/v2/": {"username": "you", "password": "pw"},
                "https://index.docker.io/v1/": {"auth": "aHViOnM6ZWNyZXQ="},
                "quay.io/team": {"auth": "bWU6aHVudGVyMg=="},
                "azurecr.io": {"auth": "", "identitytoken": "refresh"},
                "empty.io": {}}}"#,
        );
        let of = |registry| config.credential(registry).unwrap();
        assert_eq!(of("127.0.0.1:5000"), password("me", "hunter2"));
        assert_eq!(of("ghcr.io"), password("you", "pw"));
        assert_eq!(of("docker.io"), password("hub", "s:ecret"));
        assert_eq!(of("quay.io"), None);
        let refresh = Credential::IdentityToken(Secret::new("refresh"));
        assert_eq!(of("azurecr.io"), Some(refresh));
        assert_eq!(of("empty.io"), None);
        assert_eq!(of("elsewhere.io"), None);
    }

    #[test]
    fn damage_is_told_without_the_secret() {
        let config = config(r#"{"auths": {"a.io": {"auth": "c2VjcmV0"}}}"#);
        let error = config.credential("a.io").unwrap_err();
        let chain = format!("{error} {}", std::error::Error::source(&error).unwrap());
        assert!(
            chain.contains("colon") && chain.contains("config.json"),
            "{chain}"
        );
        assert!(!chain.contains("c2VjcmV0"), "{chain}");

        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.json");
        fs::write(&path, r#"{"auths": {"a.io": {"auth": hunter2}}}"#).unwrap();
        let error = DockerConfig::read(&path).unwrap_err().to_string();
        assert!(
            error.contains("line 1") && !error.contains("hunter2"),
            "{error}"
        );
    }

    #[test]
    fn a_helper_of_the_registry_comes_before_the_general_one() {
        let config = config(r#"{"credHelpers": {"gcr.io": "gcloud"}, "credsStore": "pass"}"#);
        assert_eq!(config.helper("gcr.io"), Some(("gcloud", "gcr.io".into())));
        assert_eq!(
            config.helper("docker.io"),
            Some(("pass", DOCKER_HUB_KEY.into()))
        );
    }
}
