//! Credentials that other programs keep for the user.

use std::env;
use std::path::PathBuf;

use pullstudy_registry::{Credential, CredentialError, CredentialSource, DockerConfig};

/// Docker's configuration, then Podman's and skopeo's. Read when a registry wants credentials, and not before: most
/// commands need none.
#[derive(Clone, Debug)]
pub(crate) struct KeptCredentials {
    files: Vec<PathBuf>,
}

impl KeptCredentials {
    /// Finds the files where the environment says they are.
    pub(crate) fn of_user() -> Self {
        let folder = |name| env::var_os(name).map(PathBuf::from);
        let docker = folder("DOCKER_CONFIG").or_else(|| Some(env::home_dir()?.join(".docker")));
        let podman = folder("REGISTRY_AUTH_FILE").or_else(|| {
            let runtime = folder("XDG_RUNTIME_DIR")?;
            Some(runtime.join("containers").join("auth.json"))
        });
        let docker = docker.map(|folder| folder.join("config.json"));
        Self {
            files: [docker, podman].into_iter().flatten().collect(),
        }
    }
}

impl CredentialSource for KeptCredentials {
    fn credential(&self, registry: &str) -> Result<Option<Credential>, CredentialError> {
        for file in self.files.iter().filter(|file| file.is_file()) {
            let config = DockerConfig::read(file).map_err(|source| {
                CredentialError::new(registry, file.display().to_string(), source)
            })?;
            if let Some(credential) = config.credential(registry)? {
                return Ok(Some(credential));
            }
        }
        Ok(None)
    }
}
