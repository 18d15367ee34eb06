//! Commands of a shell script, as far as one can tell them apart without running it.

use std::iter::Peekable;
use std::str::Chars;

use super::instruction::{Command as RunCommand, Run};

/// Scripts within scripts (`bash -c "sh -c …"`), so many deep.
const DEEPEST: usize = 3;

/// A simple command.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Command {
    /// Its name and arguments, without assignments before it, redirections, `sudo`, and quotation marks. Variables stay;
    /// a dollar sign that begins none, and a backslash, stand behind a backslash.
    pub(super) words: Vec<String>,
    /// Whether the script succeeds only if this was run: it is in no branch and no loop, and not behind `||`.
    pub(super) is_sure: bool,
}

impl Command {
    /// Returns the name without its folder, and the arguments.
    pub(super) fn parts(&self) -> Option<(&str, &[String])> {
        let (name, arguments) = self.words.split_first()?;
        Some((name.rsplit('/').next().unwrap_or(name), arguments))
    }
}

/// Returns the names of the commands of a script, without their folders, in their order.
pub(crate) fn command_names(script: &str) -> Vec<String> {
    let mut commands = Vec::new();
    add_script(script, true, 0, &mut commands);
    let name = |command: &Command| Some(command.parts()?.0.to_owned());
    commands.iter().filter_map(name).collect()
}

/// Returns the commands of RUN, in their order.
pub(super) fn commands_of(run: &Run<'_>) -> Vec<Command> {
    let mut commands = Vec::new();
    match &run.command {
        RunCommand::Shell(line) => add_script(line, true, 0, &mut commands),
        RunCommand::Exec(words) => {
            let words = words.iter().map(|word| escaped(word)).collect();
            add(words, true, 0, &mut commands);
        }
    }
    // Alone, or behind the name of a shell, a here-document is a script; otherwise it is what a command reads.
    if commands.iter().all(is_shell) {
        for document in run.here_documents.iter().filter(|text| is_for_shell(text)) {
            add_script(document, true, 0, &mut commands);
        }
    }
    commands
}

/// Whether a script is one of a shell, as far as its first line says.
fn is_for_shell(script: &str) -> bool {
    let first = script.lines().next().unwrap_or_default();
    let Some(program) = first.strip_prefix("#!") else {
        return true;
    };
    let mut parts = program.split(['/', ' ', '\t']);
    parts.any(|part| SHELLS.contains(&part))
}

const SHELLS: [&str; 6] = ["sh", "bash", "ash", "dash", "ksh", "zsh"];

fn is_shell(command: &Command) -> bool {
    command
        .parts()
        .is_some_and(|(name, _)| SHELLS.contains(&name))
}

fn escaped(word: &str) -> String {
    let mut escaped = String::with_capacity(word.len());
    for character in word.chars() {
        push_literal(&mut escaped, character);
    }
    escaped
}

fn push_literal(word: &mut String, character: char) {
    if matches!(character, '$' | '\\') {
        word.push('\\');
    }
    word.push(character);
}

fn add_script(script: &str, is_sure: bool, depth: usize, commands: &mut Vec<Command>) {
    let mut splitter = Splitter::new(script, is_sure);
    while splitter.step() {
        if let Some((words, is_sure)) = splitter.finished.take() {
            add(words, is_sure, depth, commands);
        }
    }
}

fn add(words: Vec<String>, is_sure: bool, depth: usize, commands: &mut Vec<Command>) {
    let words = without_prefixes(words);
    if words.is_empty() {
        return;
    }
    let command = Command { words, is_sure };
    let script = script_of(&command).filter(|_| depth < DEEPEST);
    match script {
        // It is escaped once more than the script itself.
        Some(script) => add_script(&script, is_sure, depth + 1, commands),
        None => commands.push(command),
    }
}

/// Returns what `sh -c` runs.
fn script_of(command: &Command) -> Option<String> {
    let (_, arguments) = command.parts().filter(|_| is_shell(command))?;
    let is_script = |word: &String| {
        let letters = word.strip_prefix('-').unwrap_or("");
        letters.ends_with('c') && letters.bytes().all(|letter| letter.is_ascii_alphabetic())
    };
    let position = arguments.iter().position(is_script)?;
    let script = arguments.get(position + 1)?;
    let mut plain = String::with_capacity(script.len());
    let mut characters = script.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => plain.extend(characters.next()),
            other => plain.push(other),
        }
    }
    Some(plain)
}

