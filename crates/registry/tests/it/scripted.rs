//! A server that answers by a function of the request, and remembers what it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use pullstudy_image::Reference;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

type Script = dyn Fn(&str, &str) -> String + Send + Sync;

/// What was asked for, in the order in which it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Path and query.
    pub(crate) path: String,
    /// The whole head, in lower case.
    pub(crate) head: String,
}

pub(crate) struct Scripted {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: AbortHandle,
}

impl Scripted {
    /// Serves what `script` makes of path and query: a whole answer, as [`reply`] writes it.
    pub(crate) async fn start(script: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self::start_with_heads(move |path, _| script(path)).await
    }

    /// The same; the script sees the whole head, in lower case, as well.
    pub(crate) async fn start_with_heads(
        script: impl Fn(&str, &str) -> String + Send + Sync + 'static,
    ) -> Self {
        let script: Arc<Script> = Arc::new(script);
        let asked = Arc::new(Mutex::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(answer(stream, Arc::clone(&script), Arc::clone(&log)));
            }
        });
        Self {
            address,
            asked,
            task: task.abort_handle(),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn reference(&self) -> Reference {
        format!("{}/a/b:1", self.address).parse().unwrap()
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The paths and queries asked for.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.path).collect()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An answer with a status, further headers (each ended by a line break) and a body.
pub(crate) fn reply(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

pub(crate) fn ok(body: &str) -> String {
    reply("200 OK", "", body)
}

pub(crate) fn not_found() -> String {
    reply("404 Not Found", "", "")
}

async fn answer(mut stream: TcpStream, script: Arc<Script>, log: Arc<Mutex<Vec<Asked>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    let head = head.to_ascii_lowercase();
    let reply = script(&path, &head);
    log.lock().unwrap().push(Asked { path, head });
    // The client may be gone already.
    let _ = stream.write_all(reply.as_bytes()).await;
}
