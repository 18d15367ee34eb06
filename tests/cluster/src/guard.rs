//! Sees to it that nothing outlives the process that started it, however that ends.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

/// Waits for the end of its input, which comes with the end of our process; then kills what still has a file with its
/// number in the folder `$1`, removes the cgroups of a real node's containers, and the folder if `$2` says so.
const SCRIPT: &str = r#"
read -r _
for file in "$1"/*.pid; do
    [ -f "$file" ] && kill -9 "$(cat "$file")" 2>/dev/null
    rm -f -- "$file"
done
for id in "$1"/node-real/state/io.containerd.runtime.v2.task/k8s.io/*; do
    rmdir /sys/fs/cgroup/*/k8s.io/"${id##*/}" 2>/dev/null
done
[ "$2" = remove ] && rm -rf -- "$1"
exit 0
"#;

/// A process that waits for our end.
#[derive(Debug)]
pub(crate) struct Guard {
    shell: Child,
    /// Taken, and thereby closed, when the guard is dropped. No other process has it.
    input: Option<ChildStdin>,
}

impl Guard {
    /// Begins to guard the servers whose numbers are in `folder`, and removes it with them if it is to be.
    pub(crate) fn new(folder: &Path, remove: bool) -> io::Result<Self> {
        let mut shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "guard"])
            .arg(folder)
            .arg(if remove { "remove" } else { "keep" })
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let input = shell.stdin.take();
        Ok(Self { shell, input })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.shell.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_is_left_is_killed_and_removed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let below = folder.path().join("cluster");
        fs::create_dir(&below).expect("a folder in it");
        let mut left = Command::new("sleep").arg("600").spawn().expect("it starts");
        fs::write(below.join("sleep.pid"), left.id().to_string()).expect("its number");
        drop(Guard::new(&below, true).expect("a shell"));
        assert!(!left.wait().expect("it has ended").success());
        assert!(!below.exists());
    }

    #[test]
    fn a_folder_of_the_caller_is_kept() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        drop(Guard::new(folder.path(), false).expect("a shell"));
        assert!(folder.path().exists());
    }
}
