//! The one table of the Debian packages whose programs the tests and benchmarks run.

/// A Debian package that brings programs which tests or benchmarks run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DebianPackage {
    /// Its name for `apt-get`; Ubuntu uses the same ones.
    pub(crate) name: &'static str,
    /// The programs it is wanted for. It counts as installed when all are on PATH, wherever they
    /// come from. A library has a file in their place, by its whole path.
    pub(crate) programs: &'static [&'static str],
    /// The service that its installation would start and enable.
    pub(crate) service: Option<&'static str>,
    /// What needs it.
    pub(crate) needed_by: &'static str,
}

/// Every package that `setup` sees to, in alphabetical order.
pub(crate) const DEBIAN_PACKAGES: &[DebianPackage] = &[
    DebianPackage {
        name: "apache2-utils",
        programs: &["htpasswd"],
        service: None,
        needed_by: "registry: the passwords that a registry asks for",
    },
    DebianPackage {
        name: "buildah",
        programs: &["buildah"],
        service: None,
        needed_by: "benches: the peer that builds an image by `RUN head -c`",
    },
    DebianPackage {
        name: "busybox-static",
        programs: &["busybox"],
        service: None,
        needed_by: "benches: the shell in the images that buildah builds",
    },
    DebianPackage {
        name: "chromium",
        programs: &["chromium"],
        service: None,
        needed_by: "report: a browser that the page is tried in",
    },
    DebianPackage {
        name: "chromium-driver",
        programs: &["chromedriver"],
        service: None,
        needed_by: "report: drives that browser",
    },
    DebianPackage {
        name: "containerd",
        programs: &["containerd", "containerd-shim-runc-v2", "ctr"],
        service: Some("containerd"),
        needed_by: "crafter: a runtime that pulls our images and runs them",
    },
    DebianPackage {
        name: "docker-registry",
        programs: &["docker-registry"],
        service: Some("docker-registry"),
        needed_by: "registry: a registry that we did not write",
    },
    DebianPackage {
        name: "etcd-server",
        programs: &["etcd"],
        service: Some("etcd"),
        needed_by: "runner: the store under a Kubernetes control plane",
    },
    DebianPackage {
        name: "npm",
        programs: &["npm"],
        service: None,
        needed_by: "report: fetches axe-core, the rules that the page is checked by",
    },
    DebianPackage {
        name: "openssl",
        programs: &["openssl"],
        service: None,
        needed_by: "registry: authorities and certificates, good and bad",
    },
    DebianPackage {
        name: "pigz",
        programs: &["unpigz"],
        service: None,
        needed_by: "crafter: the gzip reader that containerd prefers to its own",
    },
    DebianPackage {
        name: "runc",
        programs: &["runc"],
        service: None,
        needed_by: "crafter: starts the containers of containerd",
    },
    DebianPackage {
        name: "skopeo",
        programs: &["skopeo"],
        service: None,
        needed_by: "crafter, registry: a reader of layouts that we did not write",
    },
    DebianPackage {
        name: "time",
        programs: &["time"],
        service: None,
        needed_by: "benches: the seconds and the memory of a whole process",
    },
    DebianPackage {
        name: "umoci",
        programs: &["umoci"],
        service: None,
        needed_by: "crafter: an unpacker that we did not write; benches: a peer",
    },
    DebianPackage {
        name: "zlib1g-dev",
        programs: &["/usr/include/zlib.h"],
        service: None,
        needed_by: "runner: the SOCI snapshotter is built with it",
    },
    DebianPackage {
        name: "zstd",
        programs: &["zstd"],
        service: None,
        needed_by: "crafter: a zstd reader that we did not write",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_complete() {
        assert!(DEBIAN_PACKAGES.is_sorted_by(|a, b| a.name < b.name));
        for package in DEBIAN_PACKAGES {
            assert!(
                !package.programs.is_empty(),
                "{} brings nothing",
                package.name
            );
            assert!(
                !package.needed_by.is_empty(),
                "{} is for nothing",
                package.name
            );
        }
    }

    #[test]
    fn no_program_is_expected_of_two_packages() {
        let mut programs: Vec<_> = DEBIAN_PACKAGES
            .iter()
            .flat_map(|package| package.programs)
            .collect();
        programs.sort_unstable();
        assert!(programs.is_sorted_by(|a, b| a < b), "{programs:?}");
    }
}
