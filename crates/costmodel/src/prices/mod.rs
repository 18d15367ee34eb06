//! What machines and transfers cost, each price with its date and its source.

mod machine;
mod transfer;

use std::path::Path;

use serde::Deserialize;

pub use machine::{Extra, ExtraPrice, Machine, UnknownMachine};
pub use transfer::{TransferPrice, UnknownTransferPrice};

use crate::cost_file::{ReadCostFileError, parse, read_file};
use crate::nearest::nearest;

/// The prices that come with the crate.
const BUILTIN: &str = include_str!("../../prices.yaml");

/// What an empty file should hold.
const REMEDY: &str = "write format_version: 1 and at least one machine with machine, provider, usd_per_hour, date and source";

/// Prices of machines and of transfers.
///
/// # Examples
///
/// ```
/// use pullstudy_costmodel::Prices;
///
/// let mut prices = Prices::builtin();
/// assert_eq!(prices.machine("c2d-standard-112")?.usd_per_hour(), 5.09);
/// // Eight accelerators at 2.48 beside 3.52.
/// assert_eq!(prices.machine("google/n1-standard-32+8xV100")?.usd_per_hour(), 23.36);
///
/// prices.add(Prices::from_yaml("mine.yaml", "
/// format_version: 1
/// machines:
/// - {machine: rack-7, provider: ourselves, usd_per_hour: 1.10, date: 2026-05, source: finance department}
/// ")?);
/// assert_eq!(prices.machine("rack-7")?.usd_per_hour(), 1.1);
///
/// let error = prices.machine("c2d-standrad-112").unwrap_err();
/// assert!(error.to_string().contains("did you mean c2d-standard-112?"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    #[serde(rename = "format_version", skip_serializing, default)]
    _format_version: u32,
    #[serde(default)]
    machines: Vec<Machine>,
    #[serde(default)]
    transfers: Vec<TransferPrice>,
}

impl Prices {
    /// Returns the prices that come with the crate: the published study's, and the few that its scenarios need.
    #[must_use]
    pub fn builtin() -> Self {
        parse("prices.yaml", BUILTIN, REMEDY).expect("a test reads the file that is built in")
    }

    /// Reads prices from YAML; `name` is what messages call it.
    ///
    /// # Errors
    ///
    /// [`ReadCostFileError`] with the line and what is wrong there: a key that is not known, a price that is negative
    /// or no number, a price without a source.
    pub fn from_yaml(name: &str, text: &str) -> Result<Self, ReadCostFileError> {
        parse(name, text, REMEDY)
    }

    /// Reads prices from a file; see [`from_yaml`](Self::from_yaml).
    ///
    /// # Errors
    ///
    /// [`ReadCostFileError`] with the file's name.
    pub fn read(file: impl AsRef<Path>) -> Result<Self, ReadCostFileError> {
        read_file(file.as_ref(), REMEDY)
    }

    /// Adds prices; where both have a price of the same name by the same provider, the added one counts.
    pub fn add(&mut self, more: Self) {
        self.machines
            .retain(|machine| more.machines.iter().all(|new| !new.is_same(machine)));
        self.transfers
            .retain(|price| more.transfers.iter().all(|new| !new.is_same(price)));
        self.machines.extend(more.machines);
        self.transfers.extend(more.transfers);
    }

    /// Returns the price of a machine type, such as `c2d-standard-112` or `google/c2d-standard-112`; upper and lower
    /// case are alike. Without a provider it is the last one of that name.
    ///
    /// # Errors
    ///
    /// [`UnknownMachine`] with the names that may have been meant.
    pub fn machine(&self, name: &str) -> Result<&Machine, UnknownMachine> {
        let found = self.machines.iter().rev().find(|machine| machine.is(name));
        found.ok_or_else(|| UnknownMachine {
            name: name.to_owned(),
            near: nearest(name, self.machines.iter().map(|machine| &*machine.machine)),
        })
    }

    /// Returns a price of transfers, such as `ecr-internet` or `aws/ecr-internet`.
    ///
    /// # Errors
    ///
    /// [`UnknownTransferPrice`] with the names that may have been meant.
    pub fn transfer(&self, name: &str) -> Result<&TransferPrice, UnknownTransferPrice> {
        let found = self.transfers.iter().rev().find(|price| price.is(name));
        found.ok_or_else(|| UnknownTransferPrice {
            name: name.to_owned(),
            near: nearest(name, self.transfers.iter().map(|price| &*price.name)),
        })
    }

