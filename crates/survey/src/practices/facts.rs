//! What one Dockerfile says about practices.

use std::collections::BTreeMap;

use super::apt::AptRun;
use super::base::{BaseImage, BaseMeaning};
use super::directives::escape_character;
use super::folders::{Folders, Known};
use super::instruction::{Copy, Instruction, ParseDockerfileError, Run, parse};
use super::shell::commands_of;
use super::word::{Unresolved, assignments, expand};

/// So many stages are read; nobody writes as many.
const STAGES: usize = 1000;

/// So many bytes of variables and folders are remembered of one file. What is beyond counts as not known.
const REMEMBERED_BYTES: usize = 16 << 20;

/// What a Dockerfile says about practices.
///
/// Counts of instructions are over all stages, with the exception of `layers`. Those behind ONBUILD are carried out
/// when another image is built, and count nowhere but in `onbuild`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DockerfileFacts {
    /// How many FROM there are.
    pub stages: usize,
    /// The images behind FROM, in their order. A stage that begins where another ended is none.
    pub bases: Vec<BaseImage>,
    /// Instructions that may make a layer of the last stage, or of the stages it begins with: RUN, COPY, ADD, WORKDIR.
    pub layers: usize,
    /// COPY (or ADD) of files of another stage.
    pub copies_from_stages: usize,
    /// What else COPY (or ADD) takes files from: images, and what the file alone does not tell.
    pub copies_from_images: Vec<BaseImage>,
    /// RUN that install packages with apt-get or apt.
    pub apt_installs: usize,
    /// Of these: the lists are fetched in the same RUN before.
    pub apt_updates: usize,
    /// Of these: the lists are removed in the same RUN after, or lie on a mount of type cache or tmpfs.
    pub apt_removes_lists: usize,
    /// Of these: lists are removed, or the same RUN says `apt-get clean` after, which leaves the lists.
    pub apt_cleans: usize,
    /// Of these: `update` before and the lists removed after.
    pub apt_updates_and_removes_lists: usize,
    /// Of these: `update` before and lists removed or `apt-get clean` after.
    pub apt_updates_and_cleans: usize,
    /// Of these: without recommended packages.
    pub apt_without_recommended: usize,
    /// WORKDIR instructions.
    pub workdirs: usize,
    /// Of these: on a folder that the file itself made before, or the root.
    pub workdirs_on_made: usize,
    /// Of these: on a folder that the images of Alpine, Debian, Fedora and Ubuntu all have, such as `/tmp`.
    pub workdirs_on_standard: usize,
    /// ONBUILD instructions.
    pub onbuild: usize,
}

impl DockerfileFacts {
    /// Reads a Dockerfile.
    ///
    /// # Errors
    ///
    /// [`ParseDockerfileError`], with the line where there is one.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_survey::DockerfileFacts;
    ///
    /// let text = "ARG TAG=24.04\nFROM ubuntu:${TAG} AS build\nRUN make\nFROM scratch\nCOPY --from=build /a /a\n";
    /// let facts = DockerfileFacts::parse(text)?;
    /// assert_eq!((facts.stages, facts.layers, facts.copies_from_stages), (2, 1, 1));
    /// let base = facts.bases[0].reference().expect("the tag has a default");
    /// assert_eq!(base.to_string(), "docker.io/library/ubuntu:24.04");
    /// # Ok::<(), pullstudy_survey::ParseDockerfileError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, ParseDockerfileError> {
        let mut reading = Reading::new(escape_character(text.trim_start_matches('\u{feff}')));
        parse(text, |instruction| reading.take(instruction))?;
        Ok(reading.finish())
    }
}

/// Variables and their values; none where only the build tells.
type Variables = BTreeMap<String, Option<String>>;

/// A stage that is being read, or was.
#[derive(Debug, Clone, Default)]
struct Stage {
    name: Option<String>,
    variables: Variables,
    folders: Folders,
    layers: usize,
}

struct Reading {
    escape: char,
    facts: DockerfileFacts,
    /// Before the first FROM, where only ARG stands.
    arguments: Variables,
    stages: Vec<Stage>,
    budget: usize,
}

