//! Keeps the services that come with packages from running.
//!
//! Debian starts and enables what it installs. `docker-registry` would listen on port 5000 of
//! every interface without a password, and the tests start servers of their own anyway.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::invocation::Invocation;

/// Where Debian's package scripts look for leave to start a service (invoke-rc.d(8)).
pub(crate) const POLICY_PATH: &str = "/usr/sbin/policy-rc.d";

/// A line that tells our policy from the machine's own.
const MARK: &str = "# Written by `cargo xtask setup` while it installs packages.";

/// Holds services back for as long as it lives.
#[derive(Debug)]
pub(crate) struct HoldBack {
    policy: PathBuf,
}

impl HoldBack {
    /// Writes a policy to `policy` that forbids starting any of `services`.
    ///
    /// Returns `None`, and changes nothing, if there is nothing to hold back or the machine has
    /// a policy of its own.
    ///
    /// # Errors
    ///
    /// The policy cannot be read or written.
    pub(crate) fn new(policy: &Path, services: &[&str]) -> anyhow::Result<Option<Self>> {
        let in_words = || format!("failed to write {}", policy.display());
        if services.is_empty() || has_own_policy(policy)? {
            return Ok(None);
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o755)
            .open(policy)
            .with_context(in_words)?;
        let held = Self {
            policy: policy.to_owned(),
        };
        file.write_all(script(services, std::process::id()).as_bytes())
            .with_context(in_words)?;
        Ok(Some(held))
    }
}

impl Drop for HoldBack {
    fn drop(&mut self) {
        // What stays behind allows everything once this process has ended.
        let _ = fs::remove_file(&self.policy);
    }
}

/// Tells whether the machine has a policy that we did not write.
fn has_own_policy(policy: &Path) -> anyhow::Result<bool> {
    match fs::read_to_string(policy) {
        Ok(text) => Ok(!text.contains(MARK)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).context(format!("failed to read {}", policy.display())),
    }
}

/// Returns a policy that forbids `services` while the process `writer` lives.
///
/// It ends with its writer because no destructor runs when that is killed. The service is
/// looked for in all words: `--quiet` may come first, and `.service` may be appended.
fn script(services: &[&str], writer: u32) -> String {
    let patterns: Vec<String> = services.iter().map(|name| format!("*{name}*")).collect();
    format!(
        "#!/bin/sh\n{MARK}\n# It has no effect afterwards and may be removed.\n\
         [ -d /proc/{writer} ] || exit 0\n\
         case \"$*\" in {}) exit 101 ;; esac\nexit 0\n",
        patterns.join("|")
    )
}

/// Returns the command that keeps `service` from being started at boot, and under systemd ends
/// it if the machine's own policy let it start; `None` if it has no way to be started.
pub(crate) fn disabling(service: &str, runs_systemd: bool) -> Option<Invocation> {
    if runs_systemd {
        let unit = format!("{service}.service");
        Some(Invocation::new("systemctl", ["disable", "--now", &unit]))
    } else {
        let has_init_script = Path::new("/etc/init.d").join(service).exists();
        has_init_script.then(|| Invocation::new("update-rc.d", [service, "disable"]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// Asks a policy whether `words` may be done, as Debian's scripts do.
    fn ask(policy: &Path, words: &[&str]) -> Option<i32> {
        Command::new("/bin/sh")
            .arg(policy)
            .args(words)
            .status()
            .expect("sh runs")
            .code()
    }

    #[test]
    fn a_service_is_held_back_until_the_guard_goes() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let policy = folder.path().join("policy-rc.d");
        let held = HoldBack::new(&policy, &["docker-registry", "containerd"])
            .expect("the folder can be written")
            .expect("there was no policy");
        assert_eq!(ask(&policy, &["docker-registry", "start", "5"]), Some(101));
        assert_eq!(
            ask(&policy, &["--quiet", "docker-registry", "start"]),
            Some(101)
        );
        assert_eq!(ask(&policy, &["containerd.service", "start"]), Some(101));
        assert_eq!(ask(&policy, &["cron", "start"]), Some(0));
        drop(held);
        assert!(!policy.exists());
    }

    #[test]
    fn a_policy_left_by_a_killed_setup_allows_everything_and_is_replaced() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let policy = folder.path().join("policy-rc.d");
        // Above the largest process number Linux hands out (proc(5), pid_max).
        fs::write(&policy, script(&["containerd"], 1 << 22 | 1)).expect("a left-over");
        assert_eq!(ask(&policy, &["containerd", "start"]), Some(0));
        let held = HoldBack::new(&policy, &["containerd"]).expect("the folder can be written");
        assert!(held.is_some());
        assert_eq!(ask(&policy, &["containerd", "start"]), Some(101));
    }

    #[test]
    fn a_policy_of_the_machine_is_left_alone() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let policy = folder.path().join("policy-rc.d");
        fs::write(&policy, "#!/bin/sh\nexit 101\n").expect("a policy");
        assert!(
            HoldBack::new(&policy, &["containerd"])
                .expect("it can be read")
                .is_none()
        );
        assert_eq!(
            fs::read_to_string(&policy).expect("still here"),
            "#!/bin/sh\nexit 101\n"
        );
    }

    #[test]
    fn nothing_is_written_when_no_service_comes() {
        let policy = Path::new("/nonexistent/policy-rc.d");
        assert!(
            HoldBack::new(policy, &[])
                .expect("nothing is tried")
                .is_none()
        );
    }

    #[test]
    fn disabling_depends_on_who_runs_the_services() {
        let under_systemd = disabling("docker-registry", true).expect("it has a unit");
        assert_eq!(
            under_systemd.to_string(),
            "systemctl disable --now docker-registry.service"
        );
        assert_eq!(disabling("pullstudy-no-such-service", false), None);
    }
}
