//! A discrete-event simulation of nodes that pull container images under a strategy.
//!
//! - [`Scenario`]: images, nodes, and what stands between them; read from a file, or made in code.
//! - [`Strategy`]: what one might do about slow pulls, laid over a scenario, with what it takes for granted.
//! - [`simulate`]: what every node sees, moment by moment: an [`Outcome`].
//! - [`sweep`], [`break_even`]: more and more nodes under each strategy; [`direct_limit_seconds`]: what none can beat.
//! - [`Recording`]: a simulated run as events and traces, which everything reads that reads real ones.
//!
//! Nothing here opens a connection or looks at a clock.
//!
//! ```
//! use pullstudy_simulator::{Image, Scenario, simulate};
//!
//! let mut scenario = Scenario::default();
//! scenario.nodes = 16;
//! scenario.images = vec![Image::of_equal_layers("app:1", 9, 3_000_000_000, None, 60_000)];
//! let outcome = simulate(&scenario)?;
//! assert_eq!(outcome.pulls.len(), 16);
//! # Ok::<(), pullstudy_simulator::ScenarioError>(())
//! ```
//!
//! # Errors
//!
//! [`ReadScenarioError`] of files, with the line; [`ScenarioError`] of scenarios that cannot be simulated;
//! [`ParseStrategyError`] of strategies by name.
//!
//! # Links
//!
//! [Simulated pulls](https://github.com/pullstudy/pullstudy/blob/main/docs/simulate.md) says what is modelled, what is not, and how near it comes to what was published.
#![forbid(unsafe_code)]

mod engine;
mod outcome;
mod record;
mod scenario;
mod strategy;
mod sweep;

pub use engine::{Options, simulate, simulate_with};
pub use outcome::{
    Constraint, FailedAttempt, FailureCause, LayerTimes, Outcome, PullEnd, ResourceUse,
    SimulatedPull, Spent, Timeline,
};
pub use record::Recording;
pub use scenario::{
    Cache, Delivery, Disk, Image, ImageOrder, Inflater, Kubelet, Layer, Lazy, Node, Peers,
    ReadScenarioError, Registry, Scenario, ScenarioError, UnpackOrder, Volume,
};
pub use strategy::{Contradiction, ParseStrategyError, Strategy, StrategyKind};
pub use sweep::{BreakEven, SweepPoint, break_even, direct_limit_seconds, sweep};
