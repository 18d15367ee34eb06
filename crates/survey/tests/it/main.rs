//! Integration tests of the survey of images.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod advise;
mod dockerfile_fixtures;
mod dockerfile_laws;
mod dockerfiles;
mod inspect_bad_input;
mod inspect_bases;
mod inspect_findings;
mod inspect_model;
mod inspect_waste;
mod made;
mod shared_base;
mod surveys;