/// Takes away what stands before a command and changes neither what it is nor what it does to files.
fn without_prefixes(words: Vec<String>) -> Vec<String> {
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.peek() {
        let is_assignment = word.split_once('=').is_some_and(|(name, _)| is_name(name));
        let is_prefix = matches!(
            word.as_str(),
            "sudo" | "env" | "exec" | "time" | "nice" | "command" | "eatmydata"
        );
        if is_assignment {
            words.next();
        } else if is_prefix {
            words.next();
            // Their options; those with a value apart from it are rare.
            while words.next_if(|word| word.starts_with('-')).is_some() {}
        } else {
            break;
        }
    }
    words.collect()
}

fn is_name(text: &str) -> bool {
    let is_part = |part: char| part == '_' || part.is_ascii_alphanumeric();
    !text.is_empty() && text.chars().all(is_part)
}

/// Splits a script into words and words into commands.
struct Splitter<'s> {
    characters: Peekable<Chars<'s>>,
    words: Vec<String>,
    word: Option<String>,
    /// The next word is a file, not an argument.
    is_target: bool,
    /// How many branches and loops are open.
    open: usize,
    /// Whether what ends now is run only if something before it failed, or held true.
    is_conditional: bool,
    is_sure: bool,
    finished: Option<(Vec<String>, bool)>,
}

impl<'s> Splitter<'s> {
    fn new(script: &'s str, is_sure: bool) -> Self {
        Self {
            characters: script.chars().peekable(),
            words: Vec::new(),
            word: None,
            is_target: false,
            open: 0,
            is_conditional: false,
            is_sure,
            finished: None,
        }
    }

    /// Takes one step, after which a command may be finished. False at the end.
    fn step(&mut self) -> bool {
        let Some(character) = self.characters.next() else {
            let is_open = self.word.is_some() || !self.words.is_empty();
            self.end_command(false);
            return is_open;
        };
        match character {
            '\'' => self.verbatim(),
            '"' => self.quoted(),
            '\\' => self.escaped(),
            '$' => self.dollar(),
            '`' => self.copy_to('`'),
            '#' if self.word.is_none() => self.comment(),
            '\n' | ';' => self.end_command(false),
            '&' | '|' => self.operator(character),
            '(' => self.group(1),
            ')' => self.group(-1),
            '<' | '>' => self.redirection(),
            space if space.is_whitespace() => self.end_word(),
            other => self.push(other),
        }
        true
    }

    fn push(&mut self, character: char) {
        self.word.get_or_insert_default().push(character);
    }

    fn literal(&mut self, character: char) {
        push_literal(self.word.get_or_insert_default(), character);
    }

    fn verbatim(&mut self) {
        self.word.get_or_insert_default();
        while let Some(character) = self.characters.next().filter(|&next| next != '\'') {
            self.literal(character);
        }
    }

    fn quoted(&mut self) {
        self.word.get_or_insert_default();
        while let Some(character) = self.characters.next().filter(|&next| next != '"') {
            match character {
                '\\' => self.escaped_in_quotes(),
                '$' => self.dollar(),
                other => self.push(other),
            }
        }
    }

    fn escaped(&mut self) {
        match self.characters.next() {
            Some('\n') | None => {}
            Some(character) => self.literal(character),
        }
    }

    fn escaped_in_quotes(&mut self) {
        match self.characters.next() {
            Some('\n') | None => {}
            Some(character @ ('"' | '$' | '`' | '\\')) => self.literal(character),
            Some(character) => {
                self.literal('\\');
                self.push(character);
            }
        }
    }

    /// A substitution stays one word, whatever is in it.
    fn dollar(&mut self) {
        self.push('$');
        match self.characters.peek() {
            Some('(') => self.copy_nested('(', ')'),
            Some('{') => self.copy_nested('{', '}'),
            _ => {}
        }
    }

