//! A page, tried out from its first block to its last.

use std::fs;
use std::path::{Path, PathBuf};

use crate::block::{Block, Mode, Step, blocks};
use crate::command_line;
use crate::compare::is_as_said;
use crate::programs::Place;
use crate::{study, tree};

/// Which blocks are run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All but those over the study's data. Of a page that offers made-up data in its place those are run over that, and
    /// what they print is not compared.
    WithoutStudy,
    /// All; the study's data is there.
    WithStudy,
}

/// A page of the documentation.
#[derive(Clone)]
pub(crate) struct Page {
    path: PathBuf,
    lines: Vec<String>,
    blocks: Vec<Block>,
}

/// What a command printed that the page does not say.
struct Difference {
    step: Step,
    printed: Vec<String>,
}

impl Page {
    /// Reads the page at `path`, below the top of the workspace.
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(tree::root().join(path)).unwrap();
        Self::of(path, &text)
    }

    /// Returns the page that `text` is.
    pub(crate) fn of(path: &Path, text: &str) -> Self {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let blocks = blocks(&lines);
        let path = path.to_owned();
        Self {
            path,
            lines,
            blocks,
        }
    }

    /// Returns whether any block of the page has commands.
    pub(crate) fn has_commands(&self) -> bool {
        self.blocks.iter().any(|block| block.mode().is_some())
    }

    /// Returns whether any block of the page is about the study's data.
    pub(crate) fn needs_study(&self) -> bool {
        let mut modes = self.blocks.iter().filter_map(Block::mode);
        modes.any(|mode| mode == Mode::Study)
    }

    /// Runs or checks every command of the page, in order, and returns what is wrong; or, if so told, writes what
    /// commands print into the page.
    pub(crate) fn try_out(&self, scope: Scope) -> Vec<String> {
        let (mut problems, differences) = self.find(scope);
        if std::env::var_os("PULLSTUDY_WRITE_DOCS").is_some() {
            self.write(&differences);
        } else {
            problems.extend(differences.iter().map(|difference| self.tell(difference)));
        }
        problems
    }

    /// Returns how many things are wrong, and writes nothing.
    pub(crate) fn mistakes(&self, scope: Scope) -> usize {
        let (problems, differences) = self.find(scope);
        problems.len() + differences.len()
    }

    fn find(&self, scope: Scope) -> (Vec<String>, Vec<Difference>) {
        let place = match scope {
            Scope::WithoutStudy => Place::new().with_made_up_study(),
            Scope::WithStudy => Place::new().with_study(),
        };
        let mut problems = Vec::new();
        let mut differences = Vec::new();
        for block in &self.blocks {
            if let Some(name) = block.file_name(&self.lines) {
                place.write(name, &(self.lines[block.lines.clone()].join("\n") + "\n"));
            }
            let Some(mode) = block.mode() else { continue };
            for step in block.steps(&self.lines) {
                problems.extend(self.check(&place, &step));
                if self.is_only_checked(&step, mode, scope) {
                    continue;
                }
                match self.run(&place, &step, mode) {
                    Ok(difference) => {
                        differences.extend(difference.filter(|_| !is_made_up(mode, scope)))
                    }
                    Err(problem) => problems.push(problem),
                }
            }
        }
        (problems, differences)
    }

    fn is_only_checked(&self, step: &Step, mode: Mode, scope: Scope) -> bool {
        let has_no_data = !self.offers_made_up_data() || step.command.contains(study::FETCH);
        mode == Mode::NoRun || (is_made_up(mode, scope) && has_no_data)
    }

    fn offers_made_up_data(&self) -> bool {
        let mut lines = self.lines.iter();
        lines.any(|line| line.contains(study::MADE_UP))
    }

    /// Returns why a command of ours in `step` would not be taken, if so.
    fn check(&self, place: &Place, step: &Step) -> Vec<String> {
        let commands = command_line::ours(&step.command).into_iter();
        let problems = commands.filter_map(|ours| place.refuses(&ours.program, &ours.arguments));
        problems
            .map(|problem| format!("{}\n$ {}\n{problem}", self.at(step), step.command))
            .collect()
    }

    /// Runs a command and returns what it printed if the page says something else.
    fn run(&self, place: &Place, step: &Step, mode: Mode) -> Result<Option<Difference>, String> {
        let output = place.run(&step.command);
        let text = String::from_utf8_lossy(&output.stdout);
        let printed: Vec<String> = text
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect();
        if !output.status.success() {
            let said = printed.join("\n");
            return Err(format!(
                "{}\n$ {}\n{said}\nended with {}",
                self.at(step),
                step.command,
                output.status
            ));
        }
        let said = &self.lines[step.printed.clone()];
        let is_measured = mode == Mode::Measured;
        let is_said = is_as_said(said, &printed, is_measured);
        let step = step.clone();
        Ok((!is_said).then_some(Difference { step, printed }))
    }

    fn at(&self, step: &Step) -> String {
        format!("{}:{}", self.path.display(), step.line + 1)
    }

    fn tell(&self, difference: &Difference) -> String {
        let Difference { step, printed } = difference;
        format!(
            "{}\n$ {}\nthe page says\n{}\nit prints (PULLSTUDY_WRITE_DOCS=1 writes it there)\n{}",
            self.at(step),
            step.command,
            self.lines[step.printed.clone()].join("\n"),
            printed.join("\n")
        )
    }

    /// Puts what was printed in place of what the page says.
    fn write(&self, differences: &[Difference]) {
        if differences.is_empty() {
            return;
        }
        let mut lines = self.lines.clone();
        for Difference { step, printed } in differences.iter().rev() {
            lines.splice(step.printed.clone(), printed.iter().cloned());
        }
        fs::write(tree::root().join(&self.path), lines.join("\n") + "\n").unwrap();
    }
}

/// Returns whether a block is run over made-up data, if at all.
fn is_made_up(mode: Mode, scope: Scope) -> bool {
    mode == Mode::Study && scope == Scope::WithoutStudy
}
