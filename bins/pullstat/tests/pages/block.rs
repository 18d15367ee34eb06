//! The fenced blocks of a page, and the commands in them.

use std::ops::Range;

/// What is done with the commands of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Run; what they print is what the page says.
    Run,
    /// Run; what they print is what the page says but for its numbers, which differ from machine to machine.
    Measured,
    /// Run where the study's data is, else checked.
    Study,
    /// Checked: the commands and options exist.
    NoRun,
}

/// A fenced block.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// The words behind the fence.
    pub(crate) info: Vec<String>,
    /// The lines between the fences, counted from 0.
    pub(crate) lines: Range<usize>,
}

/// A command and what the page says that it prints.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// As a shell takes it.
    pub(crate) command: String,
    /// The line of the page where it begins, counted from 0.
    pub(crate) line: usize,
    /// The lines of the page that it prints.
    pub(crate) printed: Range<usize>,
}

/// Returns the fenced blocks of `page`, in their order.
pub(crate) fn blocks(page: &[String]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(Vec<String>, usize)> = None;
    for (number, line) in page.iter().enumerate() {
        let Some(info) = line.trim_start().strip_prefix("```") else {
            continue;
        };
        open = match open {
            None => Some((
                info.split_whitespace().map(str::to_owned).collect(),
                number + 1,
            )),
            Some((info, first)) => {
                let lines = first..number;
                blocks.push(Block { info, lines });
                None
            }
        };
    }
    blocks
}

impl Block {
    /// Returns what is done with the commands of the block, or nothing if it has none.
    pub(crate) fn mode(&self) -> Option<Mode> {
        if self.info.first()? != "console" {
            return None;
        }
        Some(match self.info.get(1).map(String::as_str) {
            None => Mode::Run,
            Some("measured") => Mode::Measured,
            Some("study") => Mode::Study,
            Some("no_run") => Mode::NoRun,
            Some(other) => panic!("`console {other}` is no kind of block"),
        })
    }

    /// Returns the file that the block is, if its first line names one: `# sizes.yaml`.
    pub(crate) fn file_name<'a>(&self, page: &'a [String]) -> Option<&'a str> {
        let ending = self.info.first().filter(|word| *word == "yaml")?;
        let name = page[self.lines.clone()].first()?.strip_prefix("# ")?;
        name.strip_suffix(ending.as_str())?.strip_suffix('.')?;
        Some(name)
    }

    /// Returns the commands of the block. Lines before the first one belong to none.
    pub(crate) fn steps(&self, page: &[String]) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        let mut goes_on = false;
        for number in self.lines.clone() {
            let line = &page[number];
            if goes_on {
                let step = steps.last_mut().expect("a command goes on");
                step.command.push('\n');
                step.command.push_str(line);
                step.printed = number + 1..number + 1;
            } else if let Some(command) = line.strip_prefix("$ ") {
                steps.push(Step {
                    command: command.to_owned(),
                    line: number,
                    printed: number + 1..number + 1,
                });
            } else if let Some(step) = steps.last_mut() {
                step.printed.end = number + 1;
                continue;
            }
            goes_on = line.ends_with('\\') && !steps.is_empty();
        }
        steps
    }
}
