//! Tests over the published study's data; without it they are reported as ignored.
//!
//! The data lies in `../shared/data` beside the workspace, or where `PULLSTUDY_DATA` says.

mod manifests;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

fn main() -> ExitCode {
    let trials = vec![
        trial(
            "manifests::the_registry_sample_is_counted_as_expected",
            manifests::registry_sample,
        ),
        trial(
            "manifests::every_repository_of_the_sample_is_as_expected",
            manifests::every_repository,
        ),
        trial(
            "manifests::nothing_in_any_file_is_lost",
            manifests::nothing_is_lost,
        ),
        trial(
            "manifests::configs_tell_platform_and_diff_ids",
            manifests::configs_are_understood,
        ),
        trial(
            "manifests::outlines_say_what_the_documents_say",
            manifests::outlines,
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
