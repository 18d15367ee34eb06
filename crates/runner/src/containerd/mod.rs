//! The engine `containerd`: nodes whose runtime is a containerd that is there already.

mod api;
mod container;
mod ctr;
mod debug_log;
mod engine;
mod node;
mod pod;
mod problem;
mod removal;
mod rows;
mod stored_image;
mod timeline;
mod watch;

pub use engine::{ContainerdEngine, ContainerdOptions, PullBy};
pub use problem::ContainerdError;
