//! Licences of what is part of a program: most ask that their text goes along.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::invocation::Invocation;

/// A crate that is part of a program.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    name: String,
    version: String,
    licence: String,
}

/// Returns all crates from the registry that are part of the program of `package`, then the texts
/// of their licences, each text once.
///
/// # Errors
///
/// The crates could not be listed, or the sources of one are not there.
pub(crate) fn of(package: &str) -> anyhow::Result<String> {
    let tree = Invocation::cargo("tree --locked --edges normal --prefix none --no-dedupe")
        .args(["--format", "{p}\t{l}", "--package", package])
        .read()?;
    let parts = parts(&tree);
    let sources = sources()?;
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for part in &parts {
        let name = format!("{}-{}", part.name, part.version);
        let folder = sources.iter().map(|folder| folder.join(&name));
        let folder = folder.into_iter().find(|folder| folder.is_dir());
        let folder = folder.with_context(|| format!("no sources of {name}"))?;
        for text in licence_texts(&folder)? {
            texts.entry(text).or_default().push(name.clone());
        }
    }
    Ok(notice(package, &parts, &texts))
}

/// Reads lines such as `serde v1.0.1<TAB>MIT`. Those of our own end in a path.
fn parts(tree: &str) -> Vec<Part> {
    let mut parts: Vec<_> = tree
        .lines()
        .filter_map(|line| {
            let (package, licence) = line.split_once('\t')?;
            let (name, version) = package.split_once(" v")?;
            let version = version.trim_end_matches(" (proc-macro)");
            (!version.contains('(')).then(|| Part {
                name: name.to_owned(),
                version: version.to_owned(),
                licence: licence.to_owned(),
            })
        })
        .collect();
    parts.sort();
    parts.dedup();
    parts
}

/// Returns the folders in which cargo keeps the sources of crates.
fn sources() -> anyhow::Result<Vec<PathBuf>> {
    let folder = crate::dist::cargo_home()?.join("registry/src");
    listed(&folder)
}

fn listed(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let listing = || format!("failed to list {}", folder.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).with_context(listing)? {
        paths.push(entry.with_context(listing)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Returns the texts in a crate's folder that are licences or notices by their names.
fn licence_texts(folder: &Path) -> anyhow::Result<Vec<String>> {
    let is_licence = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.to_lowercase();
        path.is_file()
            && ["license", "licence", "copying", "notice", "unlicense"]
                .iter()
                .any(|start| name.starts_with(start))
    };
    let mut texts = Vec::new();
    for path in listed(folder)?.into_iter().filter(is_licence) {
        let text = fs::read_to_string(&path);
        let text = text.with_context(|| format!("failed to read {}", path.display()))?;
        texts.push(text.replace("\r\n", "\n").trim().to_owned());
    }
    Ok(texts)
}

fn notice(package: &str, parts: &[Part], texts: &BTreeMap<String, Vec<String>>) -> String {
    let mut notice =
        format!("What is part of {package} besides its own code, and its licences.\n\n");
    for part in parts {
        // A String takes all that is written.
        let _ = writeln!(notice, "{} {}: {}", part.name, part.version, part.licence);
    }
    for (text, names) in texts {
        let _ = write!(
            notice,
            "\n{}\n{}:\n\n{text}\n",
            "-".repeat(79),
            names.join(", ")
        );
    }
    notice
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_crate_is_told_once_and_ours_are_not() {
        let tree = "pullstat v0.1.0 (/src/bins/pullstat)\tMIT\nserde v1.0.1\tMIT\n\
            serde_derive v1.0.1 (proc-macro)\tApache-2.0\nserde v1.0.1\tMIT\n";
        let parts = parts(tree);
        let names: Vec<_> = parts.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(names, ["serde", "serde_derive"]);
    }

    #[test]
    fn each_text_stands_once_below_all_whose_it_is() {
        let parts = parts("a v1.0.0\tMIT\nb v2.0.0\tMIT\n");
        let names = vec!["a-1.0.0".to_owned(), "b-2.0.0".to_owned()];
        let texts = BTreeMap::from([("Permission is granted".to_owned(), names)]);
        let notice = notice("tool", &parts, &texts);
        assert!(notice.contains("a 1.0.0: MIT\nb 2.0.0: MIT\n"), "{notice}");
        assert!(
            notice.ends_with("a-1.0.0, b-2.0.0:\n\nPermission is granted\n"),
            "{notice}"
        );
    }
}
