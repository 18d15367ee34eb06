//! Programs from the crate registry: built once, and kept beside other things that can be built
//! again.

use std::path::PathBuf;

use crate::invocation::Invocation;
use crate::machine::Machine;
use crate::workspace;

/// A program that is built from the crate registry.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tool {
    /// Its package and its program.
    pub(crate) name: &'static str,
    /// The version that is built if none is on PATH.
    pub(crate) version: &'static str,
    /// What needs it.
    pub(crate) needed_by: &'static str,
}

/// Checks licences, sources and duplicates.
pub(crate) const CARGO_DENY: Tool = Tool {
    name: "cargo-deny",
    version: "0.20.2",
    needed_by: "ci: licences, sources and duplicate versions",
};

/// Feeds parsers with what nobody thought of.
pub(crate) const CARGO_FUZZ: Tool = Tool {
    name: "cargo-fuzz",
    version: "0.13.2",
    needed_by: "fuzz: bytes that nobody thought of",
};

/// Makes Debian packages.
pub(crate) const CARGO_DEB: Tool = Tool {
    name: "cargo-deb",
    version: "3.8.0",
    needed_by: "dist: Debian packages",
};

/// Lists what a program is made of.
pub(crate) const CARGO_CYCLONEDX: Tool = Tool {
    name: "cargo-cyclonedx",
    version: "0.5.9",
    needed_by: "dist: software bills of materials",
};

/// What `setup` sees to. A test looks for them on PATH, then in [`folder`].
pub(crate) const TEST_TOOLS: &[Tool] = &[Tool {
    name: "ferro-oci-server",
    version: "1.0.0",
    needed_by: "registry: a registry with referrers and pages of tags",
}];

/// Returns the folder whose `bin` holds them.
pub(crate) fn folder() -> PathBuf {
    workspace::root().join("target/tools")
}

impl Tool {
    /// Returns where it lies, if it is here.
    pub(crate) fn find(&self, machine: &Machine) -> Option<PathBuf> {
        let built = folder().join("bin").join(self.name);
        let on_path = machine.find(self.name);
        on_path.or_else(|| built.is_file().then_some(built))
    }

    /// Returns the command that builds it. Without optimisation: that takes half the time, and
    /// none of them has much to do.
    pub(crate) fn install(&self) -> Invocation {
        Invocation::cargo("install --quiet --locked --debug --root")
            .args([folder()])
            .args([format!("{}@{}", self.name, self.version)])
    }

    /// Builds it if it is not here, and returns where it lies.
    ///
    /// # Errors
    ///
    /// It could not be built.
    pub(crate) fn provide(&self, machine: &Machine) -> anyhow::Result<PathBuf> {
        if let Some(path) = self.find(machine) {
            return Ok(path);
        }
        self.install().run()?;
        Ok(folder().join("bin").join(self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::tests::machine_with;

    #[test]
    fn what_is_on_path_is_not_built() {
        let (folder, machine) = machine_with(&["cargo-deny"]);
        let path = CARGO_DENY.provide(&machine).expect("it is there");
        assert_eq!(path, folder.path().join("cargo-deny"));
    }

    #[test]
    fn a_version_is_named_and_the_lock_file_kept() {
        let line = CARGO_FUZZ.install().to_string();
        assert!(line.starts_with("cargo install --quiet --locked --debug --root "));
        assert!(line.ends_with("target/tools cargo-fuzz@0.13.2"), "{line}");
    }
}
