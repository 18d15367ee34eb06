//! How long the study's containers took from stage to stage.

use std::path::Path;

use libtest_mimic::Failed;
use pullstudy_events::{StageRow, StartupStage, stages};

use crate::logs::{check, read};

pub(crate) fn no_stage_of_the_study_runs_backwards(data: &Path) -> Result<(), Failed> {
    let rows = stages(&read(data)?.timelines());
    let of_stage = |stage| rows.iter().filter(move |row| row.stage == stage);

    // A container that was pulled was scheduled before, and each of the 3,414 pulls is of another container.
    let scheduled = of_stage(StartupStage::ScheduledToPulling);
    let (count, negative) = counts(scheduled);
    check((count, negative) == (3414, 0), || {
        format!("{count} from scheduled to pulling, {negative} negative")
    })?;

    let completed: Vec<&StageRow> = of_stage(StartupStage::StartedToCompleted).collect();
    check(!completed.is_empty(), || "no job is complete".to_owned())?;
    let shortest = completed.iter().map(|row| row.seconds.min);
    check(shortest.clone().all(|seconds| seconds > 0.0), || {
        format!("{:?}", shortest.collect::<Vec<_>>())
    })
}

fn counts<'a>(rows: impl Iterator<Item = &'a StageRow>) -> (usize, usize) {
    rows.fold((0, 0), |(count, negative), row| {
        (count + row.seconds.count, negative + row.negative)
    })
}
