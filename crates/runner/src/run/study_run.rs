//! The run: steps in order, results and journal after each.

use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use super::journal::{Journal, JournalError, StepRecord};
use super::outcome::{pulls, record, warnings};
use super::results::{Results, WriteResultsError};
use crate::engine::{Engine, StepProgress};
use crate::plan::{Plan, Step};

/// What a study found. The pulls themselves are in the files.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StudyReport {
    /// All steps that are done, those of earlier runs of the same study too.
    pub steps: Vec<StepRecord>,
    /// How many of them an earlier run had done.
    pub done_before: usize,
    /// Pulls that succeeded.
    pub pulled: u64,
    /// Pulls that failed, or whose end is not known.
    pub failed: u64,
    /// What a reader of the figures must know, each once.
    pub notes: Vec<String>,
    /// Whether a failed pull ended the study before its last step, as it was asked to.
    pub stopped: bool,
    /// Where the results are.
    pub folder: PathBuf,
}

/// How a study goes.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunProgress<'a> {
    /// Steps that an earlier run has done.
    Resumed {
        /// How many.
        done: usize,
        /// Of how many.
        steps: usize,
    },
    /// The engine told something that a reader of the figures must know.
    Note(&'a str),
    /// A step begins.
    StepStarted {
        /// The step.
        step: &'a Step,
        /// How many steps there are.
        steps: usize,
    },
    /// Nodes have ended their pull.
    StepGoesOn(StepProgress),
    /// A step is done and on the disk.
    StepDone {
        /// What it found.
        record: &'a StepRecord,
    },
}

/// Why a study ended before its last step. What is done is on the disk; the same command goes on from there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunStudyError<E: std::error::Error + 'static> {
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(JournalError),
    /// The results cannot be written.
    #[error(transparent)]
    Results(WriteResultsError),
    /// The engine cannot go on.
    #[error("the engine {engine} cannot {action}")]
    Engine {
        /// The engine.
        engine: &'static str,
        /// What it was to do.
        action: String,
        /// Why.
        source: E,
    },
}

/// Runs a study in `folder`, or goes on with it; must be called within a tokio runtime.
///
/// After each step its events lie in `<experiment>/<nodes>/events-…json`, traces in `trace.jsonl`, and a line in
/// `journal.jsonl`. A run that was killed at any moment is continued by the same call.
///
/// # Errors
///
/// [`RunStudyError`]. A pull that fails is no error: it is a row of the results, and `study.stop_on_failure` says whether
/// the study goes on.
pub async fn run_study<E: Engine>(
    plan: &Plan,
    engine: &mut E,
    folder: &Path,
    progress: &mut (dyn FnMut(RunProgress<'_>) + Send),
) -> Result<StudyReport, RunStudyError<E::Error>> {
    let journal = Journal::open(folder, plan, engine.name(), SystemTime::now());
    let journal = journal.map_err(RunStudyError::Journal)?;
    let trace_bytes = journal.steps().last().map_or(0, |step| step.trace_bytes);
    let results = Results::open(folder, trace_bytes).map_err(RunStudyError::Results)?;
    let done_before = journal.steps().len();
    if done_before > 0 {
        progress(RunProgress::Resumed {
            done: done_before,
            steps: plan.steps.len(),
        });
    }
    let mut run = Run {
        plan,
        engine,
        journal,
        results,
        notes: Vec::new(),
        progress,
    };
    run.prepare().await?;
    let stopped = run.steps().await?;
    run.finish().await?;
    Ok(run.report(done_before, stopped, folder))
}

struct Run<'a, E> {
    plan: &'a Plan,
    engine: &'a mut E,
    journal: Journal,
    results: Results,
    notes: Vec<String>,
    progress: &'a mut (dyn FnMut(RunProgress<'_>) + Send),
}

impl<E: Engine> Run<'_, E> {
    async fn prepare(&mut self) -> Result<(), RunStudyError<E::Error>> {
        let steps = self.journal.steps().iter();
        let done: Vec<&str> = steps.map(|step| step.key.as_str()).collect();
        let identity = self.journal.identity();
        let prepared = self.engine.prepare(identity, self.plan, &done).await;
        let notes = prepared.map_err(|source| self.failed("begin", source))?;
        for note in notes {
            self.note(note);
        }
        Ok(())
    }

    /// Returns whether a failed pull ended the study.
    async fn steps(&mut self) -> Result<bool, RunStudyError<E::Error>> {
        for step in &self.plan.steps {
            if self.journal.is_done(&step.key) {
                continue;
            }
            let has_failures = self.step(step).await?;
            if has_failures && self.plan.study.stop_on_failure {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn step(&mut self, step: &Step) -> Result<bool, RunStudyError<E::Error>> {
        let steps = self.plan.steps.len();
        (self.progress)(RunProgress::StepStarted { step, steps });
        let start = Instant::now();
        let mut tell = |ended| (self.progress)(RunProgress::StepGoesOn(ended));
        let result = self.engine.pull(step, &mut tell).await;
        let result = result
            .map_err(|source| self.failed(&format!("pull {}", step.image.reference), source))?;
        let seconds = start.elapsed().as_secs_f64();
        let written = self.results.write(self.journal.identity(), step, &result);
        let trace_bytes = written.map_err(RunStudyError::Results)?;
        let pulls = pulls(&result);
        let mut record = record(step, &pulls, seconds, trace_bytes, result.notes);
        record
            .notes
            .extend(warnings(&record, self.plan.study.cache));
        for note in record.notes.clone() {
            self.note(note);
        }
        let added = self.journal.add(record.clone());
        added.map_err(RunStudyError::Journal)?;
        (self.progress)(RunProgress::StepDone { record: &record });
        let settled = self.engine.settle(step).await;
        settled.map_err(|source| self.failed("remove what a step left", source))?;
        Ok(record.failed + record.unfinished + record.unaccounted > 0)
    }

    async fn finish(&mut self) -> Result<(), RunStudyError<E::Error>> {
        let finished = self.engine.finish().await;
        let notes = finished.map_err(|source| self.failed("remove what the study left", source))?;
        notes.into_iter().for_each(|note| self.note(note));
        Ok(())
    }

    fn report(self, done_before: usize, stopped: bool, folder: &Path) -> StudyReport {
        let steps = self.journal.steps().to_vec();
        StudyReport {
            pulled: steps.iter().map(|step| step.pulled).sum(),
            failed: steps
                .iter()
                .map(|step| step.failed + step.unfinished + step.unaccounted)
                .sum(),
            steps,
            done_before,
            notes: self.notes,
            stopped,
            folder: folder.to_owned(),
        }
    }

    /// The same note after every image would be read by nobody.
    fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            (self.progress)(RunProgress::Note(&note));
            self.notes.push(note);
        }
    }

    fn failed(&self, action: &str, source: E::Error) -> RunStudyError<E::Error> {
        RunStudyError::Engine {
            engine: self.engine.name(),
            action: action.to_owned(),
            source,
        }
    }
}
