//! How registries are spoken to: the same arguments for every command that does.

use std::cell::OnceCell;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use pullstudy_image::Reference;
use pullstudy_registry::{
    CertificateAuthority, Client, ClientOptions, Credential, CredentialSource, Observer,
    OneCredential, PlainHttp, Secret,
};

use crate::UsageError;
use crate::kept::KeptCredentials;

/// How registries are spoken to. Credentials come from `docker login` unless they are given here.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Registry")]
pub struct ConnectionArgs {
    /// Name to log in with; Docker's configuration and its credential helpers are used otherwise
    #[arg(long, value_name = "NAME", requires = "password_stdin")]
    username: Option<String>,
    /// Read the password or access token from standard input
    #[arg(long, requires = "username")]
    password_stdin: bool,
    /// Certificate of an authority to trust beside the machine's, in PEM form; can be repeated
    #[arg(long, value_name = "FILE")]
    ca_file: Vec<PathBuf>,
    /// Speak plain HTTP, without TLS; registries on this machine are spoken to so anyway, unless --ca-file is given
    #[arg(long)]
    plain_http: bool,
    /// Send a request up to so many times if it fails for a reason that may pass
    #[arg(long, value_name = "N", default_value = "5", value_parser = clap::value_parser!(u32).range(1..))]
    tries: Option<u32>,
}

impl ConnectionArgs {
    /// Makes a client; see [`options`](Self::options).
    ///
    /// # Errors
    ///
    /// Those of [`options`](Self::options).
    pub fn client(
        &self,
        registry: Option<&Reference>,
        observer: Observer,
    ) -> anyhow::Result<Client> {
        Ok(Client::new(self.options(registry, observer)?)?)
    }

    /// Returns how a client should behave; a user name given here is for the registry of `registry` alone.
    ///
    /// Credentials of others come from Docker's configuration (`DOCKER_CONFIG`, else `~/.docker`), else Podman's.
    ///
    /// # Errors
    ///
    /// A file that cannot be read or used, or a user name without a registry.
    pub fn options(
        &self,
        registry: Option<&Reference>,
        observer: Observer,
    ) -> anyhow::Result<ClientOptions> {
        let mut options = ClientOptions::default();
        options.certificate_authorities = self.authorities()?;
        options.credentials = self.credentials(registry)?;
        options.observer = observer;
        if self.plain_http {
            options.plain_http = PlainHttp::Always;
        }
        if let Some(tries) = self.tries {
            options.retry.max_tries = tries;
        }
        Ok(options)
    }

    /// Tells whether [`client`](Self::client) reads a password from standard input, which is then not free for other things.
    pub fn reads_standard_input(&self) -> bool {
        self.password_stdin
    }

    fn authorities(&self) -> anyhow::Result<Vec<CertificateAuthority>> {
        let read = |path: &PathBuf| {
            let name = path.display().to_string();
            let pem = fs::read(path).with_context(|| format!("failed to read {name}"))?;
            Ok(CertificateAuthority::from_pem(name, &pem)?)
        };
        self.ca_file.iter().map(read).collect()
    }

    fn credentials(
        &self,
        registry: Option<&Reference>,
    ) -> anyhow::Result<Arc<dyn CredentialSource>> {
        let Some(username) = &self.username else {
            return Ok(Arc::new(KeptCredentials::of_user()));
        };
        let registry = registry.ok_or_else(|| {
            UsageError("--username is for a registry, and none is named".to_owned())
        })?;
        let mut password = String::new();
        io::stdin()
            .read_line(&mut password)
            .context("failed to read the password from standard input")?;
        if password.trim_end_matches(['\r', '\n']).is_empty() {
            return Err(UsageError("the password on standard input is empty".to_owned()).into());
        }
        let credential = Credential::password(username, Secret::new(password));
        let (registry, others) = (registry.registry(), KeptCredentials::of_user());
        Ok(Arc::new(OneCredential::new(registry, credential, others)))
    }
}

/// The client of a command, made when it is first needed: standard input has the password once.
#[derive(Debug)]
pub struct Clients<'a> {
    args: &'a ConnectionArgs,
    observer: Observer,
    made: OnceCell<Client>,
}

impl<'a> Clients<'a> {
    /// Makes nothing yet.
    pub fn new(args: &'a ConnectionArgs, observer: Observer) -> Self {
        Self {
            args,
            observer,
            made: OnceCell::new(),
        }
    }

    /// Returns the client; a user name is for the registry of the first reference.
    ///
    /// # Errors
    ///
    /// Those of [`ConnectionArgs::client`].
    pub fn of(&self, reference: &Reference) -> anyhow::Result<Client> {
        if let Some(client) = self.made.get() {
            return Ok(client.clone());
        }
        let client = self.args.client(Some(reference), self.observer.clone())?;
        Ok(self.made.get_or_init(|| client).clone())
    }
}
