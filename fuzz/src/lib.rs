//! What several targets stand on.

use std::path::Path;

use tempfile::TempDir;

/// Returns a folder of its own, in memory where there is such a place: every run of a target writes files.
///
/// # Panics
///
/// If no folder can be made: no target can do anything then.
#[must_use]
pub fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    made.expect("a folder for temporary files can be made")
}
