//! What a registry is asked for, and what it asks for that.

use std::ops::{Add, AddAssign};

use crate::prices::TransferPrice;

/// Prices are by the gigabyte of 1,000,000,000 bytes.
const BYTES_PER_GB: f64 = 1e9;

/// What leaves a registry, and how often it is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traffic {
    /// Bytes of layers, as they are stored: without configs, manifests, headers and retries.
    pub egress_bytes: u64,
    /// Requests for a manifest, a config and each layer. A tag that is looked up first, an index and tokens are not
    /// counted.
    pub requests: u64,
}

/// What traffic and storage cost. `None` where the price is not known.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[non_exhaustive]
pub struct TransferCost {
    /// What the bytes cost.
    pub egress_usd: Option<f64>,
    /// What the requests cost.
    pub requests_usd: Option<f64>,
}

impl Traffic {
    /// Returns the traffic of one pull of which so many layers were new on the node.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_costmodel::Traffic;
    ///
    /// let pull = Traffic::of_pull(9, 3_000_000_000);
    /// assert_eq!(pull.requests, 11, "manifest, config and nine layers");
    /// ```
    #[must_use]
    pub fn of_pull(new_layers: u64, new_layer_bytes: u64) -> Self {
        Self {
            egress_bytes: new_layer_bytes,
            requests: new_layers.saturating_add(2),
        }
    }

    /// Returns the traffic of so many nodes that each do the same.
    #[must_use]
    pub fn times(self, nodes: u64) -> Self {
        Self {
            egress_bytes: self.egress_bytes.saturating_mul(nodes),
            requests: self.requests.saturating_mul(nodes),
        }
    }
}

impl Add for Traffic {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            egress_bytes: self.egress_bytes.saturating_add(other.egress_bytes),
            requests: self.requests.saturating_add(other.requests),
        }
    }
}

impl AddAssign for Traffic {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl TransferPrice {
    /// Returns what traffic costs.
    #[must_use]
    pub fn cost(&self, traffic: &Traffic) -> TransferCost {
        let gigabytes = traffic.egress_bytes as f64 / BYTES_PER_GB;
        let millions = traffic.requests as f64 / 1e6;
        TransferCost {
            egress_usd: self.egress_usd_per_gb.map(|usd| usd * gigabytes),
            requests_usd: self.usd_per_million_requests.map(|usd| usd * millions),
        }
    }

    /// Returns what bytes cost that are stored for a month; `None` where the price is not known.
    #[must_use]
    pub fn storage_usd_per_month(&self, stored_bytes: u64) -> Option<f64> {
        let gigabytes = stored_bytes as f64 / BYTES_PER_GB;
        self.storage_usd_per_gb_month.map(|usd| usd * gigabytes)
    }
}
