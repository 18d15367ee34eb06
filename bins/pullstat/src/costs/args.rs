//! Prices, and which machine pulled: arguments that the commands share.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

use pullstudy_console::{UsageError, in_words, say};
use pullstudy_costmodel::{
    Machine, Prices, ReadCostFileError, TransferPrice, UnknownMachine, UnknownTransferPrice,
};
use pullstudy_events::Pull;

/// Where prices come from.
#[derive(Debug, clap::Args)]
pub(crate) struct PriceArgs {
    /// Prices of your own; they count before those that come with pullstat, and a later file before an earlier one
    #[arg(long = "prices", value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// What the nodes are.
#[derive(Debug, clap::Args)]
pub(super) struct MachineArgs {
    /// What the nodes are, such as c2d-standard-112; once for each experiment, where these differ
    #[arg(long = "machine", value_name = "[EXPERIMENT=]MACHINE", required = true)]
    machines: Vec<MachineOf>,
}

/// What the nodes are, where a command can do without.
#[derive(Debug, clap::Args)]
pub(crate) struct SomeMachineArgs {
    /// What the nodes are, such as c2d-standard-112; once for each experiment, where these differ
    #[arg(long = "machine", value_name = "[EXPERIMENT=]MACHINE")]
    machines: Vec<MachineOf>,
}

/// What nodes of one kind cost, where a command can do without.
#[derive(Debug, clap::Args)]
pub(crate) struct OneMachineArgs {
    #[command(flatten)]
    prices: PriceArgs,
    /// What the nodes are, such as c2d-standard-112, so that their time is told in USD
    #[arg(long, value_name = "MACHINE")]
    machine: Option<String>,
}

impl OneMachineArgs {
    /// Looks the price of an hour up, and says where it comes from; `None` if no machine is named.
    pub(crate) fn usd_per_hour(&self) -> Result<Option<f64>, UsageError> {
        let prices = self.prices.read()?;
        let Some(name) = &self.machine else {
            return Ok(None);
        };
        let machine = prices
            .machine(name)
            .map_err(|error| unpriced(&"--machine", &error))?;
        tell_machine(machine);
        Ok(Some(machine.usd_per_hour()))
    }
}

/// What a registry asks for.
#[derive(Debug, clap::Args)]
pub(super) struct TransferArgs {
    /// What traffic and storage cost, such as ecr-internet; without it they are counted and not priced
    #[arg(long = "transfer", value_name = "NAME")]
    name: Option<String>,
}

/// A machine, for all experiments or for one.
#[derive(Debug, Clone)]
struct MachineOf {
    experiment: Option<String>,
    machine: String,
}

/// The machines of a command line at their prices.
#[derive(Debug)]
pub(crate) struct Machines<'p> {
    of_all: Option<&'p Machine>,
    of_experiments: Vec<(&'p str, &'p Machine)>,
}

impl FromStr for MachineOf {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (experiment, machine) = match text.split_once('=') {
            Some((experiment, machine)) => (Some(experiment.to_owned()), machine),
            None => (None, text),
        };
        if machine.is_empty() || experiment.as_ref().is_some_and(String::is_empty) {
            return Err("expected a machine such as n1-standard-16, or run1=n1-standard-16");
        }
        Ok(Self {
            experiment,
            machine: machine.to_owned(),
        })
    }
}

impl PriceArgs {
    /// Reads the prices that come with the program, and those of the files on top of them.
    pub(super) fn read(&self) -> Result<Prices, UsageError> {
        self.read_beside(&[])
    }

    /// Reads the prices of `found` files too; those that are named come on top.
    pub(crate) fn read_beside<'a>(
        &'a self,
        found: impl IntoIterator<Item = &'a PathBuf>,
    ) -> Result<Prices, UsageError> {
        let mut prices = Prices::builtin();
        for file in found.into_iter().chain(&self.files) {
            prices.add(Prices::read(file).map_err(|error| unreadable(&error))?);
        }
        Ok(prices)
    }
}

/// A file that is named on the command line and cannot be used is a mistake of the command line.
pub(super) fn unreadable(error: &ReadCostFileError) -> UsageError {
    UsageError(in_words(error))
}

/// Names what would help where a price is missing.
pub(super) fn unpriced(wanted: &dyn Display, error: &UnknownMachine) -> UsageError {
    UsageError(format!(
        "{wanted}: {error}{} pullstat cost prices lists them, --prices FILE adds yours",
        if error.near.is_empty() { ";" } else { "" }
    ))
}

fn unpriced_transfer(error: &UnknownTransferPrice) -> UsageError {
    UsageError(format!(
        "--transfer: {error}{} pullstat cost prices lists them, --prices FILE adds yours",
        if error.near.is_empty() { ";" } else { "" }
    ))
}

