//! Running the program.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder with a sizes file, in which commands are run.
pub(crate) struct Workplace {
    folder: TempDir,
}

/// What a command left behind.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) results: String,
    pub(crate) messages: String,
}

impl Workplace {
    /// Makes a folder with `sizes.yaml` in it.
    pub(crate) fn new(sizes: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("sizes.yaml"), sizes).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        command(self.folder.path(), arguments)
    }

    pub(crate) fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Ran {
        ran(self.command(arguments).output().unwrap())
    }

    /// Runs a command that must succeed, and reads its rows.
    pub(crate) fn rows(&self, arguments: &[&str]) -> Vec<Value> {
        let ran = self.run(&[arguments, &["--format", "json"]].concat());
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.messages);
        serde_json::from_str(&ran.results).unwrap()
    }
}

pub(crate) fn command<S: AsRef<OsStr>>(folder: &Path, arguments: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crafter"));
    command
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::null());
    command
}

pub(crate) fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().expect("the program was not killed"),
        results: String::from_utf8(output.stdout).unwrap(),
        messages: String::from_utf8(output.stderr).unwrap(),
    }
}
