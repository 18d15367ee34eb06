//! What pulling container images costs: seconds and bytes to money, models of pull times, and predictions.
//!
//! - [`Prices`], [`Machine`], [`TransferPrice`]: what an hour of a machine and a byte of traffic cost, each price with
//!   its date and its source.
//! - [`node_cost_usd`]: node-seconds to money.
//!
//! ```
//! use pullstudy_costmodel::{Prices, node_cost_usd};
//!
//! let prices = Prices::builtin();
//! let machine = prices.machine("n1-standard-16")?;
//! // 256 nodes that wait two minutes for an image.
//! let cost_usd = node_cost_usd(256.0 * 120.0, machine.usd_per_hour());
//! assert!((cost_usd - 6.485).abs() < 0.001);
//! # Ok::<(), pullstudy_costmodel::UnknownMachine>(())
//! ```
#![forbid(unsafe_code)]

mod bill;
mod cost_file;
mod nearest;
mod prices;

pub use bill::node_cost_usd;
pub use cost_file::ReadCostFileError;
pub use prices::{
    Extra, ExtraPrice, Machine, Prices, TransferPrice, UnknownMachine, UnknownTransferPrice,
};
