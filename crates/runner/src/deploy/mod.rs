//! Manifests for a cluster: what a study needs there, and what each may touch.

mod cache_clean;
mod collector;
mod error;
mod manifests;
mod mirror;
mod names;
mod pods;
mod preload;
mod rights;
mod runner;
mod site;
mod soci;
mod storage;

pub use cache_clean::CacheClean;
pub use collector::CollectorDeployment;
pub use error::DeployError;
pub use manifests::{Manifests, Touches};
pub use mirror::{HostsFile, Mirror, Upstream};
pub use preload::Preload;
pub use runner::{Runner, StudyJob};
pub use site::Site;
pub use soci::{Soci, SociSource};
pub use storage::Storage;
