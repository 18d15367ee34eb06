//! Debian's docker-registry on a free port of this machine.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// How long it may take to start.
const START_LIMIT: Duration = Duration::from_secs(20);

/// A registry that ends with this value.
pub(crate) struct DockerRegistry {
    child: Child,
    store: PathBuf,
    /// Address and port.
    pub(crate) address: String,
}

impl DockerRegistry {
    /// Starts one that keeps its blobs below `folder`.
    pub(crate) fn start(folder: &Path) -> anyhow::Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let (store, config) = (folder.join("store"), folder.join("registry.yml"));
        fs::create_dir_all(&store)?;
        let text = format!(
            "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: {address}}}\n",
            store.display()
        );
        fs::write(&config, text)?;
        let child = Command::new("docker-registry")
            .arg("serve")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("failed to run docker-registry; `cargo xtask setup` installs it")?;
        let registry = Self {
            child,
            store,
            address,
        };
        registry.wait()?;
        Ok(registry)
    }

    fn wait(&self) -> anyhow::Result<()> {
        let start = Instant::now();
        while TcpStream::connect(&self.address).is_err() {
            if start.elapsed() > START_LIMIT {
                bail!("docker-registry does not answer at {}", self.address);
            }
            sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Forgets all blobs: pushing one that is there would measure a question and no transfer.
    pub(crate) fn clear(&self) -> anyhow::Result<()> {
        for entry in fs::read_dir(&self.store)? {
            fs::remove_dir_all(entry?.path())?;
        }
        Ok(())
    }
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to stop.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
