//! The commands of a repository's images, each once: most images of a repository are built by the same ones.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use pullstudy_json::RawText;

use super::config::StepOutline;
use crate::archive::HistoryEntry;

/// Commands by number, in the order in which images first have them.
#[derive(Debug, Default)]
pub(super) struct CommandTable {
    numbers: HashMap<Box<str>, u32, RandomState>,
    commands: Vec<Box<str>>,
}

impl CommandTable {
    fn number(&mut self, command: &str) -> u32 {
        if let Some(&number) = self.numbers.get(command) {
            return number;
        }
        let number = u32::try_from(self.commands.len()).expect("commands are numbered in 32 bits");
        self.numbers.insert(command.into(), number);
        self.commands.push(command.into());
        number
    }

    /// Numbers the commands of a history.
    pub(super) fn steps(&mut self, history: &[HistoryEntry]) -> Vec<StepOutline> {
        let step = |entry: &HistoryEntry| StepOutline {
            command: entry.created_by.as_deref().map(|text| self.number(text)),
            empty_layer: entry.empty_layer,
        };
        history.iter().map(step).collect()
    }

    pub(super) fn into_commands(self) -> Vec<Box<str>> {
        self.commands
    }
}

/// Commands as they stand in a file that is being read, some of them of configs that belong to no image.
#[derive(Debug, Default)]
pub(super) struct FileCommands<'a> {
    numbers: HashMap<&'a [u8], u32, RandomState>,
    commands: Vec<FileCommand<'a>>,
}

#[derive(Debug)]
enum FileCommand<'a> {
    Raw(RawText<'a>),
    Text(String),
}

impl<'a> FileCommands<'a> {
    pub(super) fn number(&mut self, raw: RawText<'a>) -> u32 {
        let next = self.next();
        let number = *self.numbers.entry(raw.bytes()).or_insert(next);
        if number == next {
            self.commands.push(FileCommand::Raw(raw));
        }
        number
    }

    /// Numbers the commands of a history that was read another way.
    pub(super) fn steps(&mut self, history: Vec<HistoryEntry>) -> Vec<StepOutline> {
        let step = |entry: HistoryEntry| StepOutline {
            command: entry.created_by.map(|text| {
                let number = self.next();
                self.commands.push(FileCommand::Text(text));
                number
            }),
            empty_layer: entry.empty_layer,
        };
        history.into_iter().map(step).collect()
    }

    fn next(&self) -> u32 {
        u32::try_from(self.commands.len()).expect("commands are numbered in 32 bits")
    }

    /// Numbers the commands of these steps anew, in the order of the steps, and forgets all others.
    pub(super) fn renumber<'s>(
        &self,
        steps: impl Iterator<Item = &'s mut StepOutline>,
    ) -> Vec<Box<str>> {
        let mut table = CommandTable::default();
        let mut known = vec![None; self.commands.len()];
        for command in steps.filter_map(|step| step.command.as_mut()) {
            let old = *command as usize;
            *command = *known[old].get_or_insert_with(|| match &self.commands[old] {
                FileCommand::Raw(raw) => table.number(&raw.text()),
                FileCommand::Text(text) => table.number(text),
            });
        }
        table.into_commands()
    }
}
