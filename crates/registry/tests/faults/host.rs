//! A registry on a port of this machine, and what goes wrong on the way to it.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use crate::access::MARK;
use crate::fault::Fault;
use crate::http::{Answer, Connection, Ending, Request};
use crate::routes::{Registry, Rules};
use crate::script::{Script, Strike};
use crate::step::{Step, Target};
use crate::store::Store;

/// A running host; it ends when dropped.
pub(crate) struct Host {
    inner: Arc<Inner>,
    task: AbortHandle,
    /// Holds the port while nobody listens.
    _place: TcpSocket,
}

struct Inner {
    registry: Registry,
    script: Script,
    /// Where clients are sent to.
    elsewhere: Option<SocketAddr>,
    /// All requests, but not their bodies.
    heard: Mutex<Vec<String>>,
    outages: mpsc::UnboundedSender<Option<u64>>,
}

impl Host {
    pub(crate) fn start(
        rules: Rules,
        store: Arc<Mutex<Store>>,
        strikes: &[Strike],
        elsewhere: Option<SocketAddr>,
    ) -> Self {
        let place = socket("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = place.local_addr().unwrap();
        let (outages, outage_orders) = mpsc::unbounded_channel();
        let inner = Arc::new(Inner {
            registry: Registry::new(address, rules, store),
            script: Script::new(strikes),
            elsewhere,
            heard: Mutex::default(),
            outages,
        });
        let listener = listen(address).unwrap();
        let task = tokio::spawn(accept(Arc::clone(&inner), listener, outage_orders));
        Self {
            inner,
            task: task.abort_handle(),
            _place: place,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.inner.registry.address
    }

    /// The faults that did strike.
    pub(crate) fn struck(&self) -> Vec<Fault> {
        self.inner.script.struck()
    }

    /// All requests, without their bodies.
    pub(crate) fn heard(&self) -> Vec<String> {
        let heard = self.inner.heard.lock();
        heard.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A socket that shares its port with others of this process: one holds the place, one listens, now and then.
fn socket(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    Ok(socket)
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    socket(address)?.listen(1024)
}

async fn accept(
    inner: Arc<Inner>,
    mut listener: TcpListener,
    mut outages: mpsc::UnboundedReceiver<Option<u64>>,
) {
    // Connections end with the set, and the set with this task.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(converse(Arc::clone(&inner), stream));
                }
            }
            outage = outages.recv() => {
                drop(listener);
                connections.abort_all();
                match outage.flatten() {
                    Some(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
                    None => std::future::pending().await,
                }
                listener = listen(inner.registry.address).unwrap();
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn converse(inner: Arc<Inner>, stream: TcpStream) {
    // Small answers after small questions: nothing to wait for.
    let _ = stream.set_nodelay(true);
    let mut connection = Connection::new(stream);
    while let Ok(Some(request)) = connection.request().await {
        let again = inner.exchange(&mut connection, &request).await;
        if !again.unwrap_or(false) {
            return;
        }
    }
}

impl Inner {
    /// Answers one request; returns whether the connection can be used again.
    async fn exchange(&self, connection: &mut Connection, request: &Request) -> io::Result<bool> {
        self.hear(request);
        let target = Target::of(request);
        let fault = self.script.strike(target.step);
        match &fault {
            Some(Fault::ResetRequest { after, kept }) => {
                let part = connection.body(request, *after).await?;
                self.keep_part(&target, &part, *kept);
                return connection.write(&[], Ending::Reset(0)).await;
            }
            Some(Fault::Refuse(millis)) => {
                // The task that listens ends this connection, too.
                let _ = self.outages.send(*millis);
                std::future::pending::<()>().await;
            }
            Some(Fault::Garbage) => {
                let banner = b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n";
                return connection.write(banner, Ending::Closed(banner.len())).await;
            }
            _ => {}
        }
        let body = connection.body(request, usize::MAX).await?;
        let answer = self.answer(request, &target, body, fault.as_ref());
        let answer = self.spoil(answer, fault.as_ref());
        let ending = ending(fault.as_ref());
        connection.send(request, &answer, ending).await
    }

    fn hear(&self, request: &Request) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.push(request.text());
    }

    /// A registry may have stored what came before the connection broke.
    fn keep_part(&self, target: &Target, part: &[u8], kept: bool) {
        if kept && matches!(target.step, Step::SendChunk | Step::EndUpload) {
            let _ = self.registry.store().append(&target.name, part);
        }
    }

    /// The honest answer, or one instead of it.
    fn answer(
        &self,
        request: &Request,
        target: &Target,
        body: Vec<u8>,
        fault: Option<&Fault>,
    ) -> Answer {
        if let Some(Fault::Status {
            status,
            retry_after,
        }) = fault
        {
            return refused(*status, *retry_after);
        }
        if fault == Some(&Fault::ExpiredToken) {
            self.registry.expire_tokens();
        }
        if let Some(refusal) = self.registry.refusal(request, target) {
            return refusal;
        }
        if fault == Some(&Fault::RepeatedPage) {
            return self.registry.all_tags(target);
        }
        match (fault, self.elsewhere) {
            (Some(Fault::Redirect), Some(elsewhere)) if redirects(target.step) => {
                return sent_away(request, elsewhere);
            }
            (Some(Fault::OutOfOrder { kept }), _) => {
                let kept = &body[..body.len().min(*kept)];
                let _ = self.registry.store().append(&target.name, kept);
                let state = Target {
                    step: Step::AskUpload,
                    ..target.clone()
                };
                let answer = self.registry.answer(request, &state, Vec::new());
                let known = answer.status == 204;
                return Answer {
                    status: if known { 416 } else { answer.status },
                    ..answer
                };
            }
            _ => {}
        }
        self.registry.answer(request, target, body)
    }

    /// Makes an honest answer a wrong one.
    fn spoil(&self, mut answer: Answer, fault: Option<&Fault>) -> Answer {
        match fault {
            Some(Fault::MissingHeader(name)) => answer.without(name),
            Some(Fault::WrongByte) => {
                let middle = answer.body.len() / 2;
                answer
                    .body
                    .get_mut(middle)
                    .into_iter()
                    .for_each(|byte| *byte ^= 1);
            }
            Some(Fault::WrongSize { longer: true }) => answer.body.push(b' '),
            Some(Fault::WrongSize { longer: false }) => drop(answer.body.pop()),
            Some(Fault::WrongDigestHeader) => {
                answer.without("docker-content-digest");
                let other = pullstudy_image::Digest::of(b"something else");
                answer = answer.with("docker-content-digest", other);
            }
            Some(Fault::Html) => {
                answer = Answer::new(200)
                    .with("content-type", "text/html")
                    .body("<!DOCTYPE html><title>Sign in to the network</title>");
            }
            Some(Fault::Redirect) => self.lead_away(&mut answer),
            _ => {}
        }
        answer
    }

    /// Points what the client follows of its own accord to the other host.
    fn lead_away(&self, answer: &mut Answer) {
        let Some(elsewhere) = self.elsewhere else {
            return;
        };
        let here = format!("http://{}", self.registry.address);
        let there = format!("http://{elsewhere}");
        for (name, value) in &mut answer.headers {
            if matches!(*name, "location" | "link") && !value.contains(&there) {
                *value = value
                    .replace(&here, "")
                    .replacen("/v2/", &format!("{there}/v2/"), 1);
            }
        }
    }
}

/// How much of the answer gets through.
fn ending(fault: Option<&Fault>) -> Ending {
    match fault {
        Some(Fault::ResetAnswer { after }) => Ending::Reset(*after),
        Some(Fault::Truncate { after }) => Ending::Closed(*after),
        Some(Fault::Stall { after }) => Ending::Silent(*after),
        Some(Fault::MissingLength) => Ending::Unmeasured,
        _ => Ending::Whole,
    }
}

fn redirects(step: Step) -> bool {
    matches!(step, Step::ReadBlob | Step::ReadDocument)
}

fn refused(status: u16, retry_after: Option<&str>) -> Answer {
    let body = r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"not now"}]}"#;
    let answer = Answer::new(status).body(body);
    match retry_after {
        Some(when) => answer.with("retry-after", when),
        None => answer,
    }
}

/// A signed address, as storage services have them: whoever knows it may read.
fn sent_away(request: &Request, elsewhere: SocketAddr) -> Answer {
    let path = &request.path;
    let location = format!("http://{elsewhere}{path}?signature={MARK}-signature");
    Answer::new(307).with("location", location)
}
