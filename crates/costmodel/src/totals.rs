//! Node-seconds that were added up elsewhere, and what somebody published of them.

use std::path::Path;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::bill::{SECONDS_PER_HOUR, node_cost_usd};
use crate::cost_file::{ReadCostFileError, amount, optional_amount, parse, read_file, words};
use crate::prices::{Machine, Prices, UnknownMachine};

/// The published study's six rows.
const STUDY: &str = include_str!("../study/totals.yaml");

/// What an empty file should hold.
const REMEDY: &str = "write format_version: 1 and rows, each with label, machine and node_seconds";

/// Node-seconds by machine, as a file has them.
///
/// # Examples
///
/// ```
/// use pullstudy_costmodel::{Prices, Totals};
///
/// let bill = Totals::study().bill(&Prices::builtin())?;
/// assert_eq!(format!("{:.2}", bill.cost_usd), "658.70");
/// assert_eq!(bill.published_usd.map(|usd| format!("{usd:.4}")).as_deref(), Some("658.3481"));
/// // 71354.425 seconds are 19.8207 hours; 19.83 were typed.
/// let slips: Vec<f64> = bill.rows.iter().filter_map(|row| row.slip_hours).collect();
/// assert_eq!(slips, [19.82]);
/// # Ok::<(), pullstudy_costmodel::UnknownMachine>(())
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Totals {
    #[serde(rename = "format_version")]
    _format_version: u32,
    /// What the rows are of.
    #[serde(default)]
    pub title: Option<String>,
    /// The rows, at least one.
    #[serde(deserialize_with = "some")]
    pub rows: Vec<TotalsRow>,
    /// The sum that was published, in USD.
    #[serde(default, deserialize_with = "optional_amount")]
    pub published_total_usd: Option<f64>,
}

/// Seconds that nodes of one machine type spent.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TotalsRow {
    /// What the seconds are of.
    #[serde(deserialize_with = "words")]
    pub label: String,
    /// The machine type, whose price is looked up.
    #[serde(deserialize_with = "words")]
    pub machine: String,
    /// Seconds, those of all nodes together.
    #[serde(deserialize_with = "amount")]
    pub node_seconds: f64,
    /// USD an hour in place of the machine's price.
    #[serde(default, deserialize_with = "optional_amount")]
    pub usd_per_hour: Option<f64>,
    /// What was published of the row.
    #[serde(default)]
    pub published: Option<PublishedCost>,
}

/// What somebody typed.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PublishedCost {
    /// Node-hours.
    #[serde(deserialize_with = "amount")]
    pub hours: f64,
    /// Their cost.
    #[serde(deserialize_with = "amount")]
    pub cost_usd: f64,
}

/// What all rows cost.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TotalsBill {
    /// The rows, in the order of the file.
    pub rows: Vec<BilledRow>,
    /// The sum of their seconds.
    pub node_seconds: f64,
    /// The sum of their costs, nothing rounded.
    pub cost_usd: f64,
    /// The sum of what was published of the rows; `None` unless it was of all.
    pub published_usd: Option<f64>,
}

/// What a row costs.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BilledRow {
    /// What the seconds are of.
    pub label: String,
    /// The machine type.
    pub machine: String,
    /// Seconds of all nodes together.
    pub node_seconds: f64,
    /// The rate that was used.
    pub usd_per_hour: f64,
    /// The machine's rate by the list of prices, where the row has another.
    pub listed_usd_per_hour: Option<f64>,
    /// `node_seconds / 3600`, not rounded.
    pub hours: f64,
    /// `hours × usd_per_hour`, not rounded.
    pub cost_usd: f64,
    /// What was published.
    pub published: Option<PublishedCost>,
    /// What the hours are when they are rounded to as many places as were typed, where something else was typed.
    pub slip_hours: Option<f64>,
}

impl Totals {
    /// Returns the published study's rows: seconds by cloud and kind of node, with the hours and products as typed.
    #[must_use]
    pub fn study() -> Self {
        parse("totals.yaml", STUDY, REMEDY).expect("a test reads the file that is built in")
    }

    /// Reads rows from YAML; `name` is what messages call it.
    ///
    /// # Errors
    ///
    /// [`ReadCostFileError`] with the line and what is wrong there.
    pub fn from_yaml(name: &str, text: &str) -> Result<Self, ReadCostFileError> {
        parse(name, text, REMEDY)
    }

    /// Reads rows from a file; see [`from_yaml`](Self::from_yaml).
    ///
    /// # Errors
    ///
    /// [`ReadCostFileError`] with the file's name.
    pub fn read(file: impl AsRef<Path>) -> Result<Self, ReadCostFileError> {
        read_file(file.as_ref(), REMEDY)
    }

