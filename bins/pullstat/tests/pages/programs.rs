//! The programs that pages run, and a folder to run them in.

use std::ffi::OsString;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::{study, tree};

/// How pages that are read in a checkout say `pullstat`, before it is installed.
const FROM_THE_CHECKOUT: &str = "cargo run --release -p pullstat --";

/// A folder that looks like a checkout to the commands of a page, with our programs on the path.
pub(crate) struct Place {
    folder: TempDir,
    /// Where the script that fetches the study's data finds it.
    study_url: Option<String>,
}

impl Place {
    /// Makes an empty one, in which the project's fixtures and scripts are.
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        for name in ["bin", "home", "work"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let pullstat = Path::new(env!("CARGO_BIN_EXE_pullstat"));
        let crafter = pullstat.with_file_name("crafter");
        assert!(
            crafter.exists(),
            "{} is not there: `cargo build -p pullstudy-crafter-cli` builds it",
            crafter.display()
        );
        for program in [pullstat, &crafter] {
            let name = program.file_name().unwrap();
            symlink(program, folder.path().join("bin").join(name)).unwrap();
        }
        for name in ["fixtures", "scripts"] {
            let work = folder.path().join("work");
            symlink(
                tree::root().canonicalize().unwrap().join(name),
                work.join(name),
            )
            .unwrap();
        }
        Self {
            folder,
            study_url: None,
        }
    }

    /// Lets the study's data be fetched from here instead of from the net.
    pub(crate) fn with_study(mut self) -> Self {
        self.study_url = Some(study::repository_in(&self));
        self
    }

    /// Puts made-up data where the study's would be.
    pub(crate) fn with_made_up_study(self) -> Self {
        study::make_up_in(&self);
        self
    }

    /// Returns a path beside the folder that commands are run in.
    pub(crate) fn outside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file that the page shows.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join("work").join(name), text).unwrap();
    }

    /// Runs `command` by a shell, as a reader would, with standard error where standard output is.
    pub(crate) fn run(&self, command: &str) -> Output {
        let command = command.replace(FROM_THE_CHECKOUT, "pullstat");
        let top = self.folder.path();
        let path = std::env::var("PATH").unwrap();
        Command::new("sh")
            .args(["-c", &format!("exec 2>&1\n{command}")])
            .current_dir(top.join("work"))
            .env_clear()
            .env("PATH", format!("{}:{path}", top.join("bin").display()))
            .env("HOME", top.join("home"))
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .envs(counted_into())
            .envs(self.study_url.iter().map(|url| ("STUDY_DATA_URL", url)))
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Returns why a program of ours would not take these `arguments`, if so. Nothing is done by it: with `--help`
    /// behind them they are read and no more.
    pub(crate) fn refuses(&self, program: &str, arguments: &[String]) -> Option<String> {
        let output = Command::new(self.folder.path().join("bin").join(program))
            .args(arguments)
            .arg("--help")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let problem = String::from_utf8_lossy(&output.stderr).into_owned();
        (!output.status.success()).then_some(problem)
    }
}

/// Returns where a build that counts what was run writes it: coverage goes on in what a reader would have typed.
fn counted_into() -> Option<(&'static str, OsString)> {
    let name = "LLVM_PROFILE_FILE";
    Some((name, std::env::var_os(name)?))
}
