//! What the programs of pullstudy share: exit codes, messages, progress, and how registries are spoken to.
//!
//! A part of the programs, not of the libraries: it knows the terminal, the environment and clap.
#![forbid(unsafe_code)]

mod arguments;
mod base;
mod connection;
mod exit;
mod interrupt;
mod kept;
mod meter;
mod pages;
mod patience;
mod place;
mod remote;
mod say;
mod terminal;
mod whole_file;

pub use arguments::arguments;
pub use base::open_base;
pub use connection::{Clients, ConnectionArgs};
pub use exit::{Interrupted, UsageError, code, is_usage_error};
pub use interrupt::interrupted;
pub use meter::{Meter, Unit};
pub use pages::{CompletionsArgs, ManArgs, ReferenceArgs, completions, man, reference};
pub use patience::{Results, working};
pub use place::Place;
pub use pullstudy_image::in_words;
pub use remote::{Repository, runtime};
pub use say::{counted, retries, retry_line, say, warn};
pub use terminal::terminal_width;
pub use whole_file::write_whole;
