//! Tests over the published study's data; without it they are reported as ignored.
//!
//! The data lies in `../shared/data` beside the workspace, or where `PULLSTUDY_DATA` says.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod costs;
mod crossvalidation;
mod data;
mod redundancy;
mod size_model;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

fn main() -> ExitCode {
    let trials = vec![
        trial("costs::every_listed_total", costs::every_listed_total),
        trial("costs::nodes_are_paid_twice", costs::nodes_are_paid_twice),
        trial("costs::waiting_never_saves", costs::waiting_never_saves),
        trial(
            "redundancy::what_sharing_saves",
            redundancy::what_sharing_saves,
        ),
        trial("size_model::every_listed_fit", size_model::every_listed_fit),
        trial(
            "crossvalidation::sixteen_nodes_from_four_and_eight",
            crossvalidation::sixteen_nodes,
        ),
        trial(
            "crossvalidation::the_table_in_docs_is_this_one",
            crossvalidation::table_in_docs,
        ),
        trial(
            "crossvalidation::applications_count_for_themselves",
            crossvalidation::applications_count_for_themselves,
        ),
        trial(
            "crossvalidation::zeros_cannot_be_split",
            crossvalidation::zeros_cannot_be_split,
        ),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial(name: &str, test: fn(&Path) -> Result<(), Failed>) -> Trial {
    Trial::ignorable_test(name, move || {
        let data = data_folder();
        if data.is_dir() {
            test(&data).map(|()| Completion::Completed)
        } else {
            let reason = format!("needs the study's data in {}", data.display());
            Ok(Completion::ignored_with(reason))
        }
    })
}

fn data_folder() -> PathBuf {
    let beside_the_workspace = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    std::env::var_os("PULLSTUDY_DATA").map_or_else(|| beside_the_workspace.into(), PathBuf::from)
}
