//! Ctrl-C: what is drawn is taken away, and the second one always ends the program.
//!
//! Nothing has to be saved: files of results get their names when they are whole, so a program may end at any moment.

use std::io::{self, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::exit::INTERRUPTED;

/// Whether a command ends itself at the next Ctrl-C.
static IS_AWAITED: AtomicBool = AtomicBool::new(false);

/// What takes a drawn line away, and leaves the cursor where it began.
const CLEAR_LINE: &[u8] = b"\r\x1b[2K";

/// Waits for Ctrl-C, for commands that end in an order of their own. The one after it ends the program at once.
///
/// # Errors
///
/// The system does not tell of it.
pub async fn interrupted() -> io::Result<()> {
    IS_AWAITED.store(true, Ordering::SeqCst);
    watch(&[]);
    tokio::signal::ctrl_c().await
}

/// Has Ctrl-C clear what is drawn before it ends the program.
pub(crate) fn clear_when_interrupted() {
    watch(CLEAR_LINE);
}

fn watch(last_words: &'static [u8]) {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build();
        // Where there is none, Ctrl-C ends the program as it does any other.
        let Ok(runtime) = runtime else { return };
        thread::spawn(move || runtime.block_on(end(last_words)));
    });
}

async fn end(last_words: &[u8]) {
    while tokio::signal::ctrl_c().await.is_ok() {
        if IS_AWAITED.swap(false, Ordering::SeqCst) {
            continue;
        }
        let _ = io::stderr().write_all(last_words);
        #[expect(clippy::exit, reason = "the threads that work are not asked")]
        std::process::exit(INTERRUPTED.into());
    }
}
