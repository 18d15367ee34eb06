//! That a program is still at it: a spinner on a terminal, once a command has been silent for a second.

use std::fmt::Arguments;
use std::io::{self, IsTerminal, StdoutLock, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::interrupt::clear_when_interrupted;

/// What takes less is done before one wonders.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often the spinner turns.
const TURN: Duration = Duration::from_millis(120);

/// The spinner of this process, while nothing else shows that it works.
static SPINNER: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Whether there are results, which say more than a spinner.
static HAS_RESULTS: AtomicBool = AtomicBool::new(false);

/// Standard output of a command. The first result takes the spinner away.
#[derive(Debug)]
pub struct Results {
    out: StdoutLock<'static>,
}

impl Results {
    /// Takes standard output, and shows a spinner from the second second on, where standard error is a terminal that can
    /// draw one.
    pub fn open() -> Self {
        resume();
        Self {
            out: io::stdout().lock(),
        }
    }
}

impl Write for Results {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !HAS_RESULTS.swap(true, Ordering::Relaxed) {
            stop();
        }
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Drop for Results {
    fn drop(&mut self) {
        stop();
    }
}

/// Tells whether bars and spinners can be drawn: standard error is a terminal, and one that moves its cursor.
pub(crate) fn can_draw() -> bool {
    io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|name| name != "dumb")
}

/// Says what takes its time, beside the spinner.
pub fn working(words: Arguments<'_>) {
    if let Some(bar) = &*spinner() {
        bar.set_message(words.to_string());
    }
}

/// Takes the spinner away: there is something else to see.
pub(crate) fn stop() {
    let bar = spinner().take();
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}

/// Shows it again, should the command go on in silence.
pub(crate) fn resume() {
    if can_draw() && !HAS_RESULTS.load(Ordering::Relaxed) {
        start();
    }
}

/// Does something to the terminal with the spinner out of the way.
pub(crate) fn without_spinner(print: impl FnOnce()) {
    match &*spinner() {
        Some(bar) => bar.suspend(print),
        None => print(),
    }
}

fn start() {
    clear_when_interrupted();
    let target = ProgressDrawTarget::hidden();
    let bar = ProgressBar::with_draw_target(None, target).with_message("working");
    let style = ProgressStyle::with_template("{spinner} {msg}, {elapsed}");
    bar.set_style(style.expect("the template is valid"));
    *spinner() = Some(bar);
    thread::spawn(|| {
        thread::sleep(PATIENCE);
        if let Some(bar) = &*spinner() {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(TURN);
        }
    });
}

/// A thread that panicked leaves a spinner that can still be used.
fn spinner() -> std::sync::MutexGuard<'static, Option<ProgressBar>> {
    SPINNER.lock().unwrap_or_else(PoisonError::into_inner)
}
