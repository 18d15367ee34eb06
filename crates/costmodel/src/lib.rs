//! What pulling container images costs: seconds and bytes to money, models of pull times, and predictions.
//!
//! - [`Prices`], [`Machine`], [`TransferPrice`]: what an hour of a machine and a byte of traffic cost, each price with
//!   its date and its source.
//! - [`node_cost_usd`], [`PullCosts`], [`Totals`]: node-seconds to money, of measured pulls and of sums.
//! - [`gangs`], [`WaitingCost`]: what it costs that nodes wait for each other.
//! - [`Traffic`]: what a registry is asked for, and what that costs.
//! - [`RedundancyScenario`], [`Redundancy`]: what sharing layers is worth; [`Strategy`], [`BreakEven`]: from how many
//!   pulls on something pays.
//! - [`MachineChoice`]: whether a faster machine is worth its price.
//! - [`fit`]: measured pulls ([`Observation`]) to a [`NodeProfile`], a small file one can share.
//! - [`NodeProfile::predict`]: seconds of a pull before anything is pulled.
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
//!
//! ```
//! use pullstudy_costmodel::{FitOptions, Observation, Sizes, fit};
//!
//! let pull = |seconds, gigabytes: u64| Observation::new("app", seconds).unpacked_bytes(gigabytes * 1_000_000_000);
//! let pulls = [pull(9.0, 1), pull(16.1, 2), pull(23.0, 3), pull(29.9, 4), pull(37.0, 5)];
//! let profile = fit(&pulls, &FitOptions::default())?.profile;
//! let prediction = profile.predict(&Sizes { unpacked_bytes: Some(3_500_000_000), ..Sizes::default() })?;
//! assert!((prediction.median_seconds - 26.5).abs() < 0.5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Errors
//!
//! [`ReadCostFileError`] of files of prices, sums and scenarios, [`UnknownMachine`] with the names that are near,
//! [`FitError`] and [`ProfileFileError`] of profiles, [`PredictError`] of predictions. None is worth another try.
//!
//! # Links
//!
//! [From pulls to money](https://github.com/pullstudy/pullstudy/blob/main/docs/cost.md) and [models of pull times](https://github.com/pullstudy/pullstudy/blob/main/docs/fit.md) have the definitions and the keys of the files.
#![forbid(unsafe_code)]

mod bill;
mod break_even;
mod cost_file;
mod machine_choice;
mod model;
mod nearest;
mod occupied;
mod prices;
mod pull_cost;
mod redundancy;
mod totals;
mod transfer_cost;
mod waiting;

pub use bill::node_cost_usd;
pub use break_even::{BreakEven, Strategy};
pub use cost_file::ReadCostFileError;
pub use machine_choice::{MachineChoice, MachineSide};
pub use model::{
    BreakpointChoice, Collinear, Derived, Extrapolation, FitError, FitOptions, Fitted,
    FittedObservation, LeftOut, LeftOutReason, MeasuredImage, ModelFit, NodeProfile, Observation,
    PredictError, Prediction, ProfileBreakpoint, ProfileFileError, ProfileTerm, Range,
    ResidualBand, Sizes, Term, UnknownTerm, fit,
};
pub use prices::{
    Extra, ExtraPrice, Machine, Prices, TransferPrice, UnknownMachine, UnknownTransferPrice,
};
pub use pull_cost::{PullCostRow, PullCosts};
pub use redundancy::{
    Bandwidth, Cluster, ClusterError, LayerSize, Load, LoadCost, PublishedCase,
    PublishedRedundancy, Redundancy, RedundancyScenario, Span,
};
pub use totals::{BilledRow, PublishedCost, Totals, TotalsBill, TotalsRow};
pub use transfer_cost::{Traffic, TransferCost};
pub use waiting::{Gang, WaitingCost, gangs};
