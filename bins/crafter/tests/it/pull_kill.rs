//! A pull that is killed goes on where it was.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use pullstudy_image::Digest;

use crate::program::Workplace;

const KILLS: u32 = 50;

/// What may be asked for twice after a kill: it was on its way, and died with the process.
const CHUNK_BYTES: u64 = 4 << 20;

/// Answers' heads, manifests and configs, which are asked for anew each time.
const SMALL_BYTES: u64 = 256 << 10;

/// Four layers at once are always under way.
const SIZES: &str = "uri: localhost/killed\nsizes: [{total: 24MB}]\nlayers: [{exact: 8}]\n";

/// Counts what a server sends, on its way to clients.
struct Meter {
    address: SocketAddr,
    sent: Arc<Sent>,
}

#[derive(Default)]
struct Sent {
    bytes: Mutex<u64>,
    more: Condvar,
}

impl Meter {
    fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let sent = Arc::new(Sent::default());
        let counted = Arc::clone(&sent);
        // It ends with the test.
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = TcpStream::connect(server).unwrap();
                let (questions, answers) =
                    (client.try_clone().unwrap(), server.try_clone().unwrap());
                let counted = Arc::clone(&counted);
                thread::spawn(move || pass_on(questions, server, |_| {}));
                thread::spawn(move || pass_on(answers, client, |bytes| counted.add(bytes)));
            }
        });
        Self { address, sent }
    }
}

/// Hands bytes on until either side has gone.
fn pass_on(mut from: TcpStream, mut to: TcpStream, count: impl Fn(u64)) {
    let mut buffer = [0; 16 << 10];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
        count(read as u64);
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

impl Sent {
    fn add(&self, bytes: u64) {
        *self.bytes.lock().unwrap_or_else(PoisonError::into_inner) += bytes;
        self.more.notify_all();
    }

    fn bytes(&self) -> u64 {
        *self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until so many bytes have been sent in all, or the client has ended.
    fn wait_for(&self, bytes: u64, client: &mut Child) {
        let mut sent = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        while *sent < bytes && client.try_wait().unwrap().is_none() {
            let patience = Duration::from_millis(20);
            let waited = self.more.wait_timeout(sent, patience);
            sent = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// A `crafter serve`, killed when dropped.
struct Serving {
    child: Child,
    address: SocketAddr,
    /// Repository and tag.
    name: String,
}

impl Serving {
    /// Slow enough that what is on its way between the two is little.
    fn start(workplace: &Workplace) -> Self {
        let arguments = [
            "serve",
            "source",
            "--listen",
            "127.0.0.1:0",
            "--bandwidth",
            "24MB",
        ];
        let mut command = workplace.command(&arguments);
        let command = command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let mut results = BufReader::new(child.stdout.take().unwrap());
        results.read_line(&mut line).unwrap();
        let (address, name) = line.trim().split_once('/').unwrap();
        Self {
            child,
            address: address.parse().unwrap(),
            name: name.to_owned(),
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// SplitMix64's next number (Steele, Lea and Flood, 2014).
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Returns the size of all blobs of a layout, finished or not. What has a digest for its name must have it.
fn kept_bytes(layout: &Path) -> u64 {
    let files = |folder: &str| {
        let entries = fs::read_dir(layout.join(folder)).into_iter().flatten();
        entries.map(|entry| entry.unwrap())
    };
    for blob in files("blobs/sha256") {
        let digest = Digest::of(&fs::read(blob.path()).unwrap());
        assert_eq!(
            blob.file_name().to_string_lossy(),
            digest.hex(),
            "wrong bytes under a digest"
        );
    }
    let all = files("blobs/sha256").chain(files(".partial"));
    all.map(|blob| blob.metadata().unwrap().len()).sum()
}

/// One pull, taken up again until it is done.
struct Pull<'a> {
    workplace: &'a Workplace,
    meter: &'a Meter,
    reference: &'a str,
    target: String,
}

impl Pull<'_> {
    /// Starts it and kills it once so many bytes have been sent. Returns how many of them were lost, or nothing where
    /// it was done before.
    fn killed_after(&self, bytes: u64) -> Option<u64> {
        let folder = self.workplace.path(&self.target);
        let (kept, sent) = (kept_bytes(&folder), self.meter.sent.bytes());
        let mut command = self
            .workplace
            .command(&["copy", self.reference, &self.target]);
        let command = command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        self.meter.sent.wait_for(sent + bytes, &mut child);
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            return None;
        }
        let kept = kept_bytes(&folder) - kept;
        Some((self.meter.sent.bytes() - sent).saturating_sub(kept))
    }

    fn complete(&self) {
        let completed = self.workplace.run(&["copy", self.reference, &self.target]);
        assert_eq!(completed.code, 0, "{}", completed.messages);
        let verified = self.workplace.run(&["verify", &self.target]);
        assert_eq!(
            verified.code, 0,
            "{}{}",
            verified.results, verified.messages
        );
    }
}

#[test]
fn a_killed_pull_is_completed_and_asks_for_little_twice() {
    let workplace = Workplace::new(SIZES);
    workplace.rows(&["build", "sizes.yaml", "-o", "source", "--seed", "7"]);
    let serving = Serving::start(&workplace);
    let meter = Meter::before(serving.address);
    let reference = format!("{}/{}", meter.address, serving.name);
    let (mut kills, mut pulls, mut most_bytes, mut state) = (0, 0, 0, 42);
    while kills < KILLS {
        let pull = Pull {
            workplace: &workplace,
            meter: &meter,
            reference: &reference,
            target: format!("./target-{pulls}"),
        };
        pulls += 1;
        while kills < KILLS
            && let Some(lost_bytes) = pull.killed_after(random(&mut state) % (3 << 20))
        {
            kills += 1;
            most_bytes = lost_bytes.max(most_bytes);
            let allowed = CHUNK_BYTES + SMALL_BYTES;
            assert!(
                lost_bytes <= allowed,
                "kill {kills}: {lost_bytes} bytes are sent again"
            );
        }
        pull.complete();
    }
    assert!(
        pulls > 1,
        "none of {kills} kills came near the end of a pull"
    );
    assert!(
        most_bytes > 0,
        "all of {kills} kills came before anything was sent"
    );
}
