//! Programs that we did not write, run to their end.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub(crate) const SETUP: &str = "is missing; `cargo xtask setup` installs it";

/// Runs a program that must succeed.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Output {
    let output = output(program, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    output
}

/// Runs a program that may fail.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    let output = command.args(arguments).stdin(Stdio::null()).output();
    output.unwrap_or_else(|error| panic!("{program} {SETUP}: {error}"))
}

/// Runs skopeo on another thread: the server that it talks to runs on this one.
pub(crate) async fn skopeo(arguments: &[&str]) -> Output {
    let arguments: Vec<String> = arguments.iter().map(|&text| text.to_owned()).collect();
    let run = move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        run("skopeo", &arguments)
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

/// A tag of a layout, as skopeo names it.
pub(crate) fn oci(path: &Path, tag: &str) -> String {
    format!("oci:{}:{tag}", path.display())
}

/// A program that `cargo xtask setup` builds: on PATH, or where that puts it.
pub(crate) fn built(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join(program));
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/bin");
    let found = on_path
        .chain([tools.join(program)])
        .find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{program} {SETUP}"))
}
