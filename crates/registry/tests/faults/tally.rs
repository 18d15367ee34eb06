//! How many schedules ended how.

use std::collections::BTreeMap;
use std::fmt;

/// Counts by operation and by what went wrong.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    schedules: Counts,
    by_cause: BTreeMap<&'static str, Counts>,
    requests: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    done: u32,
    refused: u32,
}

impl Counts {
    fn add(&mut self, done: bool) {
        if done {
            self.done += 1;
        } else {
            self.refused += 1;
        }
    }
}

impl Tally {
    pub(crate) fn enter(&mut self, done: bool, causes: &[&'static str], requests: usize) {
        self.schedules.add(done);
        self.requests += requests;
        let mut causes = causes.to_vec();
        causes.sort_unstable();
        causes.dedup();
        if causes.is_empty() {
            causes.push("nothing struck");
        }
        for cause in causes {
            self.by_cause.entry(cause).or_default().add(done);
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { done, refused } = self.schedules;
        let all = done + refused;
        writeln!(
            f,
            "{all} schedules, {} requests: {done} ended with identical bytes, {refused} with one error",
            self.requests
        )?;
        for (cause, Counts { done, refused }) in &self.by_cause {
            writeln!(f, "  {cause:<24}{done:>6} identical{refused:>6} error")?;
        }
        Ok(())
    }
}
