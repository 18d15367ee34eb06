//! Registries that we did not write, on ports of their own, stopped when dropped.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use pullstudy_image::Reference;
use pullstudy_registry::{
    Anonymous, CertificateAuthority, Client, ClientOptions, Credential, OneCredential, Secret,
};
use tempfile::TempDir;

use super::certificates::Authority;
use super::programs::{SETUP, built, run};

pub(crate) const USER: &str = "stu";
pub(crate) const PASSWORD: &str = "correct horse";

/// The registries of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Debian's docker-registry, as it is.
    Docker,
    /// The same, for one user with a password.
    DockerPassword,
    /// The same, behind TLS with an authority of its own.
    DockerTls,
    /// The same, with a certificate for another host.
    DockerWrongName,
    /// The same, which takes no writes.
    DockerReadOnly,
    /// ferro-oci-server: referrers, and pages of tags.
    Ferro,
}

/// A running registry.
pub(crate) struct Server {
    process: Child,
    kind: Kind,
    pub(crate) address: String,
    pub(crate) authority: Option<Authority>,
    _storage: TempDir,
}

impl Server {
    pub(crate) fn start(kind: Kind) -> Self {
        if kind == Kind::Ferro {
            return Self::ferro();
        }
        let storage = tempfile::tempdir().unwrap();
        let authority =
            matches!(kind, Kind::DockerTls | Kind::DockerWrongName).then(Authority::new);
        let config = storage.path().join("config.yml");
        fs::write(
            &config,
            docker_config(kind, storage.path(), authority.as_ref()),
        )
        .unwrap();
        let mut command = Command::new("docker-registry");
        command
            .arg("serve")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut process = command
            .spawn()
            .unwrap_or_else(|error| panic!("docker-registry {SETUP}: {error}"));
        let log = process.stderr.take().unwrap();
        let address = listening_on(log).expect("docker-registry says where it listens");
        Self {
            process,
            kind,
            address,
            authority,
            _storage: storage,
        }
    }

    /// It cannot be told to choose a port, so it is given one that was free a moment ago.
    fn ferro() -> Self {
        let program = built("ferro-oci-server");
        let storage = tempfile::tempdir().unwrap();
        for _ in 0..20 {
            let free = TcpListener::bind("127.0.0.1:0")
                .unwrap()
                .local_addr()
                .unwrap();
            let mut command = Command::new(&program);
            command
                .env("FERRO_OCI_LISTEN", free.to_string())
                .env("FERRO_OCI_STORAGE_DIR", storage.path())
                .env("RUST_LOG", "info")
                .env("NO_COLOR", "1")
                .stdout(Stdio::piped())
                .stderr(Stdio::null());
            let mut process = command.spawn().unwrap();
            let log = process.stdout.take().unwrap();
            if listening_on(log).is_some() {
                let address = free.to_string();
                return Self {
                    process,
                    kind: Kind::Ferro,
                    address,
                    authority: None,
                    _storage: storage,
                };
            }
            process.wait().unwrap();
        }
        panic!("ferro-oci-server found no free port");
    }

    pub(crate) fn reference(&self, name: &str) -> Reference {
        format!("{}/{name}", self.address).parse().unwrap()
    }

    /// A client that is let in.
    pub(crate) fn client(&self) -> Client {
        Client::new(self.options()).unwrap()
    }

    pub(crate) fn options(&self) -> ClientOptions {
        let mut options = ClientOptions::default();
        if let Some(authority) = &self.authority {
            let pem = authority.certificate();
            let trusted = CertificateAuthority::from_pem("ca.pem", &pem).unwrap();
            options.certificate_authorities.push(trusted);
        }
        if self.kind == Kind::DockerPassword {
            let credential = Credential::password(USER, Secret::new(PASSWORD));
            options.credentials =
                Arc::new(OneCredential::new(&*self.address, credential, Anonymous));
        }
        options
    }

    /// What skopeo must be told to be let in; `side` is `src` or `dest`, or nothing for `inspect`.
    pub(crate) fn skopeo_flags(&self, side: &str) -> Vec<String> {
        let side = if side.is_empty() {
            String::new()
        } else {
            format!("{side}-")
        };
        if let Some(authority) = &self.authority {
            return vec![format!(
                "--{side}cert-dir={}",
                authority.skopeo_folder().display()
            )];
        }
        let mut flags = vec![format!("--{side}tls-verify=false")];
        if self.kind == Kind::DockerPassword {
            flags.push(format!("--{side}creds={USER}:{PASSWORD}"));
        }
        flags
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn docker_config(kind: Kind, folder: &Path, authority: Option<&Authority>) -> String {
    let data = folder.join("data");
    let mut config = format!(
        "version: 0.1\nstorage:\n  filesystem: {{rootdirectory: {}}}\n",
        data.display()
    );
    if kind == Kind::DockerReadOnly {
        config.push_str("  maintenance: {readonly: {enabled: true}}\n");
    }
    config.push_str("http:\n  addr: '127.0.0.1:0'\n");
    if let Some(authority) = authority {
        let host = if kind == Kind::DockerTls {
            "IP:127.0.0.1"
        } else {
            "DNS:registry.example"
        };
        let [key, certificate] = authority.sign(host);
        let (key, certificate) = (key.display(), certificate.display());
        writeln!(config, "  tls: {{certificate: {certificate}, key: {key}}}").unwrap();
    }
    if kind == Kind::DockerPassword {
        // The cheapest bcrypt there is: each request costs one.
        let users = run("htpasswd", &["-nbB", "-C", "4", USER, PASSWORD]);
        let path = folder.join("htpasswd");
        fs::write(&path, users.stdout).unwrap();
        writeln!(
            config,
            "auth: {{htpasswd: {{realm: study, path: {}}}}}",
            path.display()
        )
        .unwrap();
    }
    config
}

/// Reads a log until it says where the registry listens, and goes on reading: a full pipe would stop the registry.
fn listening_on(log: impl Read + Send + 'static) -> Option<String> {
    let mut lines = BufReader::new(log).lines().map_while(Result::ok);
    let line = lines.find(|line| line.contains("listening"))?;
    std::thread::spawn(move || lines.for_each(drop));
    let address = line
        .split_once("listening on ")
        .map_or("", |(_, rest)| rest);
    Some(address.split(['"', ',']).next()?.to_owned())
}
