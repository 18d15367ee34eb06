//! What an hour of a machine costs.

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

use super::is_named;
use crate::cost_file::{amount, optional_amount, words};
use crate::nearest::question;

/// Hours in a month, as clouds count when they turn a price by the month into one by the hour.
const HOURS_PER_MONTH: f64 = 730.0;

/// A machine type and what it costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Machine {
    /// Who rents it out.
    #[serde(deserialize_with = "words")]
    pub provider: String,
    /// The machine type, such as `c2d-standard-112`.
    #[serde(deserialize_with = "words")]
    pub machine: String,
    /// USD an hour of the machine alone; [`usd_per_hour`](Self::usd_per_hour) has its extras, too.
    #[serde(rename = "usd_per_hour", deserialize_with = "amount")]
    pub base_usd_per_hour: f64,
    /// What is paid beside it: accelerators, disks.
    #[serde(default)]
    pub extras: Vec<Extra>,
    /// When the price was noted: a year, a month or a day, such as `2026-05`.
    #[serde(deserialize_with = "date")]
    pub date: String,
    /// Where the price comes from.
    #[serde(deserialize_with = "words")]
    pub source: String,
}

/// Something that is paid beside a machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "WrittenExtra")]
#[non_exhaustive]
pub struct Extra {
    /// What it is.
    pub name: String,
    /// How many of it a machine has.
    pub count: f64,
    /// What one of it costs.
    pub price: ExtraPrice,
}

/// What an extra costs, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub enum ExtraPrice {
    /// USD an hour: accelerators, disks of a fixed size.
    PerHour {
        /// USD an hour.
        usd: f64,
    },
    /// USD a month for each gigabyte: disks.
    PerGigabyteMonth {
        /// USD a gigabyte and month of 730 hours.
        usd: f64,
        /// Gigabytes of 1,000,000,000 bytes.
        gigabytes: f64,
    },
}

/// An extra as it stands in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenExtra {
    #[serde(deserialize_with = "words")]
    name: String,
    #[serde(default = "one", deserialize_with = "amount")]
    count: f64,
    #[serde(default, deserialize_with = "optional_amount")]
    usd_per_hour: Option<f64>,
    #[serde(default, deserialize_with = "optional_amount")]
    usd_per_gb_month: Option<f64>,
    #[serde(default, deserialize_with = "optional_amount")]
    gigabytes: Option<f64>,
}

/// No price is known of a machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no price for machine {name}{}", question(near))]
pub struct UnknownMachine {
    /// The machine asked for.
    pub name: String,
    /// Machines that may have been meant, the most likely first.
    pub near: Vec<String>,
}

impl Machine {
    /// Makes a machine without extras.
    #[must_use]
    pub fn new(provider: &str, machine: &str, usd_per_hour: f64, date: &str, source: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            machine: machine.to_owned(),
            base_usd_per_hour: usd_per_hour,
            extras: Vec::new(),
            date: date.to_owned(),
            source: source.to_owned(),
        }
    }

    /// Returns what an hour of the machine costs with all its extras, in USD.
    #[must_use]
    pub fn usd_per_hour(&self) -> f64 {
        let extras: f64 = self.extras.iter().map(Extra::usd_per_hour).sum();
        self.base_usd_per_hour + extras
    }

    /// Tells whether a name, with or without the provider, is this machine's.
    pub(super) fn is(&self, name: &str) -> bool {
        is_named(name, &self.provider, &self.machine)
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.provider.eq_ignore_ascii_case(&other.provider)
            && self.machine.eq_ignore_ascii_case(&other.machine)
    }
}

impl Extra {
    /// Returns what all of it costs in an hour, in USD.
    #[must_use]
    pub fn usd_per_hour(&self) -> f64 {
        let one = match self.price {
            ExtraPrice::PerHour { usd } => usd,
            ExtraPrice::PerGigabyteMonth { usd, gigabytes } => usd * gigabytes / HOURS_PER_MONTH,
        };
        self.count * one
    }
}

impl TryFrom<WrittenExtra> for Extra {
    type Error = &'static str;

    fn try_from(extra: WrittenExtra) -> Result<Self, Self::Error> {
        let price = match (extra.usd_per_hour, extra.usd_per_gb_month, extra.gigabytes) {
            (Some(usd), None, None) => ExtraPrice::PerHour { usd },
            (None, Some(usd), Some(gigabytes)) => ExtraPrice::PerGigabyteMonth { usd, gigabytes },
            _ => {
                return Err(
                    "an extra has either usd_per_hour, or usd_per_gb_month and gigabytes: give one of these",
                );
            }
        };
        Ok(Self {
            name: extra.name,
            count: extra.count,
            price,
        })
    }
}

fn one() -> f64 {
    1.0
}

/// Reads `2026`, `2026-05` or `2026-05-17`. YAML takes a year for a number.
pub(super) fn date<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let is_date = [4, 2, 2].starts_with(&lengths) && text.split('-').all(digits);
    if is_date {
        return Ok(text);
    }
    let reason = format!("{text} is no date: write a year, a month or a day such as 2026-05");
    Err(D::Error::custom(reason))
}
