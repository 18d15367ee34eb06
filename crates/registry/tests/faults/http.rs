//! HTTP/1.1 by hand: a server that wants to break it needs the socket in its own hands.

use std::collections::BTreeMap;
use std::io;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// A request without its body.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    headers: Vec<(String, String)>,
}

impl Request {
    fn parse(head: &str) -> Option<Self> {
        let mut lines = head.lines();
        let mut words = lines.next()?.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        };
        let mut query: BTreeMap<String, String> = BTreeMap::new();
        for (key, value) in pairs {
            // A key that comes twice (scopes do) is one with several words.
            let known = query.entry(key.to_owned()).or_default();
            *known = format!("{known} {}", decoded(value)).trim().to_owned();
        }
        Some(Self {
            method,
            path: path.to_owned(),
            query,
            headers: lines.filter_map(header).collect(),
        })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    }

    /// All that came with the request, for a search.
    pub(crate) fn text(&self) -> String {
        format!("{self:?}")
    }
}

/// Undoes percent-encoding.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let code = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (first, code) {
            (b'%', Some(code)) => {
                bytes.push(code);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// An answer, before anything goes wrong with it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn new(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn without(&mut self, name: &str) {
        self.headers
            .retain(|(own, _)| !own.eq_ignore_ascii_case(name));
    }

    /// Status line and headers. The length is that of `body` unless a header says otherwise; `None` stands for a body
    /// that ends with the connection.
    fn head(&self, length: Option<usize>) -> String {
        let mut head = format!("HTTP/1.1 {} Because\r\n", self.status);
        match length {
            // A 204 has no body to give the length of.
            Some(_) if self.status == 204 => {}
            Some(length) => head.push_str(&format!("content-length: {length}\r\n")),
            None => head.push_str("connection: close\r\n"),
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head + "\r\n"
    }
}

/// How much of an answer is sent, and what becomes of the connection then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All of it, and the connection stays.
    Whole,
    /// All of it without a length, and the end of the connection is the end of the body.
    Unmeasured,
    /// So many bytes of head and body, then the connection is closed in good order.
    Closed(usize),
    /// So many bytes, then a reset.
    Reset(usize),
    /// So many bytes, then nothing until the client goes away.
    Silent(usize),
}

/// One client's connection.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self {
            stream: BufReader::new(stream),
        }
    }

    /// Waits for a request's head; `None` when the client has gone.
    pub(crate) async fn request(&mut self) -> io::Result<Option<Request>> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head).await? == 0 {
                return Ok(None);
            }
        }
        Ok(Request::parse(&head))
    }

    /// Reads a request's body, or its first `limit` bytes.
    pub(crate) async fn body(&mut self, request: &Request, limit: usize) -> io::Result<Vec<u8>> {
        if request.header("transfer-encoding").is_some() {
            return self.chunked_body(limit).await;
        }
        let length = request.header("content-length");
        let length: usize = length.map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length.min(limit)];
        self.stream.read_exact(&mut body).await?;
        Ok(body)
    }

    async fn chunked_body(&mut self, limit: usize) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        while body.len() < limit {
            let mut line = String::new();
            self.stream.read_line(&mut line).await?;
            let size = usize::from_str_radix(line.trim(), 16);
            let size = size.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
            let mut chunk = vec![0; size + 2];
            self.stream.read_exact(&mut chunk).await?;
            if size == 0 {
                break;
            }
            body.extend_from_slice(&chunk[..size]);
        }
        body.truncate(limit);
        Ok(body)
    }

    /// Sends an answer; returns whether the connection can be used again.
    pub(crate) async fn send(
        &mut self,
        request: &Request,
        answer: &Answer,
        ending: Ending,
    ) -> io::Result<bool> {
        let length = (ending != Ending::Unmeasured).then_some(answer.body.len());
        let mut bytes = answer.head(length).into_bytes();
        if request.method != "HEAD" {
            bytes.extend_from_slice(&answer.body);
        }
        self.write(&bytes, ending).await
    }

    /// Sends bytes that need not be HTTP.
    pub(crate) async fn write(&mut self, bytes: &[u8], ending: Ending) -> io::Result<bool> {
        let sent = match ending {
            Ending::Whole | Ending::Unmeasured => bytes.len(),
            Ending::Closed(limit) | Ending::Reset(limit) | Ending::Silent(limit) => {
                limit.min(bytes.len())
            }
        };
        self.stream.write_all(&bytes[..sent]).await?;
        self.stream.flush().await?;
        match ending {
            Ending::Whole => return Ok(true),
            Ending::Unmeasured | Ending::Closed(_) => self.stream.get_mut().shutdown().await?,
            Ending::Reset(_) => self.stream.get_ref().set_zero_linger()?,
            Ending::Silent(_) => self.outlive_client().await,
        }
        Ok(false)
    }

    async fn outlive_client(&mut self) {
        let mut ignored = [0; 4096];
        while matches!(self.stream.read(&mut ignored).await, Ok(1..)) {}
    }
}
