//! A study from its plan to its results: step by step, each on the disk before the next begins.

mod journal;
mod outcome;
mod results;
mod study_run;

pub use journal::{Journal, JournalError, StepRecord, StudyRecord};
pub use results::WriteResultsError;
pub use study_run::{RunProgress, RunStudyError, StudyReport, run_study};
