//! Where the programs of the control plane lie.

use std::path::{Path, PathBuf};

/// The release of Kubernetes that is built and run: the one in `kubernetes/go.mod`.
pub const KUBERNETES_VERSION: &str = "v1.35.4";

/// Where the programs of the control plane lie.
#[derive(Clone, Debug)]
pub struct Programs {
    folder: PathBuf,
    etcd: PathBuf,
    openssl: PathBuf,
}

/// Why there is no control plane to start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FindProgramsError {
    /// The environment names no home to look in.
    #[error("there is no HOME to look for the built programs in")]
    NoHome,
    /// A program is not where `cargo xtask test --cluster` puts it.
    #[error(
        "{} is missing; `cargo xtask test --cluster` builds or installs it",
        path.display()
    )]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
}

/// What is built.
const BUILT: [&str; 9] = [
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubectl",
    "kubelet",
    "kwok",
    "crictl",
    "soci",
    "soci-snapshotter-grpc",
];

impl Programs {
    /// Looks for the programs below `home`, and for etcd and openssl in the folders of `search_path`, the value of
    /// `PATH`.
    ///
    /// # Errors
    ///
    /// One is missing.
    pub fn find(home: &Path, search_path: &std::ffi::OsStr) -> Result<Self, FindProgramsError> {
        let folder = home
            .join(".cache/pullstudy/cluster")
            .join(KUBERNETES_VERSION);
        for name in BUILT {
            existing(folder.join(name))?;
        }
        let on_path = |name: &str| {
            std::env::split_paths(search_path)
                .map(|folder| folder.join(name))
                .find(|path| path.is_file())
                .map_or_else(|| existing(Path::new("/usr/bin").join(name)), Ok)
        };
        Ok(Self {
            etcd: on_path("etcd")?,
            openssl: on_path("openssl")?,
            folder,
        })
    }

    /// Looks for the programs where this process's environment says.
    ///
    /// # Errors
    ///
    /// One is missing, or there is no home.
    pub fn of_this_user() -> Result<Self, FindProgramsError> {
        let home = std::env::var_os("HOME").ok_or(FindProgramsError::NoHome)?;
        let search_path = std::env::var_os("PATH").unwrap_or_default();
        Self::find(Path::new(&home), &search_path)
    }

    /// Returns where a program that was built lies, such as `kubectl`.
    #[must_use]
    pub fn built(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(crate) fn etcd(&self) -> &Path {
        &self.etcd
    }

    pub(crate) fn openssl(&self) -> &Path {
        &self.openssl
    }
}

fn existing(path: PathBuf) -> Result<PathBuf, FindProgramsError> {
    if path.is_file() {
        Ok(path)
    } else {
        Err(FindProgramsError::Missing { path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_the_remedy() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let error = Programs::find(home.path(), "".as_ref()).expect_err("nothing is there");
        let text = error.to_string();
        assert!(text.contains("v1.35.4/kube-apiserver is missing"), "{text}");
        assert!(text.contains("cargo xtask test --cluster"), "{text}");
    }

    #[test]
    fn the_version_is_the_one_that_is_built() {
        let module = include_str!("../kubernetes/go.mod");
        assert!(module.contains(&format!("k8s.io/kubernetes {KUBERNETES_VERSION}")));
    }
}
