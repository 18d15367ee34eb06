//! A server that says what it is told to, right or wrong.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use pullstudy_image::Reference;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// What is sent, and whether the connection stays open, silent, after it.
#[derive(Clone)]
pub(crate) struct Reply {
    bytes: Vec<u8>,
    hangs: bool,
}

impl Reply {
    /// An answer with these headers and this body; `content-length` is what `headers` say, right or wrong.
    pub(crate) fn new(status: &str, headers: &str, body: &[u8]) -> Self {
        let mut bytes =
            format!("HTTP/1.1 {status}\r\n{headers}connection: close\r\n\r\n").into_bytes();
        bytes.extend_from_slice(body);
        Self {
            bytes,
            hangs: false,
        }
    }

    /// An honest answer.
    pub(crate) fn ok(headers: &str, body: &[u8]) -> Self {
        let headers = format!("content-length: {}\r\n{headers}", body.len());
        Self::new("200 OK", &headers, body)
    }

    /// No answer at all.
    pub(crate) fn silence() -> Self {
        Self {
            bytes: Vec::new(),
            hangs: true,
        }
    }

    /// The same, and then nothing more.
    pub(crate) fn hanging(self) -> Self {
        Self {
            hangs: true,
            ..self
        }
    }
}

/// Answers by path; a path it does not know gets 404 without a body.
pub(crate) struct Liar {
    address: SocketAddr,
    task: AbortHandle,
}

impl Liar {
    pub(crate) async fn start(replies: impl IntoIterator<Item = (String, Reply)>) -> Self {
        let replies: Arc<HashMap<_, _>> = Arc::new(replies.into_iter().collect());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(answer(stream, Arc::clone(&replies)));
            }
        });
        Self {
            address,
            task: task.abort_handle(),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn reference(&self) -> Reference {
        format!("{}/a/b:1", self.address).parse().unwrap()
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(mut stream: TcpStream, replies: Arc<HashMap<String, Reply>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let request = head.lines().next().unwrap().trim_end_matches(" HTTP/1.1");
    // A reply may be given for `GET /path`, or for the path whatever the method, or with a token alone.
    let token = head.to_ascii_lowercase().contains("authorization: bearer ");
    let path = request.split(' ').nth(1).unwrap();
    let with_token = format!("{path} with token");
    let unknown = Reply::new("404 Not Found", "content-length: 0\r\n", b"");
    let reply = replies
        .get(&with_token)
        .filter(|_| token)
        .or_else(|| replies.get(request))
        .or_else(|| replies.get(path))
        .unwrap_or(&unknown);
    // The client may be gone already.
    let _ = stream.write_all(&reply.bytes).await;
    if reply.hangs {
        std::future::pending::<()>().await;
    }
}
