//! Seconds in which nodes pulled at all.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use pullstudy_events::{Clock, Pull};

/// When each node pulled.
#[derive(Debug, Default)]
pub(crate) struct Occupied<'a> {
    /// From and to, in nanoseconds of the Unix clock, by node: doubles of so large a number would lose digits.
    nodes: BTreeMap<&'a str, Vec<(i128, i128)>>,
    /// Seconds of pulls whose node or moment nobody tells: nothing is known to have run beside them.
    alone: f64,
    /// Seconds of all pulls, each for itself.
    sum: f64,
}

/// Nanoseconds in a second.
const NANOS: f64 = 1e9;

impl<'a> Occupied<'a> {
    pub(crate) fn add(&mut self, pull: &'a Pull, clock: Clock) {
        let Some(seconds) = pull.seconds(clock) else {
            return;
        };
        self.sum += seconds;
        match pull
            .node
            .as_deref()
            .zip(pull.pulled_at.and_then(unix_nanos))
        {
            Some((node, end)) => {
                let start = end - (seconds * NANOS).round() as i128;
                self.nodes.entry(node).or_default().push((start, end));
            }
            None => self.alone += seconds,
        }
    }

    /// Returns the seconds in which nodes pulled: those of pulls side by side count once.
    pub(crate) fn seconds(self) -> f64 {
        let of_nodes: i128 = self.nodes.into_values().map(union).sum();
        // Rounding to nanoseconds may end above the sum.
        (of_nodes as f64 / NANOS + self.alone).min(self.sum)
    }
}

fn unix_nanos(at: SystemTime) -> Option<i128> {
    let since = at.duration_since(UNIX_EPOCH).ok()?;
    i128::try_from(since.as_nanos()).ok()
}

/// Returns how much of the time line the intervals cover.
fn union(mut intervals: Vec<(i128, i128)>) -> i128 {
    intervals.sort_unstable();
    let mut covered = 0;
    let mut until = i128::MIN;
    for (from, to) in intervals {
        if to > until {
            covered += to - from.max(until);
            until = to;
        }
    }
    covered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_overlaps_counts_once() {
        assert_eq!(union(vec![(0, 10), (5, 12), (20, 21)]), 13);
        assert_eq!(union(vec![(0, 10), (2, 3)]), 10);
        assert_eq!(union(Vec::new()), 0);
    }
}
