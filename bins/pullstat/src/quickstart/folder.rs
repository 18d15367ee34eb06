//! The folder of results: ours to empty, or not to be touched.

use pullstudy_console::UsageError;

use std::fs;
use std::path::Path;

use anyhow::Context;

/// Lies in every folder that a quickstart made, so that the next one may empty it.
const MARK: &str = ".pullstat-quickstart";

/// Makes the folder, emptying what an earlier quickstart left there.
pub(crate) fn start_clean(out: &Path) -> anyhow::Result<()> {
    if is_foreign(out) {
        let message = format!(
            "{} is no folder of an earlier quickstart; choose another with --out",
            out.display()
        );
        return Err(UsageError(message).into());
    }
    if out.exists() {
        fs::remove_dir_all(out).with_context(|| format!("failed to empty {}", out.display()))?;
    }
    fs::create_dir_all(out)
        .and_then(|()| {
            fs::write(
                out.join(MARK),
                "This folder belongs to pullstat quickstart, which empties it.\n",
            )
        })
        .with_context(|| format!("failed to make {}", out.display()))
}

fn is_foreign(out: &Path) -> bool {
    let is_empty = || fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_none());
    out.exists() && !out.join(MARK).exists() && !is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_folder_is_emptied() {
        let dir = tempfile::tempdir().unwrap();
        let (own, foreign) = (dir.path().join("own"), dir.path().join("foreign"));
        start_clean(&own).unwrap();
        fs::write(own.join("old"), "").unwrap();
        start_clean(&own).unwrap();
        assert!(!own.join("old").exists());

        fs::create_dir(&foreign).unwrap();
        start_clean(&foreign).unwrap();
        fs::remove_file(foreign.join(MARK)).unwrap();
        fs::write(foreign.join("thesis.tex"), "precious").unwrap();
        assert!(start_clean(&foreign).unwrap_err().is::<UsageError>());
        assert!(foreign.join("thesis.tex").exists());
    }
}
