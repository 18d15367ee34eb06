//! A command as data: shown as the line to type, run, or read from.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use crate::{console, workspace};

/// Variables that `cargo run` sets for the program it starts.
///
/// A nested cargo must not inherit them: some build scripts (ring's) ask to be run again when
/// one changes, and would be rebuilt whenever `cargo xtask test` and `cargo test` take turns.
const SET_BY_CARGO_RUN: [&str; 3] = ["CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_BIN_"];

/// A program with its arguments, run in the workspace's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invocation {
    program: OsString,
    args: Vec<OsString>,
    variables: Vec<(&'static str, OsString)>,
}

impl Invocation {
    /// Describes running `program` with `args`.
    pub(crate) fn new<A: Into<OsString>>(
        program: impl Into<OsString>,
        args: impl IntoIterator<Item = A>,
    ) -> Self {
        Self {
            program: program.into(),
            args: args.into_iter().map(Into::into).collect(),
            variables: Vec::new(),
        }
    }

    /// Describes running cargo with the words of `line`, which are separated by white space.
    pub(crate) fn cargo(line: &str) -> Self {
        Self::new("cargo", line.split_whitespace())
    }

    /// Adds arguments at the end.
    pub(crate) fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of the environment.
    pub(crate) fn variable(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// Shows the command, then runs it with this process's standard output and error.
    ///
    /// # Errors
    ///
    /// The command could not be started, or did not succeed.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        console::complain(format_args!("$ {self}"));
        let status = self
            .command()
            .stdin(Stdio::null())
            .status()
            .with_context(|| format!("failed to start `{self}`"))?;
        ensure!(status.success(), "`{self}` failed with {status}");
        Ok(())
    }

    /// Runs the command and returns what it wrote on standard output.
    ///
    /// # Errors
    ///
    /// The command could not be started, did not succeed, or wrote what is not UTF-8.
    pub(crate) fn read(&self) -> anyhow::Result<String> {
        let output = self
            .command()
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("failed to start `{self}`"))?;
        ensure!(
            output.status.success(),
            "`{self}` failed with {}",
            output.status
        );
        String::from_utf8(output.stdout).with_context(|| format!("`{self}` wrote no text"))
    }

    /// Runs the command unseen and tells whether it succeeded.
    pub(crate) fn succeeds_silently(&self) -> bool {
        let mut command = self.command();
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.resolved_program());
        command.args(&self.args).current_dir(workspace::root());
        for (name, _) in std::env::vars_os() {
            let inherited = name.to_string_lossy();
            if SET_BY_CARGO_RUN
                .iter()
                .any(|prefix| inherited.starts_with(prefix))
            {
                command.env_remove(&name);
            }
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Cargo tells the programs it runs which cargo it is; another toolchain's would rebuild all.
    fn resolved_program(&self) -> OsString {
        match std::env::var_os("CARGO") {
            Some(cargo) if self.program == "cargo" => cargo,
            _ => self.program.clone(),
        }
    }
}

/// The line that does the same when typed into a POSIX shell in the workspace's folder.
impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.variables {
            write!(f, "{name}={} ", quoted(value))?;
        }
        write!(f, "{}", quoted(&self.program))?;
        self.args
            .iter()
            .try_for_each(|arg| write!(f, " {}", quoted(arg)))
    }
}

/// Returns a word as a POSIX shell reads it back: bare where that is safe, else in single quotes.
fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_would_be_typed() {
        let doc = Invocation::cargo("doc --no-deps").variable("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(
            doc.to_string(),
            "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps"
        );
        let odd = Invocation::new("echo", ["it's", "", "a b"]);
        assert_eq!(odd.to_string(), r"echo 'it'\''s' '' 'a b'");
    }

    #[test]
    fn output_is_read_and_failure_names_the_command() {
        let rustc = Invocation::cargo("--version")
            .read()
            .expect("cargo is here: it runs this test");
        assert!(rustc.starts_with("cargo "), "{rustc}");
        let error = Invocation::new("false", [""; 0])
            .read()
            .expect_err("`false` fails");
        assert!(
            error
                .to_string()
                .starts_with("`false` failed with exit status"),
            "{error}"
        );
    }

    #[test]
    fn silent_commands_tell_how_they_ended() {
        assert!(Invocation::new("true", [""; 0]).succeeds_silently());
        assert!(!Invocation::new("false", [""; 0]).succeeds_silently());
        assert!(!Invocation::new("pullstudy-no-such-program", [""; 0]).succeeds_silently());
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = Invocation::new("pullstudy-no-such-program", [""; 0])
            .run()
            .expect_err("there is no such program");
        assert_eq!(
            error.to_string(),
            "failed to start `pullstudy-no-such-program`"
        );
    }

    #[test]
    fn what_cargo_run_sets_is_not_handed_on() {
        // The test harness itself is started by cargo, with these variables set.
        let variables = Invocation::new("env", [""; 0])
            .read()
            .expect("`env` prints its variables");
        assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
        assert!(!variables.contains("CARGO_MANIFEST_DIR="), "{variables}");
        assert!(!variables.contains("CARGO_PKG_NAME="), "{variables}");
    }
}
