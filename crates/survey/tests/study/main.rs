//! Tests over the published study's data; without it they are reported as ignored.
//!
//! The data lies in `../shared/data` beside the workspace, or where `PULLSTUDY_DATA` says.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod advise;
mod expected;
mod similarity;
mod survey;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

fn main() -> ExitCode {
    let trials = vec![
        trial("similarity::every_listed_figure", similarity::figures),
        trial("similarity::every_listed_matrix", similarity::matrices),
        trial("similarity::what_is_pulled", similarity::pulls),
        trial("similarity::what_one_base_saves", similarity::shared_bases),
        trial(
            "advise::the_three_sets_have_the_bytes_that_were_counted",
            advise::three_sets,
        ),
        trial(
            "advise::what_spack_installs_last_should_come_first",
            advise::spack,
        ),
        trial(
            "survey::the_registry_sample_is_counted_right",
            survey::registry_sample,
        ),
        trial(
            "survey::the_registry_sample_is_counted_as_published",
            survey::published_sample,
        ),
        trial(
            "survey::one_image_a_repository_is_chosen_as_published",
            survey::one_a_repository,
        ),
        trial(
            "survey::the_three_sets_are_counted_right",
            survey::three_sets,
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