impl TransferArgs {
    /// Looks the price up.
    pub(super) fn find<'p>(
        &self,
        prices: &'p Prices,
    ) -> Result<Option<&'p TransferPrice>, UsageError> {
        let found = self.name.as_deref().map(|name| prices.transfer(name));
        found.transpose().map_err(|error| unpriced_transfer(&error))
    }
}

impl MachineArgs {
    /// Looks the prices up, before anything else is done.
    pub(super) fn find<'p>(&'p self, prices: &'p Prices) -> Result<Machines<'p>, UsageError> {
        Machines::find(&self.machines, prices)
    }
}

impl SomeMachineArgs {
    /// Tells whether prices are asked for.
    pub(crate) fn are_named(&self) -> bool {
        !self.machines.is_empty()
    }

    /// Looks the prices up, before anything else is done; `None` if no machine is named.
    pub(crate) fn find<'p>(
        &'p self,
        prices: &'p Prices,
    ) -> Result<Option<Machines<'p>>, UsageError> {
        match &*self.machines {
            [] => Ok(None),
            machines => Machines::find(machines, prices).map(Some),
        }
    }
}

impl<'p> Machines<'p> {
    fn find(machines: &'p [MachineOf], prices: &'p Prices) -> Result<Self, UsageError> {
        let mut found = Self {
            of_all: None,
            of_experiments: Vec::new(),
        };
        let mut named = BTreeSet::new();
        for asked in machines {
            let machine = prices
                .machine(&asked.machine)
                .map_err(|error| unpriced(&"--machine", &error))?;
            if !named.insert(&asked.experiment) {
                return Err(twice(asked));
            }
            match &asked.experiment {
                Some(experiment) => found.of_experiments.push((experiment, machine)),
                None => found.of_all = Some(machine),
            }
        }
        Ok(found)
    }
}

fn twice(asked: &MachineOf) -> UsageError {
    UsageError(match &asked.experiment {
        Some(experiment) => format!(
            "--machine {experiment}={}: {experiment} has a machine already; name one for each experiment",
            asked.machine
        ),
        None => format!(
            "--machine {}: there is a machine already; write EXPERIMENT={} where experiments differ",
            asked.machine, asked.machine
        ),
    })
}

impl<'p> Machines<'p> {
    /// Returns what a pull ran on.
    pub(crate) fn of(&self, pull: &Pull) -> Result<&'p Machine, UsageError> {
        let experiment = pull.place.experiment.as_deref();
        let own = self
            .of_experiments
            .iter()
            .find(|(named, _)| Some(*named) == experiment)
            .map(|(_, machine)| *machine);
        own.or(self.of_all).ok_or_else(|| {
            let experiment = experiment.unwrap_or("a log outside of any experiment");
            UsageError(format!(
                "no machine is named for {experiment}: add --machine {experiment}=MACHINE, or --machine MACHINE for all others"
            ))
        })
    }

    /// Refuses machines of experiments that there are not.
    pub(crate) fn check(&self, pulls: &[Pull]) -> Result<(), UsageError> {
        let experiments: BTreeSet<&str> = pulls
            .iter()
            .filter_map(|pull| pull.place.experiment.as_deref())
            .collect();
        let strange = self
            .of_experiments
            .iter()
            .find(|(named, _)| !experiments.contains(named));
        let Some((named, machine)) = strange else {
            return Ok(());
        };
        let experiments: Vec<&str> = experiments.into_iter().collect();
        Err(UsageError(format!(
            "--machine {named}={}: there are no pulls of {named}; there are those of {}",
            machine.machine,
            if experiments.is_empty() {
                "no experiment".to_owned()
            } else {
                experiments.join(", ")
            }
        )))
    }

    /// Says where the prices come from.
    pub(super) fn tell(&self) {
        self.words()
            .iter()
            .for_each(|line| say(format_args!("{line}")));
    }

    /// Returns where the prices come from.
    pub(crate) fn words(&self) -> Vec<String> {
        let machines = self.of_experiments.iter().map(|(_, machine)| *machine);
        let mut told = BTreeSet::new();
        let machines = self.of_all.into_iter().chain(machines);
        let machines = machines.filter(|machine| told.insert(&machine.machine));
        machines.map(machine_words).collect()
    }
}

/// Says what a machine's price is made of, and where it comes from.
pub(super) fn tell_machine(machine: &Machine) {
    say(format_args!("{}", machine_words(machine)));
}

fn machine_words(machine: &Machine) -> String {
    format!(
        "{} at {} USD an hour, noted {}: {}",
        machine.machine,
        price_words(machine.usd_per_hour()),
        machine.date,
        machine.source
    )
}

/// A price with the digits it has; sums of prices end with a rounding error that nobody asks for.
pub(super) fn price_words(usd: f64) -> String {
    let text = format!("{usd:.6}");
    let text = text.trim_end_matches('0');
    match text.split_once('.') {
        Some((whole, cents)) => format!("{whole}.{cents:0<2}"),
        None => text.to_owned(),
    }
}
