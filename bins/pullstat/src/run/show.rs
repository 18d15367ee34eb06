//! How a study goes, for whoever watches.

use std::time::{Duration, Instant};

use pullstudy_console::{say, warn};
use pullstudy_runner::RunProgress;

/// A line this often is enough for a step that takes minutes.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// Says what happens.
#[derive(Debug, Default)]
pub(super) struct Show {
    last_line: Option<Instant>,
}

impl Show {
    pub(super) fn progress(&mut self, progress: &RunProgress<'_>) {
        match progress {
            RunProgress::Resumed { done, steps } => {
                say(format_args!("going on: {done} of {steps} steps are done"));
            }
            RunProgress::Note(note) => warn(note),
            RunProgress::StepStarted { step, steps } => {
                self.last_line = Some(Instant::now());
                say(format_args!(
                    "step {} of {steps}: {} onto {} nodes{}",
                    step.number + 1,
                    step.image.reference,
                    step.nodes,
                    strategy(step)
                ));
            }
            RunProgress::StepGoesOn(ended) => {
                let is_due = self
                    .last_line
                    .is_none_or(|last| last.elapsed() >= LINE_INTERVAL);
                if is_due {
                    self.last_line = Some(Instant::now());
                    say(format_args!("  {} of {} nodes", ended.ended, ended.nodes));
                }
            }
            _ => {}
        }
    }
}

fn strategy(step: &pullstudy_runner::Step) -> String {
    match step.strategy.name.as_str() {
        "default" => String::new(),
        name => format!(", {name}"),
    }
}
