//! Where the project lies, and which packages it has.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// Returns the folder of the workspace's `Cargo.toml`.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this package lies in a folder of the workspace")
}

/// Returns the names of the libraries, in alphabetical order.
pub(crate) fn libraries() -> anyhow::Result<Vec<String>> {
    packages_in(&root().join("crates"))
}

/// What the programs share lies beside them, and is no program.
const SHARED_BY_PROGRAMS: &str = "pullstudy-console";

/// Returns the names of the packages that hold our programs, in alphabetical order.
pub(crate) fn programs() -> anyhow::Result<Vec<String>> {
    let mut programs = packages_in(&root().join("bins"))?;
    programs.retain(|name| name != SHARED_BY_PROGRAMS);
    Ok(programs)
}

/// Our programs: the package, its folder, and what the program is called.
pub(crate) const PROGRAMS: [(&str, &str, &str); 2] = [
    ("pullstat", "bins/pullstat", "pullstat"),
    ("pullstudy-crafter-cli", "bins/crafter", "crafter"),
];

/// Returns the folder into which cargo puts what it builds with `profile`.
pub(crate) fn built(profile: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target
        .unwrap_or_else(|| root().join("target"))
        .join(profile)
}

/// Returns the names of the packages in the folders right below `folder`, sorted.
///
/// Read from the manifests rather than from `cargo metadata`: it saves a JSON parser.
fn packages_in(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    let entries =
        fs::read_dir(folder).with_context(|| format!("failed to list {}", folder.display()))?;
    for entry in entries {
        let manifest = entry
            .with_context(|| format!("failed to list {}", folder.display()))?
            .path()
            .join("Cargo.toml");
        // A folder without a manifest is what is left of a crate on another branch.
        if manifest.is_file() {
            names.push(package_name(&manifest)?);
        }
    }
    names.sort();
    Ok(names)
}

fn package_name(manifest: &Path) -> anyhow::Result<String> {
    let text = fs::read_to_string(manifest)
        .with_context(|| format!("failed to read {}", manifest.display()))?;
    match name_in(&text) {
        Some(name) => Ok(name.to_owned()),
        None => bail!("{} names no package", manifest.display()),
    }
}

/// Returns the value of the first `name` in a manifest's text, which is its package's name:
/// `[package]` comes first in every manifest of ours.
fn name_in(manifest: &str) -> Option<&str> {
    manifest.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "name").then(|| value.trim().trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_name_is_read_from_a_manifest() {
        let manifest =
            "[package]\nname = \"pullstudy-image\"\nversion = \"1\"\n[lib]\nname = \"x\"";
        assert_eq!(name_in(manifest), Some("pullstudy-image"));
        assert_eq!(name_in("[workspace]\nmembers = []\n"), None);
    }

    #[test]
    fn libraries_and_programs_are_found() {
        let libraries = libraries().expect("the workspace has a folder of libraries");
        assert!(
            libraries.contains(&"pullstudy-image".to_owned()),
            "{libraries:?}"
        );
        assert!(libraries.is_sorted());
        let programs = programs().expect("the workspace has a folder of programs");
        assert_eq!(programs, PROGRAMS.map(|(package, _, _)| package));
    }

    #[test]
    fn a_folder_without_a_manifest_is_no_package() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("left-over")).expect("a folder in it");
        assert_eq!(
            packages_in(folder.path()).expect("it can be listed"),
            Vec::<String>::new()
        );
    }
}
