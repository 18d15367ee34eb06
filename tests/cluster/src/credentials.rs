//! Who may speak to the API server, and how: tokens, kubeconfigs, a key for service accounts.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::programs::Programs;

/// A user that the API server knows by a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// Runs the cluster: the control plane, the fake nodes and the harness.
    Admin,
    /// May do everything; its requests are kept in the audit log.
    Study,
    /// May do nothing until a test binds a role to the user `guest`; its requests are kept too.
    Guest,
}

impl User {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Admin, Self::Study, Self::Guest];

    /// Returns the name that the API server knows.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Study => "study",
            Self::Guest => "guest",
        }
    }

    const fn groups(self) -> &'static str {
        match self {
            Self::Admin | Self::Study => "system:masters",
            Self::Guest => "guests",
        }
    }

    /// The server listens on 127.0.0.1 only, and lives for a test.
    fn token(self) -> String {
        format!("token-of-{}", self.name())
    }
}

/// Where the files of a cluster's credentials lie.
#[derive(Debug)]
pub(crate) struct Credentials {
    folder: PathBuf,
}

impl Credentials {
    /// Writes keys, tokens and kubeconfigs for the server at `url` into `folder`.
    pub(crate) fn write(folder: &Path, url: &str, programs: &Programs) -> io::Result<Self> {
        let credentials = Self {
            folder: folder.to_owned(),
        };
        let tokens = User::ALL.map(|user| {
            let (token, name, groups) = (user.token(), user.name(), user.groups());
            format!("{token},{name},{name},\"{groups}\"\n")
        });
        fs::write(credentials.tokens(), tokens.concat())?;
        fs::write(credentials.audit_policy(), audit_policy().to_string())?;
        for user in User::ALL {
            let text = credentials.kubeconfig_text(user, url).to_string();
            fs::write(credentials.kubeconfig(user), text)?;
        }
        credentials.generate_key(programs)?;
        Ok(credentials)
    }

    /// The key that signs the tokens of service accounts.
    pub(crate) fn key(&self) -> PathBuf {
        self.folder.join("service-accounts.key")
    }

    pub(crate) fn tokens(&self) -> PathBuf {
        self.folder.join("tokens.csv")
    }

    pub(crate) fn audit_policy(&self) -> PathBuf {
        self.folder.join("audit-policy.json")
    }

    pub(crate) fn kubeconfig(&self, user: User) -> PathBuf {
        self.folder.join(format!("{}.kubeconfig", user.name()))
    }

    /// Where kube-apiserver puts the certificate that it makes for itself.
    pub(crate) fn certificates(&self) -> PathBuf {
        self.folder.join("certificates")
    }

    pub(crate) fn authority(&self) -> PathBuf {
        self.certificates().join("apiserver.crt")
    }

    fn kubeconfig_text(&self, user: User, url: &str) -> serde_json::Value {
        let cluster = json!({ "server": url, "certificate-authority": self.authority() });
        json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{ "name": "test", "cluster": cluster }],
            "users": [{ "name": user.name(), "user": { "token": user.token() } }],
            "contexts": [{ "name": "test", "context": { "cluster": "test", "user": user.name() } }],
            "current-context": "test",
        })
    }

    /// `genpkey` would write PKCS #8, which kube-apiserver does not read.
    fn generate_key(&self, programs: &Programs) -> io::Result<()> {
        let output = Command::new(programs.openssl())
            .args([
                "ecparam",
                "-name",
                "prime256v1",
                "-genkey",
                "-noout",
                "-out",
            ])
            .arg(self.key())
            .output()?;
        if output.status.success() {
            Ok(())
        } else {
            Err(io::Error::other(
                String::from_utf8_lossy(&output.stderr).into_owned(),
            ))
        }
    }
}

/// Keeps what the users of the tests ask for, once a request: with its answer.
fn audit_policy() -> serde_json::Value {
    json!({
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": [
            { "level": "Metadata", "users": [User::Study.name(), User::Guest.name()] },
            { "level": "None" },
        ],
    })
}
