//! Writes a page of made-up data, to be looked at and to be tried in a browser:
//! `cargo run -p pullstudy-report --features page --example page > page.html`.

#[path = "../tests/it/sample_page.rs"]
mod sample_page;

use std::error::Error;
use std::io::{Write as _, stdout};

fn main() -> Result<(), Box<dyn Error>> {
    stdout().write_all(sample_page::page()?.to_html().as_bytes())?;
    Ok(())
}
