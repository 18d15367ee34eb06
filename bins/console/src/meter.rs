//! How far a long command has come: a bar on a terminal, a line now and then elsewhere.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pullstudy_report::human_bytes;

use crate::interrupt::clear_when_interrupted;
use crate::{patience, say};

/// Where no one watches a bar, a line this often is enough.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// What a meter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes, with their rate.
    Bytes,
    /// Things with a name in the plural, such as `tags`.
    Things(&'static str),
}

/// Work done of work to do. Safe to share between threads.
#[derive(Debug)]
pub struct Meter {
    unit: Unit,
    bar: ProgressBar,
    /// When the last line was printed, if lines are printed.
    last_line: Option<Mutex<Instant>>,
}

impl Meter {
    /// Starts with nothing to do.
    pub fn new(unit: Unit) -> Self {
        patience::stop();
        let target = match patience::can_draw() {
            true => {
                clear_when_interrupted();
                ProgressDrawTarget::stderr()
            }
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let template = match unit {
            Unit::Bytes => {
                "{wide_bar} {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {msg} {eta}"
                .to_owned()
            }
            Unit::Things(things) => {
                format!("{{wide_bar}} {{pos}}/{{len}} {things} {{msg}} {{eta}}")
            }
        };
        bar.set_style(ProgressStyle::with_template(&template).expect("the template is valid"));
        let last_line = bar.is_hidden().then(|| Mutex::new(Instant::now()));
        Self {
            unit,
            bar,
            last_line,
        }
    }

    /// Says how much there is to do in all.
    pub fn set_total(&self, total: u64) {
        self.bar.set_length(total);
    }

    /// Returns how much there is to do in all.
    pub fn total(&self) -> u64 {
        self.bar.length().unwrap_or(0)
    }

    /// Adds to what there is to do.
    pub fn extend(&self, more: u64) {
        self.bar.inc_length(more);
    }

    /// Shows a few words beside the bar.
    pub fn set_words(&self, words: String) {
        self.bar.set_message(words);
    }

    /// Returns how much is done.
    pub fn done(&self) -> u64 {
        self.bar.position()
    }

    /// Adds to what is done.
    pub fn advance(&self, more: u64) {
        self.bar.inc(more);
        let Some(last_line) = &self.last_line else {
            return;
        };
        let Ok(mut last_line) = last_line.try_lock() else {
            return;
        };
        if last_line.elapsed() >= LINE_INTERVAL {
            *last_line = Instant::now();
            say(format_args!("{}", self.line()));
        }
    }

    fn line(&self) -> String {
        let (done, all, words) = (self.done(), self.total(), self.bar.message());
        let line = match self.unit {
            Unit::Bytes => format!("{} of {}", human_bytes(done), human_bytes(all)),
            Unit::Things(things) => format!("{done} of {all} {things}"),
        };
        match words.is_empty() {
            true => line,
            false => format!("{line}, {words}"),
        }
    }

    /// Prints a line without tearing the bar apart.
    pub fn say(&self, line: &str) {
        self.bar.suspend(|| say(format_args!("{line}")));
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
        patience::resume();
    }
}
