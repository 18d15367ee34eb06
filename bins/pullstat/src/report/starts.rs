//! Starts: one image, coming onto all nodes of one run.

use pullstudy_console::UsageError;
use pullstudy_costmodel::{WaitingCost, gangs};
use pullstudy_events::{Column as By, Pull};
use pullstudy_stats::Sample;

use super::study::Choices;

/// A log is of one run.
const BY: [By; 4] = [By::Experiment, By::Nodes, By::Image, By::File];

/// The starts of one set of pulls.
#[derive(Debug, Default)]
pub(in crate::report) struct Starts {
    /// For each start a pull that took as long: that of its slowest node.
    slowest: Vec<Pull>,
    /// What each start cost while all nodes waited, where there is a price.
    usd: Vec<Option<f64>>,
}

/// The starts of one image on one number of nodes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::report) struct Middle {
    pub(in crate::report) count: usize,
    pub(in crate::report) median_seconds: f64,
    pub(in crate::report) median_usd: Option<f64>,
}

impl Starts {
    pub(in crate::report) fn of(pulls: &[Pull], choices: &Choices<'_>) -> Result<Self, UsageError> {
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

    pub(in crate::report) fn slowest(&self) -> &[Pull] {
        &self.slowest
    }

    /// Returns what each start of an image cost; nothing where there is no price.
    pub(in crate::report) fn usd(&self, nodes: Option<u32>, image: &str) -> Option<Sample> {
        let usd: Option<Vec<f64>> = self.each_of(nodes, image).map(|(_, usd)| usd).collect();
        Sample::new(usd?).ok()
    }

    /// Sums up the starts of an image.
    pub(in crate::report) fn middle(&self, nodes: Option<u32>, image: &str) -> Option<Middle> {
        let (seconds, usd): (Vec<Option<f64>>, Vec<Option<f64>>) =
            self.each_of(nodes, image).unzip();
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

    /// Seconds and USD of each start of an image.
    fn each_of<'a>(
        &'a self,
        nodes: Option<u32>,
        image: &'a str,
    ) -> impl Iterator<Item = (Option<f64>, Option<f64>)> + 'a {
        let starts = self.slowest.iter().zip(&self.usd);
        starts
            .filter(move |(pull, _)| {
                pull.place.nodes == nodes && pull.image.as_deref() == Some(image)
            })
            .map(|(pull, usd)| (pull.including_waiting_seconds, *usd))
    }
}
