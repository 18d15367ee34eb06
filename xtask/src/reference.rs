//! `cargo xtask reference`: the pages that the programs print of themselves.

use crate::invocation::Invocation;

/// Has the tests that compare the pages write them.
///
/// # Errors
///
/// A program could not be built, or a page not written.
pub(crate) fn run() -> anyhow::Result<()> {
    command().run()
}

fn command() -> Invocation {
    Invocation::cargo(
        "test --quiet --locked -p pullstat -p pullstudy-crafter-cli --test it the_reference_is_current",
    )
    .variable("PULLSTUDY_WRITE_DOCS", "1")
}
