//! Debian's docker-registry on a port of its own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A running registry, killed when dropped.
pub(crate) struct Registry {
    child: Child,
    pub(crate) address: String,
    _storage: TempDir,
}

impl Registry {
    pub(crate) fn start() -> Result<Self, String> {
        let storage = tempfile::tempdir().unwrap();
        let config = storage.path().join("config.yml");
        let text = format!(
            "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: '127.0.0.1:0'}}\n",
            storage.path().join("data").display()
        );
        fs::write(&config, text).unwrap();
        let mut command = Command::new("docker-registry");
        command
            .arg("serve")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| {
            format!("docker-registry: {error}; `cargo xtask setup` installs it")
        })?;
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut lines = log.by_ref().map_while(Result::ok);
        let address = lines.find_map(|line| {
            let (_, rest) = line.split_once("listening on ")?;
            Some(rest.split('"').next()?.to_owned())
        });
        // A full pipe would stop the registry.
        std::thread::spawn(move || log.for_each(drop));
        Ok(Self {
            child,
            address: address.ok_or("docker-registry does not say where it listens")?,
            _storage: storage,
        })
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
