//! What `setup` must know of the machine it runs on.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::packages::DebianPackage;

/// The facts of a machine that decide what `setup` does.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    /// Where programs are looked for: the value of `PATH`.
    pub(crate) search_path: OsString,
    /// Whether this process may install packages.
    pub(crate) is_root: bool,
    /// Whether it is Debian or derived from it.
    pub(crate) is_debian_like: bool,
    /// Whether systemd runs the services, so that an installed one would be started at boot.
    pub(crate) runs_systemd: bool,
}

impl Machine {
    /// Looks at the machine this process runs on.
    pub(crate) fn this() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let os_release = fs::read_to_string("/etc/os-release").unwrap_or_default();
        Self {
            search_path: std::env::var_os("PATH").unwrap_or_default(),
            is_root: effective_uid(&status) == Some(0),
            is_debian_like: is_debian_like(&os_release),
            runs_systemd: Path::new("/run/systemd/system").is_dir(),
        }
    }

    /// Returns where `program` lies, if it can be run by its bare name.
    pub(crate) fn find(&self, program: &str) -> Option<PathBuf> {
        std::env::split_paths(&self.search_path)
            .map(|folder| folder.join(program))
            .find(|path| is_executable(path))
    }

    /// Tells whether a program of a package is here, or a file that a package has in place of programs.
    fn has(&self, program: &str) -> bool {
        if program.starts_with('/') {
            return Path::new(program).is_file();
        }
        self.find(program).is_some()
    }

    /// Returns those of `packages` that bring a program which is not here.
    pub(crate) fn missing<'a>(&self, packages: &'a [DebianPackage]) -> Vec<&'a DebianPackage> {
        let is_missing =
            |package: &&DebianPackage| package.programs.iter().any(|program| !self.has(program));
        packages.iter().filter(is_missing).collect()
    }
}

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// Reads the effective user from the text of `/proc/self/status`, where `Uid:` is followed by
/// the real, the effective, the saved and the file system one (proc(5)).
fn effective_uid(status: &str) -> Option<u32> {
    let uids = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    uids.split_whitespace().nth(1)?.parse().ok()
}

/// Tells from the text of `/etc/os-release` whether `ID` or `ID_LIKE` names Debian (os-release(5)).
fn is_debian_like(os_release: &str) -> bool {
    os_release
        .lines()
        .filter_map(|line| line.split_once('='))
        .filter(|(key, _)| matches!(*key, "ID" | "ID_LIKE"))
        .any(|(_, value)| {
            value
                .trim_matches(['"', '\''])
                .split(' ')
                .any(|id| id == "debian")
        })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A machine on which only `programs` are installed, in a folder that lives as long as the
    /// first part of the result.
    pub(crate) fn machine_with(programs: &[&str]) -> (tempfile::TempDir, Machine) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for program in programs {
            let path = folder.path().join(program);
            fs::write(&path, "").expect("a file in it");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode for it");
        }
        let machine = Machine {
            search_path: folder.path().into(),
            is_root: true,
            is_debian_like: true,
            runs_systemd: false,
        };
        (folder, machine)
    }

    #[test]
    fn a_package_is_missing_when_one_of_its_programs_is() {
        let package = |name, programs| DebianPackage {
            name,
            programs,
            service: None,
            needed_by: "this test",
        };
        let packages = [
            package("containerd", &["containerd", "ctr"]),
            package("pigz", &["unpigz"]),
            package("umoci", &["umoci"]),
        ];
        let (_folder, machine) = machine_with(&["containerd", "unpigz"]);
        let missing = machine.missing(&packages);
        assert_eq!(missing, [&packages[0], &packages[2]]);
        let (_folder, machine) = machine_with(&["containerd", "ctr", "unpigz", "umoci"]);
        assert_eq!(machine.missing(&packages), Vec::<&DebianPackage>::new());
        let libraries = [
            package("here", &["/proc/self/status"]),
            package("missing", &["/proc/self/status", "/proc/no-library.a"]),
        ];
        assert_eq!(machine.missing(&libraries), [&libraries[1]]);
    }

    #[test]
    fn a_file_that_cannot_be_run_or_a_folder_is_no_program() {
        let (folder, machine) = machine_with(&[]);
        fs::write(folder.path().join("umoci"), "").expect("a file without an x bit");
        fs::create_dir(folder.path().join("skopeo")).expect("a folder");
        assert_eq!(machine.find("umoci"), None);
        assert_eq!(machine.find("skopeo"), None);
    }

    #[test]
    fn the_effective_user_decides() {
        let status = "Name:\txtask\nUid:\t1000\t0\t0\t0\nGid:\t1000\t1000\t1000\t1000\n";
        assert_eq!(effective_uid(status), Some(0));
        assert_eq!(effective_uid("Name:\txtask\n"), None);
    }

    #[test]
    fn debian_and_its_descendants_are_recognised() {
        for (os_release, expected) in [
            ("PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\n", true),
            ("ID=ubuntu\nID_LIKE=debian\n", true),
            ("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", true),
            (
                "NAME=\"not debian\"\nID=fedora\nHOME_URL=https://debian.org/\n",
                false,
            ),
            ("", false),
        ] {
            assert_eq!(is_debian_like(os_release), expected, "{os_release}");
        }
    }
}
