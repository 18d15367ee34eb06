//! As much of HTTP as speaking to a driver on this machine takes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::Value;

/// Sends one request to 127.0.0.1, and returns the answer's JSON.
pub(crate) fn asked(port: u16, method: &str, path: &str, body: &Value) -> Value {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let body = if method == "POST" {
        body.to_string()
    } else {
        String::new()
    };
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all((head + &body).as_bytes()).unwrap();
    let mut answer = BufReader::new(stream);
    let length = content_length(&mut answer);
    let mut content = vec![0; length];
    answer.read_exact(&mut content).unwrap();
    serde_json::from_slice(&content).unwrap()
}

/// Reads the head of an answer, to the empty line.
fn content_length(answer: &mut impl BufRead) -> usize {
    let mut length = 0;
    for line in answer.lines().map(Result::unwrap) {
        if line.is_empty() {
            break;
        }
        let header = line.to_ascii_lowercase();
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    length
}
