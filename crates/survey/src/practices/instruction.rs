//! The instructions of a Dockerfile, as far as practices show in them.

use std::borrow::Cow;

use parse_dockerfile as parser;

use super::directives::escape_character;
use super::here_document::{HereDocument, take_out};
use super::logical_line::joined;

/// One instruction. Texts are on one line, and variables in them not yet replaced.
#[derive(Debug)]
pub(super) enum Instruction<'a> {
    From { image: String, name: Option<String> },
    Arg(String),
    Env(String),
    Run(Run<'a>),
    Copy(Copy),
    Workdir(String),
    Onbuild,
    Other,
}

/// RUN: a command.
#[derive(Debug)]
pub(super) struct Run<'a> {
    /// Values of `--mount`.
    pub(super) mounts: Vec<String>,
    pub(super) command: Command,
    /// What the command reads, or is.
    pub(super) here_documents: Vec<&'a str>,
}

/// A command line for a shell, or words for the system.
#[derive(Debug)]
pub(super) enum Command {
    Shell(String),
    Exec(Vec<String>),
}

/// COPY or ADD.
#[derive(Debug)]
pub(super) struct Copy {
    /// The value of `--from`.
    pub(super) from: Option<String>,
    pub(super) sources: Vec<String>,
    pub(super) destination: String,
}

/// Why a text is no Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseDockerfileError {
    /// A line breaks the grammar.
    #[error("line {line}: {message}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
    /// There is no instruction.
    #[error("there is no instruction")]
    Empty,
    /// There is no FROM, or something else before it.
    #[error("there is no FROM, or something else before it")]
    NoStage,
    /// There are more stages than anybody writes.
    #[error("there are more than {limit} stages")]
    TooManyStages {
        /// So many are read.
        limit: usize,
    },
}

