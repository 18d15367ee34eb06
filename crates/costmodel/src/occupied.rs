//! Seconds in which nodes pulled at all.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use pullstudy_events::{Clock, Pull};

/// When each node pulled.
#[derive(Debug, Default)]
pub(crate) struct Occupied<'a> {
    /// From and to, in seconds of the Unix clock, by node.
    nodes: BTreeMap<&'a str, Vec<(f64, f64)>>,
    /// Seconds of pulls whose node or moment nobody tells: nothing is known to have run beside them.
    alone: f64,
    /// Seconds of all pulls, each for itself.
    sum: f64,
}

impl<'a> Occupied<'a> {
    pub(crate) fn add(&mut self, pull: &'a Pull, clock: Clock) {
        let Some(seconds) = pull.seconds(clock) else {
            return;
        };
        self.sum += seconds;
        match pull
            .node
            .as_deref()
            .zip(pull.pulled_at.and_then(unix_seconds))
        {
            Some((node, end)) => self
                .nodes
                .entry(node)
                .or_default()
                .push((end - seconds, end)),
            None => self.alone += seconds,
        }
    }

    /// Returns the seconds in which nodes pulled: those of pulls side by side count once.
    pub(crate) fn seconds(self) -> f64 {
        let of_nodes: f64 = self.nodes.into_values().map(union).sum();
        // Moments of the Unix clock leave a tenth of a microsecond of rounding.
        (of_nodes + self.alone).min(self.sum)
    }
}

fn unix_seconds(at: SystemTime) -> Option<f64> {
    let since = at.duration_since(UNIX_EPOCH).ok()?;
    Some(since.as_secs_f64())
}

/// Returns how much of the time line the intervals cover.
fn union(mut intervals: Vec<(f64, f64)>) -> f64 {
    intervals.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut covered = 0.0;
    let mut until = f64::NEG_INFINITY;
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
        assert_eq!(union(vec![(0.0, 10.0), (5.0, 12.0), (20.0, 21.0)]), 13.0);
        assert_eq!(union(vec![(0.0, 10.0), (2.0, 3.0)]), 10.0);
        assert_eq!(union(Vec::new()), 0.0);
    }
}
