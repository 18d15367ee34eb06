//! The programs of a Kubernetes control plane: built once with Go, from modules that pin every
//! version and checksum, and kept outside the repository.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use crate::invocation::Invocation;
use crate::machine::Machine;
use crate::workspace;

/// A program that is built from a Go module below `tests/cluster/`.
#[derive(Debug, PartialEq, Eq)]
struct GoProgram {
    /// What it is called.
    name: &'static str,
    /// The folder of the module that pins it.
    module: &'static str,
    /// The package of its `main`.
    package: &'static str,
    /// Whether a part of it is C.
    has_c: bool,
}

/// All of them. From the kubelet on they are for a real node, which not every machine can bear, but for kwok.
const PROGRAMS: [GoProgram; 9] = [
    kubernetes("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"),
    kubernetes(
        "kube-controller-manager",
        "k8s.io/kubernetes/cmd/kube-controller-manager",
    ),
    kubernetes("kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler"),
    kubernetes("kubectl", "k8s.io/kubernetes/cmd/kubectl"),
    kubernetes("kubelet", "k8s.io/kubernetes/cmd/kubelet"),
    GoProgram {
        name: "kwok",
        module: "kwok",
        package: "sigs.k8s.io/kwok/cmd/kwok",
        has_c: false,
    },
    GoProgram {
        name: "crictl",
        module: "crictl",
        package: ".",
        has_c: false,
    },
    soci("soci", "github.com/awslabs/soci-snapshotter/cmd/soci"),
    soci(
        "soci-snapshotter-grpc",
        "github.com/awslabs/soci-snapshotter/cmd/soci-snapshotter-grpc",
    ),
];

const fn kubernetes(name: &'static str, package: &'static str) -> GoProgram {
    GoProgram {
        name,
        module: "kubernetes",
        package,
        has_c: false,
    }
}

/// It reads gzip from the middle by zlib.
const fn soci(name: &'static str, package: &'static str) -> GoProgram {
    GoProgram {
        name,
        module: "soci",
        package,
        has_c: true,
    }
}

/// A control plane of one version, in a folder of its own.
#[derive(Debug)]
pub(crate) struct ControlPlane {
    version: String,
    folder: PathBuf,
}

impl ControlPlane {
    /// Returns the one that the repository pins, below the home of this user.
    ///
    /// # Errors
    ///
    /// There is no home, or the module pins no Kubernetes.
    pub(crate) fn of_this_user() -> anyhow::Result<Self> {
        let home = std::env::var_os("HOME").context("there is no HOME to keep programs in")?;
        let module = workspace::root().join("tests/cluster/kubernetes/go.mod");
        let text = std::fs::read_to_string(&module)
            .with_context(|| format!("failed to read {}", module.display()))?;
        let version = version_in(&text)
            .with_context(|| format!("{} requires no k8s.io/kubernetes", module.display()))?;
        Ok(Self::new(Path::new(&home), version))
    }

    fn new(home: &Path, version: &str) -> Self {
        Self {
            version: version.to_owned(),
            folder: home.join(".cache/pullstudy/cluster").join(version),
        }
    }

    /// Tells whether every program is here.
    pub(crate) fn is_built(&self) -> bool {
        self.missing().next().is_none()
    }

    /// Builds what is missing.
    ///
    /// # Errors
    ///
    /// Go is missing or too old, or a build failed.
    pub(crate) fn provide(&self, machine: &Machine) -> anyhow::Result<()> {
        for build in self.builds() {
            ensure!(machine.find("go").is_some(), "{NO_GO}");
            build.run()?;
        }
        Ok(())
    }

