//! Tests over the published study's data; without it they are reported as ignored.
//!
//! The data lies in `../shared/data` beside the workspace, or where `PULLSTUDY_DATA` says.

mod comparisons;
mod durations;
mod events;
mod facts;
mod layers;
mod logs;
mod spread;
mod stages;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

fn main() -> ExitCode {
    let trials = vec![
        trial(
            "comparisons::every_listed_ratio",
            comparisons::every_listed_ratio,
        ),
        trial(
            "comparisons::every_published_ratio",
            comparisons::every_published_ratio,
        ),
        trial(
            "durations::every_listed_duration",
            durations::every_listed_duration,
        ),
        trial(
            "events::every_event_is_written_back_as_it_was",
            events::every_event_is_written_back,
        ),
        trial(
            "events::a_pod_of_the_study_can_be_rebuilt",
            events::a_pod_of_the_study_can_be_rebuilt,
        ),
        trial("facts::every_listed_fact", facts::every_listed_fact),
        trial(
            "layers::every_pull_of_run1_has_its_layers",
            layers::every_pull_of_run1_has_its_layers,
        ),
        trial("logs::event_counts", logs::event_counts),
        trial("logs::event_facts", logs::event_facts),
        trial("logs::pull_durations", logs::pull_durations),
        trial("logs::pull_totals", logs::pull_totals),
        trial(
            "logs::published_durations_and_totals",
            logs::published_durations_and_totals,
        ),
        trial("spread::every_listed_spread", spread::every_listed_spread),
        trial(
            "spread::every_published_spread",
            spread::every_published_spread,
        ),
        trial(
            "stages::no_stage_of_the_study_runs_backwards",
            stages::no_stage_of_the_study_runs_backwards,
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
