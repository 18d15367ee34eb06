//! Tests of the program from outside.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod advise;
mod costs;
mod costs_mistakes;
mod deploy;
mod events;
mod events_help;
mod events_mistakes;
mod events_pictures;
mod events_rows;
mod inspect;
mod manifests;
mod models;
mod practices;
mod quickstart;
mod reference;
mod report;
mod run;
mod run_containerd;
mod similarity;
mod similarity_mistakes;
mod simulate;
mod survey;
mod usage;