    /// Returns all machines, in the order of their files.
    #[must_use]
    pub fn machines(&self) -> &[Machine] {
        &self.machines
    }

    /// Returns all prices of transfers, in the order of their files.
    #[must_use]
    pub fn transfers(&self) -> &[TransferPrice] {
        &self.transfers
    }
}

/// Tells whether a name, with or without a provider, is this one.
fn is_named(asked: &str, provider: &str, name: &str) -> bool {
    asked.eq_ignore_ascii_case(name)
        || asked
            .split_once('/')
            .is_some_and(|(asked_provider, asked_name)| {
                asked_provider.eq_ignore_ascii_case(provider)
                    && asked_name.eq_ignore_ascii_case(name)
            })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prices_that_are_built_in_can_be_read() {
        let prices = parse::<Prices>("prices.yaml", BUILTIN, REMEDY).unwrap();
        assert_eq!(prices.machines.len(), 10);
        assert_eq!(prices.transfers.len(), 2);
    }

    #[test]
    fn every_price_of_the_study_is_there() {
        let prices = Prices::builtin();
        let expected = [
            ("c2d-standard-112", 5.09),
            ("n1-standard-32+8xV100", 8.0 * 2.48 + 3.52),
            ("hpc6a.48xlarge", 2.88 + 0.16),
            ("p3dn.24xlarge", 34.333 + 0.16),
            ("Standard_HB120rs_v3", 3.60),
            ("Standard_ND40rs_v2", 22.032),
            ("p5.48xlarge", 98.32),
        ];
        for (name, usd) in expected {
            let found = prices.machine(name).unwrap().usd_per_hour();
            assert!((found - usd).abs() < 1e-12, "{name}: {found}");
        }
    }

    #[test]
    fn a_later_file_counts() {
        let mut prices = Prices::builtin();
        let count = prices.machines.len();
        prices.add(
            Prices::from_yaml(
                "mine.yaml",
                "format_version: 1\nmachines:\n- {machine: C2D-standard-112, provider: Google, usd_per_hour: 4, date: 2026, source: contract}",
            )
            .unwrap(),
        );
        assert_eq!(prices.machines.len(), count);
        assert_eq!(
            prices.machine("c2d-standard-112").unwrap().usd_per_hour(),
            4.0
        );
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        let machine = |key: &str, value: &str| {
            let given = [
                ("machine", "m"),
                ("provider", "p"),
                ("usd_per_hour", "1"),
                ("date", "2026-05"),
                ("source", "s"),
            ];
            let lines = given.map(|(known, text)| {
                format!("  {known}: {}\n", if known == key { value } else { text })
            });
            format!("format_version: 1\nmachines:\n-\n{}", lines.concat())
        };
        let cases = [
            (
                machine("usd_per_hour", "-1"),
                "x.yaml, line 6: -1 is no amount",
            ),
            (
                machine("usd_per_hour", ".nan"),
                "x.yaml, line 6: value `.nan` is not a finite number",
            ),
            (
                machine("usd_per_hour", ".inf"),
                "x.yaml, line 6: value `.inf` is not a finite number",
            ),
            (
                machine("source", "''"),
                "x.yaml, line 8: an empty text says nothing",
            ),
            (
                machine("date", "yesterday"),
                "x.yaml, line 7: yesterday is no date",
            ),
            (
                machine("", "").replace("usd_per_hour", "usd_per_huor"),
                "x.yaml, line 6: usd_per_huor is unknown: did you mean usd_per_hour?",
            ),
            (
                "format_version: 7\nfuture: true".to_owned(),
                "x.yaml has format_version 7; this version reads 1: take a newer one",
            ),
            (
                "machines: []".to_owned(),
                "x.yaml, line 1: format_version is missing",
            ),
            (String::new(), "x.yaml is empty: write format_version: 1"),
        ];
        for (text, expected) in cases {
            let error = Prices::from_yaml("x.yaml", &text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}\n{text}");
        }
    }
}
