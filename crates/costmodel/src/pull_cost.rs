//! What measured pulls cost.

use std::collections::{BTreeMap, BTreeSet};

use pullstudy_events::{Clock, Column, Key, Pull};

use crate::bill::node_cost_usd;
use crate::occupied::Occupied;
use crate::prices::Machine;

/// What pulls cost, by group and all together.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PullCosts {
    /// A row a group, sorted by its key.
    pub rows: Vec<PullCostRow>,
    /// All groups together; its key is empty.
    pub total: PullCostRow,
}

/// What the pulls of a group cost.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PullCostRow {
    /// What the pulls have in common.
    pub key: Key,
    /// The machine types that pulled, each once, sorted.
    pub machines: Vec<String>,
    /// USD an hour, where all of them cost the same.
    pub usd_per_hour: Option<f64>,
    /// Pulls that succeeded and whose seconds are known: what the figures rest on.
    pub pulls: usize,
    /// Pulls that succeeded without seconds, failed or have no end: they cost something that is not known.
    pub without_seconds: usize,
    /// The sum of the pulls' seconds. Pulls that run side by side on one node count each for itself.
    pub node_seconds: f64,
    /// What these cost.
    pub cost_usd: f64,
    /// Seconds in which a node pulled at all: what is paid for, where pulls run side by side on one node.
    pub occupied_seconds: f64,
    /// What these cost.
    pub occupied_usd: f64,
    /// Seconds lost in attempts that failed and in back-off, which are not in `node_seconds`.
    pub lost_seconds: f64,
    /// What these cost.
    pub lost_usd: f64,
}

impl PullCosts {
    /// Adds up what pulls cost by `columns`; `machine` tells what each ran on.
    ///
    /// Images that were present cost nothing and are left out.
    ///
    /// # Errors
    ///
    /// The first error of `machine`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use pullstudy_costmodel::{Prices, PullCosts, UnknownMachine};
    /// use pullstudy_events::{Clock, Column, Place, Pull, PullOutcome};
    ///
    /// let place = Arc::new(Place::new("events.json"));
    /// let mut pull = Pull::new(place, PullOutcome::Pulled);
    /// pull.including_waiting_seconds = Some(3600.0);
    ///
    /// let prices = Prices::builtin();
    /// let machine = |_: &Pull| prices.machine("c2d-standard-112");
    /// let pulls = [pull.clone(), pull];
    /// let costs = PullCosts::of(&pulls, &[Column::Experiment], Clock::default(), machine)?;
    /// assert_eq!(costs.total.cost_usd, 2.0 * 5.09);
    /// # Ok::<(), UnknownMachine>(())
    /// ```
    pub fn of<'m, E>(
        pulls: &'m [Pull],
        columns: &[Column],
        clock: Clock,
        machine: impl Fn(&Pull) -> Result<&'m Machine, E>,
    ) -> Result<Self, E> {
        let mut groups: BTreeMap<Key, Sum<'_>> = BTreeMap::new();
        let mut total = Sum::default();
        for pull in pulls
            .iter()
            .filter(|pull| pull.attempts > 0 || pull.seconds(clock).is_some())
        {
            let machine = machine(pull)?;
            let key = Key(columns.iter().map(|column| column.value(pull)).collect());
            groups.entry(key).or_default().add(pull, clock, machine);
            total.add(pull, clock, machine);
        }
        let rows = groups.into_iter().map(|(key, sum)| sum.row(key));
        Ok(Self {
            rows: rows.collect(),
            total: total.row(Key(Vec::new())),
        })
    }
}

#[derive(Default)]
struct Sum<'m> {
    machines: BTreeSet<&'m str>,
    rates: Vec<f64>,
    pulls: usize,
    without_seconds: usize,
    node_seconds: f64,
    cost_usd: f64,
    /// By machine type, with its rate.
    occupied: BTreeMap<&'m str, (f64, Occupied<'m>)>,
    lost_seconds: f64,
    lost_usd: f64,
}

impl<'m> Sum<'m> {
    fn add(&mut self, pull: &'m Pull, clock: Clock, machine: &'m Machine) {
        let rate = machine.usd_per_hour();
        if self.machines.insert(&machine.machine) {
            self.rates.push(rate);
        }
        let occupied = self.occupied.entry(&machine.machine);
        let (_, occupied) = occupied.or_insert_with(|| (rate, Occupied::default()));
        occupied.add(pull, clock);
        match pull.seconds(clock) {
            Some(seconds) => {
                self.pulls += 1;
                self.node_seconds += seconds;
                self.cost_usd += node_cost_usd(seconds, rate);
            }
            None => self.without_seconds += 1,
        }
        let lost = pull.lost_seconds.unwrap_or(0.0);
        self.lost_seconds += lost;
        self.lost_usd += node_cost_usd(lost, rate);
    }

    fn row(self, key: Key) -> PullCostRow {
        let first = self.rates.first().copied();
        let (mut occupied_seconds, mut occupied_usd) = (0.0, 0.0);
        for (rate, occupied) in self.occupied.into_values() {
            let seconds = occupied.seconds();
            occupied_seconds += seconds;
            occupied_usd += node_cost_usd(seconds, rate);
        }
        PullCostRow {
            key,
            machines: self.machines.into_iter().map(str::to_owned).collect(),
            usd_per_hour: first.filter(|first| self.rates.iter().all(|rate| rate == first)),
            pulls: self.pulls,
            without_seconds: self.without_seconds,
            node_seconds: self.node_seconds,
            cost_usd: self.cost_usd,
            occupied_seconds,
            occupied_usd,
            lost_seconds: self.lost_seconds,
            lost_usd: self.lost_usd,
        }
    }
}
