//! What a registry asks for its traffic and its storage.

use serde::{Deserialize, Serialize};

use super::is_named;
use super::machine::date;
use crate::cost_file::{optional_amount, words};
use crate::nearest::question;

/// What a registry asks for. What is `None` is not known, which is not the same as free.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TransferPrice {
    /// Who asks for it.
    #[serde(deserialize_with = "words")]
    pub provider: String,
    /// The registry and the way to it, such as `ecr-internet`.
    #[serde(deserialize_with = "words")]
    pub name: String,
    /// USD for each 1,000,000,000 bytes that leave the registry.
    #[serde(default, deserialize_with = "optional_amount")]
    pub egress_usd_per_gb: Option<f64>,
    /// USD for each million requests.
    #[serde(default, deserialize_with = "optional_amount")]
    pub usd_per_million_requests: Option<f64>,
    /// USD a month for each 1,000,000,000 bytes stored.
    #[serde(default, deserialize_with = "optional_amount")]
    pub storage_usd_per_gb_month: Option<f64>,
    /// When the price was noted: a year, a month or a day, such as `2026-05`.
    #[serde(deserialize_with = "date")]
    pub date: String,
    /// Where the price comes from.
    #[serde(deserialize_with = "words")]
    pub source: String,
}

/// No price of transfers has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no price of transfers named {name}{}", question(near))]
pub struct UnknownTransferPrice {
    /// The name asked for.
    pub name: String,
    /// Names that may have been meant, the most likely first.
    pub near: Vec<String>,
}

impl TransferPrice {
    pub(super) fn is(&self, name: &str) -> bool {
        is_named(name, &self.provider, &self.name)
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.provider.eq_ignore_ascii_case(&other.provider)
            && self.name.eq_ignore_ascii_case(&other.name)
    }
}
