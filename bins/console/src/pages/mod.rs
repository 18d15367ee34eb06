//! What is told of a program's commands outside the program: completions, man pages, a reference.
//!
//! All of it is made from the definition of the command line, so that none can differ from it.

mod closing;
mod completions;
mod man;
mod markdown;

pub use completions::{CompletionsArgs, completions};
pub use man::{ManArgs, man};
pub use markdown::{ReferenceArgs, reference};
