//! The documentation, tried as a reader would: commands are run and print what the pages say, links lead somewhere, and
//! the book has every page.
//!
//! `CONTRIBUTING.md` says how a page marks what is run and what is only checked. `PULLSTUDY_WRITE_DOCS=1` writes what
//! commands print today into the pages. Blocks over the published study's data are run where that is: in
//! `../shared/data` beside the workspace, or where `PULLSTUDY_DATA` says.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod block;
mod command_line;
mod compare;
mod links;
mod mistakes;
mod page;
mod programs;
mod study;
mod summary;
mod tree;

use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use crate::page::{Page, Scope};

fn main() -> ExitCode {
    let mut trials = vec![
        Trial::test("links::lead_somewhere", || failed(links::lead_somewhere())),
        Trial::test("summary::has_every_page", || {
            failed(summary::has_every_page())
        }),
        Trial::test("mistakes::are_found", || failed(mistakes::are_found())),
    ];
    for path in tree::pages() {
        trials.extend(trials_of(&path));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Returns the trials of one page: none if it has no commands, a second one if it is about the study's data.
fn trials_of(path: &Path) -> Vec<Trial> {
    let page = Page::read(path);
    if !page.has_commands() {
        return Vec::new();
    }
    let name = format!("page::{}", path.display());
    let about_study = page.needs_study();
    let with_study = about_study.then(|| {
        let page = page.clone();
        Trial::ignorable_test(format!("{name}::study"), move || {
            if study::is_there() {
                failed(page.try_out(Scope::WithStudy)).map(|()| Completion::Completed)
            } else {
                Ok(Completion::ignored_with(study::missing()))
            }
        })
    });
    let trial = Trial::test(name, move || failed(page.try_out(Scope::WithoutStudy)));
    [trial].into_iter().chain(with_study).collect()
}

/// Returns all `problems` as one failure, or success where there are none.
fn failed(problems: Vec<String>) -> Result<(), Failed> {
    if problems.is_empty() {
        return Ok(());
    }
    Err(format!("\n{}", problems.join("\n\n")).into())
}