impl Reading {
    fn new(escape: char) -> Self {
        Self {
            escape,
            facts: DockerfileFacts::default(),
            arguments: Variables::new(),
            stages: Vec::new(),
            budget: REMEMBERED_BYTES,
        }
    }

    fn finish(mut self) -> DockerfileFacts {
        self.facts.stages = self.stages.len();
        self.facts.layers = self.stages.last().map_or(0, |stage| stage.layers);
        self.facts
    }

    fn take(&mut self, instruction: Instruction<'_>) -> Result<(), ParseDockerfileError> {
        match instruction {
            Instruction::From { image, name } => return self.from(image, name),
            Instruction::Arg(line) => self.arg(&line),
            Instruction::Env(line) => self.env(&line),
            Instruction::Run(run) => self.run(&run),
            Instruction::Copy(copy) => self.copy(copy),
            Instruction::Workdir(path) => self.workdir(&path),
            Instruction::Onbuild => self.facts.onbuild += 1,
            Instruction::Other => {}
        }
        Ok(())
    }

    fn from(&mut self, image: String, name: Option<String>) -> Result<(), ParseDockerfileError> {
        if self.stages.len() == STAGES {
            return Err(ParseDockerfileError::TooManyStages { limit: STAGES });
        }
        let expanded = expand(&image, self.escape, &value_in(&self.arguments));
        let before = expanded.as_ref().ok().and_then(|name| self.stage(name));
        let mut stage = match before {
            Some(position) => self.beginning_with(position),
            None => {
                let base = BaseImage::of(image, expanded);
                let folders = match base.meaning {
                    BaseMeaning::Scratch => Folders::of_scratch(),
                    _ => Folders::of_base(),
                };
                self.facts.bases.push(base);
                Stage {
                    folders,
                    ..Stage::default()
                }
            }
        };
        stage.name = name.map(|name| name.to_ascii_lowercase());
        self.stages.push(stage);
        Ok(())
    }

    /// Names of stages do not tell capitals apart. Of two of one name it is the last.
    fn stage(&self, name: &str) -> Option<usize> {
        let name = name.to_ascii_lowercase();
        let is_it = |stage: &Stage| stage.name.as_ref() == Some(&name);
        self.stages.iter().rposition(is_it)
    }

    fn beginning_with(&mut self, position: usize) -> Stage {
        let before = &self.stages[position];
        let sizes = before.variables.iter();
        let weight: usize = sizes
            .map(|(name, value)| name.len() + value.as_ref().map_or(0, String::len) + 64)
            .sum();
        match self.budget.checked_sub(weight + before.folders.weight()) {
            Some(rest) => {
                self.budget = rest;
                before.clone()
            }
            None => Stage {
                layers: before.layers,
                folders: Folders::of_base(),
                ..Stage::default()
            },
        }
    }

    /// Whether so much more may be remembered.
    fn may_remember(&mut self, bytes: usize) -> bool {
        let rest = self.budget.checked_sub(bytes + 64);
        self.budget = rest.unwrap_or(self.budget);
        rest.is_some()
    }

    fn arg(&mut self, line: &str) {
        for (name, default) in assignments(line, self.escape) {
            match default {
                Some(word) => self.remember(name, self.expanded(word).ok()),
                // In a stage, a name alone brings the value from above.
                None => {
                    if let Some(value) = self.arguments.get(name).cloned() {
                        self.remember(name, value);
                    }
                }
            }
        }
    }

    fn env(&mut self, line: &str) {
        let line = line.trim();
        let first = line.split_whitespace().next().unwrap_or_default();
        if !first.contains('=') {
            let word = line[first.len()..].trim();
            return self.remember(first, self.expanded(word).ok());
        }
        // Values of one instruction do not see each other.
        let values: Vec<_> = assignments(line, self.escape)
            .into_iter()
            .filter_map(|(name, word)| Some((name, self.expanded(word?).ok())))
            .collect();
        for (name, value) in values {
            self.remember(name, value);
        }
    }

