//! The least a client can do: requests on plain sockets, four at a time, as a bound for what any client can reach.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write, copy};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use sha2::{Digest, Sha256};

/// As many transfers at a time as `crafter copy` has.
const AT_ONCE: usize = 4;

/// Read, hashed and written at a time.
const CHUNK_BYTES: usize = 256 << 10;

/// A repository on a registry of this machine.
pub(crate) struct Repository {
    /// Address and port.
    pub(crate) address: String,
    /// The repository's path.
    pub(crate) path: String,
}

impl Repository {
    /// Puts files, named by the hex digits of their SHA-256, each in one request; returns the seconds it took.
    pub(crate) fn put(&self, files: &[PathBuf]) -> anyhow::Result<f64> {
        timed(files, |file| self.put_one(file))
    }

    /// Gets blobs, named by the hex digits of their SHA-256, into files of a folder, and hashes them on the way;
    /// returns the seconds it took.
    pub(crate) fn get(&self, digests: &[String], folder: &Path) -> anyhow::Result<f64> {
        timed(digests, |digest| self.get_one(digest, folder))
    }

    fn put_one(&self, path: &PathBuf) -> anyhow::Result<()> {
        let digest = path.file_name().context("a blob has a name")?;
        let uploads = format!("/v2/{}/blobs/uploads/", self.path);
        let opened = self.request("POST", &uploads, 0, |_| Ok(()))?;
        let location = opened.header("location").context("no Location")?;
        let origin = format!("http://{}", self.address);
        let target = location.strip_prefix(&origin).unwrap_or(&location);
        let target = format!("{target}&digest=sha256:{}", digest.display());
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let put = self.request("PUT", &target, length, |socket| {
            copy(&mut file, socket).map(drop)
        })?;
        ensure!(put.status == 201, "PUT gave {}", put.status);
        Ok(())
    }

    fn get_one(&self, digest: &String, folder: &Path) -> anyhow::Result<()> {
        let path = format!("/v2/{}/blobs/sha256:{digest}", self.path);
        let mut answer = self.request("GET", &path, 0, |_| Ok(()))?;
        ensure!(answer.status == 200, "GET gave {}", answer.status);
        let length = answer.header("content-length").context("no length")?;
        let mut left: usize = length.parse()?;
        let mut file = File::create(folder.join(digest))?;
        let (mut hasher, mut chunk) = (Sha256::new(), vec![0; CHUNK_BYTES]);
        while left > 0 {
            let read = answer.body.read(&mut chunk)?;
            if read == 0 {
                bail!("the body ended early");
            }
            hasher.update(&chunk[..read]);
            file.write_all(&chunk[..read])?;
            left -= read;
        }
        let actual: String = hasher
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        ensure!(actual == *digest, "wrong bytes");
        Ok(())
    }

    fn request(
        &self,
        method: &str,
        target: &str,
        length: u64,
        send: impl FnOnce(&mut TcpStream) -> std::io::Result<()>,
    ) -> anyhow::Result<Answer> {
        let mut socket = TcpStream::connect(&self.address)?;
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: {}\r\nContent-Length: {length}\r\nContent-Type: application/octet-stream\r\nConnection: close\r\n\r\n",
            self.address
        );
        socket.write_all(head.as_bytes())?;
        send(&mut socket)?;
        Answer::read(socket)
    }
}

/// An answer whose head has been read.
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: BufReader<TcpStream>,
}

impl Answer {
    fn read(socket: TcpStream) -> anyhow::Result<Self> {
        let mut body = BufReader::with_capacity(16 << 10, socket);
        let mut line = String::new();
        body.read_line(&mut line)?;
        let status = line.split(' ').nth(1).context("no status line")?.parse()?;
        let mut headers = Vec::new();
        loop {
            line.clear();
            body.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                break;
            };
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        Ok(Self {
            status,
            headers,
            body,
        })
    }

    fn header(&self, name: &str) -> Option<String> {
        let (_, value) = self.headers.iter().find(|(known, _)| known == name)?;
        Some(value.clone())
    }
}

/// Does all items, four at a time, and returns the seconds it took.
fn timed<T: Sync>(
    items: &[T],
    work: impl Fn(&T) -> anyhow::Result<()> + Sync,
) -> anyhow::Result<f64> {
    let (next, start) = (AtomicUsize::new(0), Instant::now());
    thread::scope(|scope| {
        let one = || {
            while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                work(item)?;
            }
            anyhow::Ok(())
        };
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(one)).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().expect("no thread panics"))
    })?;
    Ok(start.elapsed().as_secs_f64())
}