    fn copy_nested(&mut self, open: char, close: char) {
        let mut depth = 0_usize;
        for character in self.characters.by_ref() {
            self.word.get_or_insert_default().push(character);
            if character == open {
                depth += 1;
            } else if character == close {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
        }
    }

    fn copy_to(&mut self, end: char) {
        self.push(end);
        while let Some(character) = self.characters.next() {
            self.push(character);
            if character == end {
                break;
            }
        }
    }

    fn comment(&mut self) {
        while self.characters.next_if(|&next| next != '\n').is_some() {}
    }

    fn operator(&mut self, character: char) {
        let is_double = self.characters.next_if_eq(&character).is_some();
        let is_test = matches!(
            self.words.first().map(String::as_str),
            Some("[" | "[[" | "test")
        );
        let was_conditional = self.is_conditional;
        self.end_command(match (character, is_double) {
            ('|', true) => true,
            // What follows is run only if this holds, or if what is before this did.
            ('&', true) => is_test || was_conditional,
            _ => false,
        });
    }

    fn group(&mut self, change: isize) {
        self.end_command(self.is_conditional);
        self.open = self.open.saturating_add_signed(change);
    }

    /// Leaves redirections out.
    fn redirection(&mut self) {
        let is_number = |word: &String| word.bytes().all(|digit| digit.is_ascii_digit());
        if self.word.as_ref().is_some_and(is_number) {
            self.word = None;
        }
        self.end_word();
        while self
            .characters
            .next_if(|next| matches!(next, '<' | '>' | '&' | '|'))
            .is_some()
        {}
        self.is_target = true;
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else {
            return;
        };
        if std::mem::take(&mut self.is_target) {
            return;
        }
        if self.words.is_empty() && self.is_keyword(&word) {
            return;
        }
        self.words.push(word);
    }

    /// Keeps count of branches and loops. What stands behind a keyword is a command of its own.
    fn is_keyword(&mut self, word: &str) -> bool {
        match word {
            "if" | "for" | "while" | "until" | "case" | "select" => self.open += 1,
            "fi" | "done" | "esac" => self.open = self.open.saturating_sub(1),
            "then" | "do" | "else" | "elif" | "!" | "{" | "}" => {}
            _ => return false,
        }
        true
    }

    fn end_command(&mut self, next_is_conditional: bool) {
        self.end_word();
        self.is_target = false;
        let is_sure = self.is_sure && self.open == 0 && !self.is_conditional;
        self.is_conditional = next_is_conditional;
        if !self.words.is_empty() {
            self.finished = Some((std::mem::take(&mut self.words), is_sure));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(script: &str) -> Vec<(String, bool)> {
        let mut commands = Vec::new();
        add_script(script, true, 0, &mut commands);
        let shown = |command: Command| (command.words.join(" "), command.is_sure);
        commands.into_iter().map(shown).collect()
    }

    fn sure(script: &str) -> Vec<String> {
        let sure = |(words, is_sure): (String, bool)| is_sure.then_some(words);
        split(script).into_iter().filter_map(sure).collect()
    }

    #[test]
    fn commands_and_their_words() {
        let script = "A=1 sudo -E apt-get -y install 'a b' \"c$D\" > /dev/null 2>&1 && x;y|z # w\n/bin/v & u";
        let words = ["apt-get -y install a b c$D", "x", "y", "z", "/bin/v", "u"];
        assert_eq!(sure(script), words);
    }

    #[test]
    fn what_may_not_be_run() {
        assert_eq!(sure("a || b; c"), ["a", "c"]);
        assert_eq!(sure("[ -d x ] && mkdir x && y; z"), ["[ -d x ]", "z"]);
        assert_eq!(sure("if a; then b; else c; fi; d"), ["d"]);
        assert_eq!(sure("for a in b c; do d; done && e"), ["e"]);
        assert_eq!(split("(a && b) || c").len(), 3);
    }

    #[test]
    fn scripts_within_scripts() {
        assert_eq!(sure("bash -lc \"a && \\$b\" && c"), ["a", "$b", "c"]);
        let deep = "sh -c ".repeat(10) + "a";
        assert!(split(&deep).len() <= 1);
    }

    #[test]
    fn scripts_for_other_programs() {
        for script in [
            "a",
            "#!/bin/sh\na",
            "#!/bin/bash -e\na",
            "#!/usr/bin/env bash\na",
        ] {
            assert!(is_for_shell(script), "{script}");
        }
        assert!(!is_for_shell("#!/usr/bin/env python3\na"));
    }

    #[test]
    fn substitutions_stay_whole() {
        assert_eq!(
            sure("echo $(a; b) ${c} `d; e` '$f'"),
            ["echo $(a; b) ${c} `d; e` \\$f"]
        );
        assert_eq!(sure("$("), ["$("]);
        assert_eq!(sure("a '"), ["a "]);
    }
}
