//! How far fetching has come: a bar on a terminal, a line now and then elsewhere.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pullstudy_registry::FetchProgress;

use crate::console::say;

/// Where no one watches a bar, a line this often is enough.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

const BAR: &str = "{wide_bar} {pos}/{len} tags {msg} {eta}";

/// Shows how many tags are done.
pub(super) struct FetchDisplay {
    bar: ProgressBar,
    requests: AtomicU64,
    /// When the last line was printed, if lines are printed.
    last_line: Option<Mutex<Instant>>,
}

impl FetchDisplay {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
        bar.set_style(ProgressStyle::with_template(BAR).expect("the template is valid"));
        let last_line = bar.is_hidden().then(|| Mutex::new(Instant::now()));
        Self {
            bar,
            requests: AtomicU64::new(0),
            last_line,
        }
    }

    pub(super) fn show(&self, event: FetchProgress<'_>) {
        match event {
            FetchProgress::Planned { tags } => self.bar.set_length(tags as u64),
            FetchProgress::Listed {
                instead_of, tags, ..
            } => {
                // A repository was counted by the references that name it, until its tags were known.
                let planned = self.bar.length().unwrap_or(0);
                let others = planned.saturating_sub(instead_of as u64);
                self.bar.set_length(others + tags as u64);
            }
            FetchProgress::Requested => {
                let requests = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
                self.bar.set_message(format!("{requests} requests"));
            }
            FetchProgress::Tag(_) => {
                self.bar.inc(1);
                self.line();
            }
            _ => {}
        }
    }

    fn line(&self) {
        let Some(last_line) = &self.last_line else {
            return;
        };
        let Ok(mut last_line) = last_line.try_lock() else {
            return;
        };
        if last_line.elapsed() >= LINE_INTERVAL {
            *last_line = Instant::now();
            let (done, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
            let requests = self.requests.load(Ordering::Relaxed);
            say(format_args!("{done} of {all} tags, {requests} requests"));
        }
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
        let (tags, requests) = (self.bar.position(), self.requests.load(Ordering::Relaxed));
        say(format_args!("{tags} tags after {requests} requests"));
    }
}