    /// Returns what the rows cost.
    ///
    /// # Errors
    ///
    /// [`UnknownMachine`] for the first machine without a price, unless its row has a rate of its own.
    pub fn bill(&self, prices: &Prices) -> Result<TotalsBill, UnknownMachine> {
        let rows: Vec<BilledRow> = self
            .rows
            .iter()
            .map(|row| row.bill(prices))
            .collect::<Result<_, _>>()?;
        let published = rows.iter().map(|row| row.published);
        let published = published.map(|published| published.map(|cost| cost.cost_usd));
        Ok(TotalsBill {
            node_seconds: rows.iter().map(|row| row.node_seconds).sum(),
            cost_usd: rows.iter().map(|row| row.cost_usd).sum(),
            published_usd: published.sum(),
            rows,
        })
    }
}

impl TotalsRow {
    fn bill(&self, prices: &Prices) -> Result<BilledRow, UnknownMachine> {
        let listed = prices.machine(&self.machine).map(Machine::usd_per_hour);
        let (usd_per_hour, listed) = match (self.usd_per_hour, listed) {
            (Some(own), listed) => (
                own,
                listed.ok().filter(|listed| !is_same_rate(*listed, own)),
            ),
            (None, listed) => (listed?, None),
        };
        let hours = self.node_seconds / SECONDS_PER_HOUR;
        Ok(BilledRow {
            label: self.label.clone(),
            machine: self.machine.clone(),
            node_seconds: self.node_seconds,
            usd_per_hour,
            listed_usd_per_hour: listed,
            hours,
            cost_usd: node_cost_usd(self.node_seconds, usd_per_hour),
            published: self.published,
            slip_hours: self.published.and_then(|typed| slip(hours, typed.hours)),
        })
    }
}

fn some<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<TotalsRow>, D::Error> {
    let rows = Vec::deserialize(from)?;
    if rows.is_empty() {
        return Err(D::Error::custom(
            "there is no row: list at least one with label, machine and node_seconds",
        ));
    }
    Ok(rows)
}

/// Rates are sums of prices: what the last bit says is nobody's price.
fn is_same_rate(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

/// Rounds to as many places as the typed number has, and returns the result if it is another number.
fn slip(hours: f64, typed: f64) -> Option<f64> {
    let places = typed
        .to_string()
        .split_once('.')
        .map_or(0, |(_, places)| places.len());
    let rounded: f64 = format!("{hours:.places$}").parse().ok()?;
    (rounded != typed).then_some(rounded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_study_comes_out() {
        let expected = [
            ("google gke cpu", 45.3204, 8.9, 45.301, 3),
            ("google gke gpu", 224.5437, 9.6, 224.256, 3),
            ("aws eks cpu", 25.7206, 8.46, 25.718, 3),
            ("aws eks gpu", 144.6077, 4.19, 144.5131, 4),
            ("azure aks cpu", 71.3544, 19.83, 71.39, 2),
            ("azure aks gpu", 147.1549, 6.68, 147.17, 2),
        ];
        let bill = Totals::study().bill(&Prices::builtin()).unwrap();
        assert_eq!(bill.rows.len(), expected.len());
        for (row, (label, cost_usd, hours, typed_usd, places)) in bill.rows.iter().zip(expected) {
            let typed = row.published.unwrap();
            assert_eq!(
                (&*row.label, typed.hours, typed.cost_usd),
                (label, hours, typed_usd)
            );
            assert!((row.cost_usd - cost_usd).abs() < 5e-5, "{row:?}");
            // What was typed is hours times rate, rounded to as many places as the authors liked.
            let product = format!("{:.places$}", typed.hours * row.usd_per_hour);
            assert_eq!(product.parse::<f64>().unwrap(), typed.cost_usd, "{label}");
            assert_eq!(
                row.slip_hours.is_some(),
                label == "azure aks cpu",
                "{row:?}"
            );
        }
        assert!((bill.cost_usd - 658.7018).abs() < 5e-5);
        assert!((bill.published_usd.unwrap() - 658.3481).abs() < 1e-9);
        assert_eq!(Totals::study().published_total_usd, Some(658.3481));
    }

    #[test]
    fn the_rate_that_was_rounded_is_told() {
        let bill = Totals::study().bill(&Prices::builtin()).unwrap();
        let told: Vec<_> = bill
            .rows
            .iter()
            .filter(|row| row.listed_usd_per_hour.is_some())
            .collect();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].label, "aws eks gpu");
        assert!((told[0].listed_usd_per_hour.unwrap() - 34.493).abs() < 1e-9);
    }

    #[test]
    fn hours_are_compared_at_the_places_typed() {
        assert_eq!(slip(19.8207, 19.83), Some(19.82));
        assert_eq!(slip(9.6123, 9.6), None);
        assert_eq!(slip(8.9038, 8.9), None);
        assert_eq!(slip(8.9038, 9.0), None);
    }
}
