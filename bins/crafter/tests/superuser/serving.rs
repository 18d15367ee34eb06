//! `crafter build` and `crafter serve`, from outside.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

fn crafter(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crafter"));
    command.current_dir(folder).stdin(Stdio::null());
    command
}

/// Builds the images of a sizes file into the layout `layout`, in a repository named `name`.
pub(crate) fn build(
    folder: &Path,
    name: &str,
    sizes: &str,
    options: &[&str],
) -> Result<(), String> {
    let file = format!("{name}.yaml");
    fs::write(folder.join(&file), sizes).unwrap();
    let repository = format!("localhost/{name}");
    let fixed = [
        "build",
        &file,
        "-o",
        "layout",
        "--seed",
        "42",
        "--uri",
        &repository,
    ];
    let output = crafter(folder).args(fixed).args(options).output().unwrap();
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "crafter build {file}: {}",
        String::from_utf8_lossy(&output.stderr)
    ))
}

/// Builds the images of a sizes file that was built before straight into a repository; returns what they are called.
pub(crate) fn push(folder: &Path, name: &str, repository: &str) -> Result<Vec<String>, String> {
    let file = format!("{name}.yaml");
    rows(
        folder,
        &[
            "build", &file, "--seed", "42", "--push", "--uri", repository,
        ],
    )
}

/// Copies all of the layout into a repository; returns what the images are called there.
pub(crate) fn copy_all(folder: &Path, repository: &str) -> Result<Vec<String>, String> {
    rows(folder, &["copy", "./layout", repository, "--all-tags"])
}

/// How a command ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) words: String,
}

/// Runs a command that must fail.
pub(crate) fn failing(folder: &Path, arguments: &[&str]) -> Result<Ended, String> {
    let output = crafter(folder).args(arguments).output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.success() {
        true => Err(format!("crafter {} succeeded", arguments.join(" "))),
        false => Ok(Ended {
            code: output.status.code(),
            words,
        }),
    }
}

/// Runs a command that must succeed.
pub(crate) fn succeeding(folder: &Path, arguments: &[&str]) -> Result<(), String> {
    let output = crafter(folder).args(arguments).output().unwrap();
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("crafter {}: {said}", arguments.join(" ")))
}

/// Runs a command that must succeed, and reads the references in its rows, each once.
fn rows(folder: &Path, arguments: &[&str]) -> Result<Vec<String>, String> {
    let mut command = crafter(folder);
    let output = command.args(arguments).args(["--format", "json"]);
    let output = output.output().unwrap();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("crafter {}: {said}", arguments.join(" ")));
    }
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = rows.as_array().unwrap().iter();
    let mut references: Vec<_> = rows
        .map(|row| row["reference"].as_str().unwrap().to_owned())
        .collect();
    references.sort_unstable();
    references.dedup();
    Ok(references)
}

/// A server of the layout, killed when dropped.
pub(crate) struct Serving {
    child: Child,
    /// What is served.
    pub(crate) references: Vec<String>,
}

impl Serving {
    pub(crate) fn start(folder: &Path) -> Result<Self, String> {
        let mut command = crafter(folder);
        command
            .args(["serve", "layout", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let layout = fs::read_to_string(folder.join("layout/index.json")).unwrap();
        let images = layout.matches("io.containerd.image.name").count();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let references = lines.take(images).collect::<Result<_, _>>().unwrap();
        Ok(Self { child, references })
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