    fn missing(&self) -> impl Iterator<Item = &'static GoProgram> {
        PROGRAMS
            .iter()
            .filter(|program| !self.folder.join(program.name).is_file())
    }

    fn builds(&self) -> impl Iterator<Item = Invocation> {
        self.missing().map(|program| self.build(program))
    }

    /// Without C where there is none: one less program to have. Without symbols: half the size.
    fn build(&self, program: &GoProgram) -> Invocation {
        Invocation::new("go", ["build", "-C"])
            .args([format!("tests/cluster/{}", program.module)])
            .args(["-mod=readonly", "-trimpath", "-ldflags"])
            .args([linker_flags(&self.version)])
            .args(["-o".as_ref(), self.folder.join(program.name).as_os_str()])
            .args([program.package])
            .variable("CGO_ENABLED", if program.has_c { "1" } else { "0" })
    }
}

/// What to do about a missing Go. Debian's own is older than Kubernetes wants.
const NO_GO: &str = "Go is missing, with which the control plane is built: install Go 1.25 or newer \
    from https://go.dev/dl/ and put its `go` on PATH, then try again";

/// Returns the flags that tell the programs their version, which they tell each other.
fn linker_flags(version: &str) -> String {
    let mut numbers = version.trim_start_matches('v').split('.');
    let [major, minor] = [(); 2].map(|()| numbers.next().unwrap_or_default());
    let base = "-X k8s.io/component-base/version";
    format!(
        "-s -w {base}.gitVersion={version} {base}.gitMajor={major} {base}.gitMinor={minor} \
         -X k8s.io/client-go/pkg/version.gitVersion={version}"
    )
}

/// Returns the version of Kubernetes that a `go.mod` requires.
fn version_in(module: &str) -> Option<&str> {
    module.lines().find_map(|line| {
        let mut words = line.trim().trim_start_matches("require ").split(' ');
        (words.next() == Some("k8s.io/kubernetes")).then(|| words.next())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::tests::machine_with;
    use std::fs;

    #[test]
    fn what_is_built_is_not_built_again() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let plane = ControlPlane::new(home.path(), "v1.35.4");
        assert_eq!(plane.builds().count(), PROGRAMS.len());
        let folder = home.path().join(".cache/pullstudy/cluster/v1.35.4");
        fs::create_dir_all(&folder).expect("a folder");
        for program in &PROGRAMS {
            fs::write(folder.join(program.name), "").expect("a program");
        }
        assert!(plane.is_built());
        let (_folder, nothing) = machine_with(&[]);
        plane.provide(&nothing).expect("there is nothing to do");
    }

    #[test]
    fn a_missing_go_is_said_with_the_remedy() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let (_folder, nothing) = machine_with(&[]);
        let plane = ControlPlane::new(home.path(), "v1.35.4");
        let error = plane.provide(&nothing).expect_err("there is no Go");
        assert!(error.to_string().contains("https://go.dev/dl/"), "{error}");
    }

    #[test]
    fn a_build_is_a_line_to_type() {
        let plane = ControlPlane::new(Path::new("/home/me"), "v1.35.4");
        let line = plane.build(&PROGRAMS[5]).to_string();
        let start =
            "CGO_ENABLED=0 go build -C tests/cluster/kwok -mod=readonly -trimpath -ldflags '-s -w ";
        assert!(line.starts_with(start), "{line}");
        let end = "-o /home/me/.cache/pullstudy/cluster/v1.35.4/kwok sigs.k8s.io/kwok/cmd/kwok";
        assert!(line.ends_with(end), "{line}");
        assert!(line.contains("version.gitMajor=1 "), "{line}");
        assert!(line.contains("version.gitMinor=35 "), "{line}");
    }

    #[test]
    fn the_version_is_read_from_the_module() {
        let plane = ControlPlane::of_this_user().expect("the module pins one");
        assert!(plane.version.starts_with("v1."), "{}", plane.version);
        assert_eq!(
            version_in("module x\n\nrequire k8s.io/kubernetes v1.2.3\n"),
            Some("v1.2.3")
        );
        assert_eq!(version_in("replace k8s.io/kubernetes-x => y v1\n"), None);
    }
}
