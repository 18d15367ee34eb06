//! An API server by script, for tests: it answers what it is told, and remembers what it was asked.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use futures_util::stream::{self, StreamExt as _};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Bytes, Frame};
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};

use super::Cluster;

/// The body of an answer.
type Said = UnsyncBoxBody<Bytes, Infallible>;

/// An answer.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// A document.
    Document(Value),
    /// A status, and after how many seconds it asks to be asked again.
    Status(u16, u32),
    /// A watch: these lines, and then the end.
    Lines(Vec<Value>),
    /// A watch: these lines, and then silence.
    Open(Vec<Value>),
}

/// The script: answers by `VERB path`, where a watch is `WATCH`. The last answer of each is given again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mock {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    answers: HashMap<String, VecDeque<Answer>>,
    asked: Vec<String>,
}

impl Mock {
    pub(crate) fn answer(&self, asked: &str, answers: impl IntoIterator<Item = Answer>) -> &Self {
        let mut state = self.state.lock().unwrap();
        state
            .answers
            .insert(asked.to_owned(), answers.into_iter().collect());
        self
    }

    /// Returns everything that was asked, with queries.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.state.lock().unwrap().asked.clone()
    }

    pub(crate) fn cluster(&self) -> Cluster {
        let mock = self.clone();
        let service = tower::service_fn(move |request: hyper::Request<Body>| {
            let mock = mock.clone();
            async move { Ok::<_, Infallible>(mock.serve(&request)) }
        });
        Cluster::of_client(Client::new(service, "default"))
    }

    fn serve(&self, request: &hyper::Request<Body>) -> hyper::Response<Said> {
        let query = request.uri().query().unwrap_or_default();
        let verb = match query.contains("watch=true") {
            true => "WATCH",
            false => request.method().as_str(),
        };
        let asked = format!("{verb} {}", request.uri().path());
        let mut state = self.state.lock().unwrap();
        state.asked.push(format!("{asked}?{query}"));
        let answer = match state.answers.get_mut(&asked) {
            Some(answers) if answers.len() > 1 => answers.pop_front().unwrap(),
            Some(answers) => answers.front().cloned().unwrap_or(Answer::Status(404, 0)),
            None if verb == "WATCH" => Answer::Open(Vec::new()),
            None if verb == "GET" => Answer::Document(list(&[], "1")),
            None => Answer::Status(404, 0),
        };
        response(answer)
    }
}

/// A list of objects at a version.
pub(crate) fn list(items: &[Value], version: &str) -> Value {
    json!({"kind": "List", "metadata": {"resourceVersion": version}, "items": items})
}

/// A line of a watch.
pub(crate) fn line(kind: &str, object: Value) -> Value {
    json!({"type": kind, "object": object})
}

fn response(answer: Answer) -> hyper::Response<Said> {
    let (code, body) = match answer {
        Answer::Document(document) => (200, whole(document.to_string())),
        Answer::Status(code, seconds) => (code, status(code, seconds)),
        Answer::Lines(lines) => (200, whole(text(&lines))),
        Answer::Open(lines) => (200, open(&lines)),
    };
    let response = hyper::Response::builder().status(code).body(body);
    response.expect("the response is valid")
}

fn whole(text: String) -> Said {
    Full::new(text.into()).boxed_unsync()
}

fn status(code: u16, seconds: u32) -> Said {
    let message = if code == 403 {
        "user cannot do that"
    } else {
        "by script"
    };
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": message, "reason": reason(code),
        "details": {"retryAfterSeconds": seconds},
    });
    whole(status.to_string())
}

fn reason(code: u16) -> &'static str {
    match code {
        404 => "NotFound",
        409 => "AlreadyExists",
        410 => "Expired",
        _ => "Scripted",
    }
}

fn open(lines: &[Value]) -> Said {
    let text = text(lines);
    let said = stream::once(async move { Ok::<_, Infallible>(Frame::data(text.into())) });
    StreamBody::new(said.chain(stream::pending())).boxed_unsync()
}

fn text(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}
