//! Starts: one image, coming onto all nodes of one run.

use pullstudy_console::UsageError;
use pullstudy_costmodel::{WaitingCost, gangs};
use pullstudy_events::{Column as By, Pull};
use pullstudy_stats::Sample;

use super::super::study::Choices;

/// A log is of one run.
const BY: [By; 4] = [By::Experiment, By::Nodes, By::Image, By::File];

/// The starts of one set of pulls.
#[derive(Debug, Default)]
pub(super) struct Starts {
    /// For each start a pull that took as long: that of its slowest node.
    slowest: Vec<Pull>,
    /// What each start cost while all nodes waited, where there is a price.
    usd: Vec<Option<f64>>,
}

/// The starts of one image on one number of nodes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Middle {
    pub(super) count: usize,
    pub(super) median_seconds: f64,
    pub(super) median_usd: Option<f64>,
}

impl Starts {
    pub(super) fn of(pulls: &[Pull], choices: &Choices<'_>) -> Result<Self, UsageError> {
        let mut starts = Self::default();
        for gang in gangs(pulls, &BY, choices.clock()) {
            let Some(&first) = gang.first_pulls.first() else {
                continue;
            };
            let mut pull = pulls[first].clone();
            let price = match &choices.machines {
                Some(machines) => Some(machines.of(&pull)?.usd_per_hour()),
                None => None,
            };
            let cost = WaitingCost::of(&gang.seconds_by_node, price.unwrap_or(0.0));
            pull.including_waiting_seconds = cost.slowest_seconds;
            pull.pull_seconds = cost.slowest_seconds;
            starts.slowest.push(pull);
            starts.usd.push(price.map(|_| cost.gang_usd));
        }
        Ok(starts)
    }

    pub(super) fn slowest(&self) -> &[Pull] {
        &self.slowest
    }

    /// Sums up the starts of an image.
    pub(super) fn middle(&self, nodes: Option<u32>, image: &str) -> Option<Middle> {
        let starts = self.slowest.iter().zip(&self.usd);
        let own = starts
            .filter(|(pull, _)| pull.place.nodes == nodes && pull.image.as_deref() == Some(image));
        let (seconds, usd): (Vec<Option<f64>>, Vec<Option<f64>>) = own
            .map(|(pull, usd)| (pull.including_waiting_seconds, *usd))
            .unzip();
        let median = |values: Vec<Option<f64>>| {
            let values: Option<Vec<f64>> = values.into_iter().collect();
            Some(Sample::new(values?).ok()?.median())
        };
        Some(Middle {
            count: seconds.len(),
            median_seconds: median(seconds)?,
            median_usd: median(usd),
        })
    }
}