    fn remember(&mut self, name: &str, value: Option<String>) {
        let bytes = name.len() + value.as_ref().map_or(0, String::len);
        let value = value.filter(|_| self.may_remember(bytes));
        let variables = match self.stages.last_mut() {
            Some(stage) => &mut stage.variables,
            None => &mut self.arguments,
        };
        match variables.get_mut(name) {
            Some(before) => *before = value,
            None if value.is_some() => drop(variables.insert(name.to_owned(), value)),
            None => {}
        }
    }

    fn expanded(&self, word: &str) -> Result<String, Unresolved> {
        let variables = match self.stages.last() {
            Some(stage) => &stage.variables,
            None => &self.arguments,
        };
        expand(word, self.escape, &value_in(variables))
    }

    fn run(&mut self, run: &Run<'_>) {
        let commands = commands_of(run);
        let apt = AptRun::of(&commands, &run.mounts);
        self.facts.count_apt(apt);
        let Some(stage) = self.stages.last_mut() else {
            return;
        };
        stage.layers += 1;
        let weight: usize = commands
            .iter()
            .flat_map(|command| &command.words)
            .map(String::len)
            .sum();
        if let Some(rest) = self.budget.checked_sub(weight) {
            self.budget = rest;
            let variables = &stage.variables;
            // A shell's escape character is the backslash, whatever the file's is.
            let plain = |word: &str| expand(word, '\\', &value_in(variables)).ok();
            stage.folders.learn_of_commands(&commands, &plain);
        }
    }

    fn copy(&mut self, copy: Copy) {
        if let Some(from) = &copy.from {
            self.copy_from(from);
        }
        let destination = self.expanded(&copy.destination);
        let may_remember = self.may_remember(copy.destination.len());
        let Some(stage) = self.stages.last_mut() else {
            return;
        };
        stage.layers += 1;
        if let Some(destination) = destination.ok().filter(|_| may_remember) {
            stage.folders.learn_of_copy(&copy, &destination);
        }
    }

    fn copy_from(&mut self, from: &str) {
        let expanded = expand(from, self.escape, &value_in(&self.arguments));
        let name = expanded.as_deref().unwrap_or_default();
        // Stages have numbers too, from 0.
        let number = name.parse().ok();
        let is_stage = number.is_some_and(|number: usize| number < self.stages.len());
        if is_stage || self.stage(name).is_some() {
            self.facts.copies_from_stages += 1;
            return;
        }
        let mut image = BaseImage::of(from.to_owned(), expanded);
        if number.is_some() {
            image.meaning = BaseMeaning::Invalid;
        }
        self.facts.copies_from_images.push(image);
    }

    fn workdir(&mut self, path: &str) {
        self.facts.workdirs += 1;
        let path = self.expanded(path);
        let length = path.as_ref().map_or(0, String::len);
        let may_remember = self.may_remember(length);
        let Some(stage) = self.stages.last_mut() else {
            return;
        };
        stage.layers += 1;
        match path {
            Ok(path) if may_remember => match stage.folders.work_in(&path) {
                Some(Known::Made) => self.facts.workdirs_on_made += 1,
                Some(Known::Standard) => self.facts.workdirs_on_standard += 1,
                None => {}
            },
            _ => stage.folders.work_somewhere(),
        }
    }
}

impl DockerfileFacts {
    fn count_apt(&mut self, run: AptRun) {
        let cleans = run.cleans || run.removes_lists;
        let counts = [
            (&mut self.apt_installs, true),
            (&mut self.apt_updates, run.updates),
            (&mut self.apt_removes_lists, run.removes_lists),
            (&mut self.apt_cleans, cleans),
            (
                &mut self.apt_updates_and_removes_lists,
                run.updates && run.removes_lists,
            ),
            (&mut self.apt_updates_and_cleans, run.updates && cleans),
            (&mut self.apt_without_recommended, run.without_recommended),
        ];
        for (count, is_so) in counts {
            *count += usize::from(run.installs && is_so);
        }
    }
}

fn value_in<'v>(variables: &'v Variables) -> impl Fn(&str) -> Option<&'v str> + use<'v> {
    |name| variables.get(name)?.as_deref()
}
