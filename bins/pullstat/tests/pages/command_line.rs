//! What of a shell's command line is ours.

use std::iter::Peekable;
use std::mem;
use std::str::Chars;

/// A program of ours and its arguments.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OurCommand {
    pub(crate) program: String,
    pub(crate) arguments: Vec<String>,
}

/// Returns the commands of ours in `line`: behind pipes, `&&`, `sudo` and assignments too.
pub(crate) fn ours(line: &str) -> Vec<OurCommand> {
    let simple = simple_commands(line);
    simple.into_iter().filter_map(our_command).collect()
}

fn our_command(words: Vec<String>) -> Option<OurCommand> {
    let mut words = words.iter().skip_while(|word| is_before_a_command(word));
    let first = words.next()?;
    let (program, rest): (&str, Vec<String>) = match first.as_str() {
        "pullstat" | "crafter" => (first, words.cloned().collect()),
        "cargo" => {
            let rest: Vec<String> = words.cloned().collect();
            let place = rest.iter().position(|word| word == "--")?;
            let (before, after) = rest.split_at(place);
            before.iter().find(|word| *word == "pullstat")?;
            ("pullstat", after[1..].to_vec())
        }
        _ => return None,
    };
    Some(OurCommand {
        program: program.to_owned(),
        arguments: rest,
    })
}

fn is_before_a_command(word: &str) -> bool {
    let is_assignment = word.split_once('=').is_some_and(|(name, _)| {
        name.chars()
            .all(|letter| letter.is_ascii_uppercase() || letter == '_')
    });
    is_assignment || matches!(word, "sudo" | "time")
}

/// Splits a line at what joins commands, and each into words; redirections and comments are left out.
fn simple_commands(line: &str) -> Vec<Vec<String>> {
    let mut letters = line.chars().peekable();
    let mut split = Split::default();
    while let Some(letter) = letters.next() {
        match letter {
            '#' if split.word.is_none() => break,
            '\'' | '"' => quoted(letter, &mut letters, split.word.get_or_insert_default()),
            '\\' => match letters.next() {
                Some('\n') | None => {}
                Some(next) => split.word.get_or_insert_default().push(next),
            },
            ' ' | '\n' => split.end_word(),
            '|' | '&' | ';' => split.end_command(),
            '<' | '>' => {
                split.redirect();
                letters.next_if(|next| matches!(next, '>' | '&'));
            }
            other => split.word.get_or_insert_default().push(other),
        }
    }
    split.end_command();
    split.commands
}

/// A command line, as far as it is split.
#[derive(Default)]
struct Split {
    commands: Vec<Vec<String>>,
    words: Vec<String>,
    word: Option<String>,
    /// The next word is a file, and no argument.
    skips_next: bool,
}

impl Split {
    fn end_word(&mut self) {
        if let Some(word) = self.word.take()
            && !mem::take(&mut self.skips_next)
        {
            self.words.push(word);
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        self.commands.push(mem::take(&mut self.words));
    }

    fn redirect(&mut self) {
        // The 2 of `2>` is no argument.
        self.word.take_if(|word| word == "2");
        self.end_word();
        self.skips_next = true;
    }
}

/// Adds what is inside quotation marks to `word`.
fn quoted(mark: char, letters: &mut Peekable<Chars<'_>>, word: &mut String) {
    while let Some(letter) = letters.next() {
        match letter {
            _ if letter == mark => return,
            '\\' if mark == '"' => word.extend(letters.next()),
            _ => word.push(letter),
        }
    }
}