/// Parses a Dockerfile, and gives each instruction to `take`.
pub(super) fn parse(
    text: &str,
    mut take: impl FnMut(Instruction<'_>) -> Result<(), ParseDockerfileError>,
) -> Result<(), ParseDockerfileError> {
    let text = text.trim_start_matches('\u{feff}');
    let (clean, documents) = take_out(text).map_err(|document| ParseDockerfileError::Syntax {
        line: document.line,
        message: format!("here-document {:?} has no end", shortened(&document.name)),
    })?;
    if is_empty(&clean) {
        return Err(ParseDockerfileError::Empty);
    }
    let mut reader = Reader {
        escape: escape_character(text),
        documents: &documents,
    };
    let mut waiting = None;
    for instruction in parser::parse_iter(&clean).map_err(|error| syntax(&error))? {
        let instruction = instruction.map_err(|error| syntax(&error))?;
        // Here-documents of a command end where the next instruction begins.
        if let Some(last) = waiting.replace(instruction) {
            let end = waiting.as_ref().map_or(usize::MAX, start);
            take(reader.read(last, end))?;
        }
    }
    waiting.map_or(Ok(()), |last| take(reader.read(last, usize::MAX)))
}

fn is_empty(text: &str) -> bool {
    let is_nothing = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    text.lines().all(is_nothing)
}

fn syntax(error: &parser::Error) -> ParseDockerfileError {
    // Without the place.
    let message = format!("{error:#}");
    match error.line() {
        0 => ParseDockerfileError::NoStage,
        _ if message == "expected FROM" => ParseDockerfileError::NoStage,
        line => ParseDockerfileError::Syntax {
            line,
            message: shortened(&message),
        },
    }
}

/// What a file says may be as long as the file.
fn shortened(text: &str) -> String {
    const LENGTH: usize = 100;
    match text.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Where an instruction begins, for those that end the one before.
fn start(instruction: &parser::Instruction<'_>) -> usize {
    use parser::Instruction as I;
    match instruction {
        I::Add(it) => it.add.span.start,
        I::Arg(it) => it.arg.span.start,
        I::Cmd(it) => it.cmd.span.start,
        I::Copy(it) => it.copy.span.start,
        I::Entrypoint(it) => it.entrypoint.span.start,
        I::Env(it) => it.env.span.start,
        I::Expose(it) => it.expose.span.start,
        I::From(it) => it.from.span.start,
        I::Healthcheck(it) => it.healthcheck.span.start,
        I::Label(it) => it.label.span.start,
        I::Maintainer(it) => it.maintainer.span.start,
        I::Onbuild(it) => it.onbuild.span.start,
        I::Run(it) => it.run.span.start,
        I::Shell(it) => it.shell.span.start,
        I::Stopsignal(it) => it.stopsignal.span.start,
        I::User(it) => it.user.span.start,
        I::Volume(it) => it.volume.span.start,
        I::Workdir(it) => it.workdir.span.start,
        // There is no other; one without a place ends nothing.
        _ => usize::MAX,
    }
}

/// Turns the parser's instructions into ours.
struct Reader<'a, 'd> {
    escape: char,
    /// Those that no instruction has taken yet.
    documents: &'d [HereDocument<'a>],
}

impl<'a> Reader<'a, '_> {
    fn read(&mut self, instruction: parser::Instruction<'_>, end: usize) -> Instruction<'a> {
        use parser::Instruction as I;
        let texts = self.take_documents(end);
        match instruction {
            I::From(from) => Instruction::From {
                image: from.image.value.into_owned(),
                name: from.as_.map(|(_, name)| name.value.into_owned()),
            },
            I::Arg(arg) => Instruction::Arg(arg.arguments.value.into_owned()),
            I::Env(env) => Instruction::Env(env.arguments.value.into_owned()),
            I::Workdir(workdir) => Instruction::Workdir(workdir.arguments.value.into_owned()),
            I::Run(run) => Instruction::Run(Run {
                mounts: values(&run.options, "mount").collect(),
                command: self.command(run.arguments),
                here_documents: texts,
            }),
            I::Copy(copy) => Instruction::Copy(copied(&copy.options, copy.src, copy.dest)),
            I::Add(add) => Instruction::Copy(copied(&add.options, add.src, add.dest)),
            I::Onbuild(_) => Instruction::Onbuild,
            _ => Instruction::Other,
        }
    }

    fn take_documents(&mut self, end: usize) -> Vec<&'a str> {
        let count = self
            .documents
            .partition_point(|document| document.start < end);
        let (taken, rest) = self.documents.split_at(count);
        self.documents = rest;
        taken.iter().map(|document| document.text).collect()
    }

    fn command(&self, command: parser::Command<'_>) -> Command {
        match command {
            parser::Command::Exec(words) => {
                let words = words.value.into_iter().map(|word| word.value.into_owned());
                Command::Exec(words.collect())
            }
            parser::Command::Shell(line) => Command::Shell(joined(line.value, self.escape)),
            _ => Command::Exec(Vec::new()),
        }
    }
}

fn values<'o>(
    flags: &'o [parser::Flag<'_>],
    name: &'static str,
) -> impl Iterator<Item = String> + use<'o> {
    let named = move |flag: &&parser::Flag<'_>| flag.name.value == name;
    let value = |flag: &parser::Flag<'_>| Some(flag.value.as_ref()?.value.clone().into_owned());
    flags.iter().filter(named).filter_map(value)
}

fn copied<'a>(
    flags: &[parser::Flag<'_>],
    sources: impl IntoIterator<Item = parser::Source<'a>>,
    destination: parser::UnescapedString<'_>,
) -> Copy {
    let path = |source| match source {
        parser::Source::Path(path) => path.value,
        _ => Cow::Borrowed(""),
    };
    let sources = sources.into_iter().map(path).map(Cow::into_owned);
    Copy {
        from: values(flags, "from").next(),
        sources: sources.collect(),
        destination: destination.value.into_owned(),
    }
}
