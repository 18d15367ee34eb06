//! Profiles of bases, in files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use pullstudy_console::UsageError;
use pullstudy_survey::{BaseProfile, Inspection};

/// Reads every `*.json` of a folder, in the order of their names.
pub(super) fn read(folder: &Path) -> anyhow::Result<Vec<BaseProfile>> {
    let listing = || format!("failed to list the bases in {}", folder.display());
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).with_context(listing)? {
        paths.push(entry.with_context(listing)?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|end| end == "json"));
    paths.sort();
    if paths.is_empty() {
        let message = format!(
            "{} holds no base: write some with `pullstat inspect REFERENCE --as-base -o {}/NAME.json`",
            folder.display(),
            folder.display()
        );
        return Err(UsageError(message).into());
    }
    paths.iter().map(|path| read_one(path)).collect()
}

fn read_one(path: &Path) -> anyhow::Result<BaseProfile> {
    let text = fs::read_to_string(path);
    let text = text.with_context(|| format!("failed to read {}", path.display()))?;
    BaseProfile::from_json(&text).with_context(|| format!("failed to use {}", path.display()))
}

/// Returns what is kept of an image.
pub(super) fn text(inspection: &Inspection) -> anyhow::Result<String> {
    if inspection.report.has_problem() {
        bail!(
            "{} is not kept as a base: not all of its layers could be read",
            inspection.report.reference
        );
    }
    Ok(inspection.profile.to_json() + "\n")
}

/// Writes a profile, whole or not at all.
pub(super) fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    replace(path, text).with_context(|| format!("failed to write {}", path.display()))
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        fs::create_dir_all(folder)?;
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    fs::write(&partial, text)?;
    fs::rename(&partial, path)
}
