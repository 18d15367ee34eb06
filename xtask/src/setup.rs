//! `cargo xtask setup`: the programs that tests and benchmarks run.

use std::path::Path;

use anyhow::{bail, ensure};

use crate::browser_rules;
use crate::console;
use crate::invocation::Invocation;
use crate::machine::Machine;
use crate::packages::{DEBIAN_PACKAGES, DebianPackage};
use crate::services::{self, HoldBack};
use crate::tools::TEST_TOOLS;

/// What is to be done so that every program is here.
#[derive(Debug, PartialEq, Eq)]
enum Plan {
    /// All are.
    Nothing,
    /// This process may install what is missing.
    Install(Vec<&'static DebianPackage>),
    /// Someone else must.
    Tell {
        /// The programs that are missing, and what for.
        why: String,
        /// The line to run.
        line: String,
    },
}

/// Installs what is missing, or tells how to.
///
/// # Errors
///
/// A package could not be installed, or this process may not install packages.
pub(crate) fn run() -> anyhow::Result<()> {
    let machine = Machine::this();
    // These need no rights: whoever has to ask for the others has them at least.
    for tool in TEST_TOOLS {
        tool.provide(&machine)?;
    }
    browser_rules::provide(&machine)?;
    match plan(&machine) {
        Plan::Nothing => {
            console::complain("setup: every program that the tests run is here");
            Ok(())
        }
        Plan::Install(packages) => install(&machine, &packages),
        Plan::Tell { why, line } => {
            console::complain(why);
            console::say(line);
            bail!("programs are missing; run the line above as it is, then try again")
        }
    }
}

fn plan(machine: &Machine) -> Plan {
    let missing = machine.missing(DEBIAN_PACKAGES);
    if missing.is_empty() {
        Plan::Nothing
    } else if machine.is_root && machine.is_debian_like {
        Plan::Install(missing)
    } else {
        Plan::Tell {
            why: why(machine, &missing),
            line: line_to_run(machine, &missing),
        }
    }
}

/// Says which programs are missing and what needs them.
fn why(machine: &Machine, missing: &[&DebianPackage]) -> String {
    let mut lines = vec!["setup: these packages are missing:".to_owned()];
    let row = |package: &&DebianPackage| format!("  {:<16}{}", package.name, package.needed_by);
    lines.extend(missing.iter().map(row));
    lines.push(if machine.is_debian_like {
        "to install them, run this line:".to_owned()
    } else {
        "they can be installed on Debian and Ubuntu (elsewhere, see to these programs), by:"
            .to_owned()
    });
    lines.join("\n")
}

/// Returns the one line that installs `missing` for someone who is not root.
///
/// It also disables the services that Debian would leave running: a registry open to every
/// interface is no test's wish.
fn line_to_run(machine: &Machine, missing: &[&DebianPackage]) -> String {
    let mut steps = vec![apt_get(["update"]), apt_install(missing)];
    if machine.runs_systemd {
        steps.extend(
            services_of(missing)
                .iter()
                .filter_map(|name| services::disabling(name, true)),
        );
    }
    let typed: Vec<String> = steps.iter().map(|step| format!("sudo {step}")).collect();
    typed.join(" && ")
}

fn install(machine: &Machine, packages: &[&'static DebianPackage]) -> anyhow::Result<()> {
    let services = services_of(packages);
    let held_back = HoldBack::new(Path::new(services::POLICY_PATH), &services)?;
    apt_install_from_known_lists(packages)?;
    drop(held_back);
    for service in &services {
        let Some(disabling) = services::disabling(service, machine.runs_systemd) else {
            continue;
        };
        if let Err(error) = disabling.run() {
            // The programs are here, which is what was asked for.
            console::complain(format_args!(
                "setup: {service} may start at boot: {error:#}"
            ));
        }
    }
    let still_missing: Vec<_> = machine
        .missing(DEBIAN_PACKAGES)
        .iter()
        .map(|p| p.name)
        .collect();
    ensure!(
        still_missing.is_empty(),
        "{} installed, but not every program of it is on PATH",
        still_missing.join(", ")
    );
    Ok(())
}

/// Installs, with fresh package lists where the present ones do not serve: a new machine has
/// none, and old ones name files that the mirror has dropped.
fn apt_install_from_known_lists(packages: &[&DebianPackage]) -> anyhow::Result<()> {
    let install = apt_install(packages)
        .args(PATIENCE)
        .variable("DEBIAN_FRONTEND", "noninteractive");
    let lists_know_all = apt_install(packages)
        .args(["--simulate"])
        .succeeds_silently();
    if lists_know_all && install.run().is_ok() {
        return Ok(());
    }
    if let Err(error) = apt_get(["update"]).args(PATIENCE).run() {
        // Another repository of the machine may be at fault; the one we need may have answered.
        console::complain(format_args!("setup: {error:#}; trying all the same"));
    }
    install.run()
}

/// A fresh machine may be running an update of its own: wait for its lock (seconds), and try a
/// mirror that stumbles again.
const PATIENCE: [&str; 4] = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"];

fn apt_install(packages: &[&DebianPackage]) -> Invocation {
    apt_get(["install", "--yes", "--no-install-recommends"])
        .args(packages.iter().map(|package| package.name))
}

fn apt_get<const N: usize>(args: [&str; N]) -> Invocation {
    Invocation::new("apt-get", args)
}

fn services_of(packages: &[&DebianPackage]) -> Vec<&'static str> {
    packages
        .iter()
        .filter_map(|package| package.service)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::tests::machine_with;

    /// A machine with every program but those of the packages named `absent`.
    fn machine_without(absent: &[&str]) -> (tempfile::TempDir, Machine) {
        let present: Vec<&str> = DEBIAN_PACKAGES
            .iter()
            .filter(|package| !absent.contains(&package.name))
            .flat_map(|package| package.programs.iter().copied())
            .collect();
        machine_with(&present)
    }

    #[test]
    fn root_on_debian_installs_what_is_missing() {
        let (_folder, machine) = machine_without(&["docker-registry", "umoci"]);
        let Plan::Install(packages) = plan(&machine) else {
            panic!("root on Debian may install");
        };
        let names: Vec<_> = packages.iter().map(|package| package.name).collect();
        assert_eq!(names, ["docker-registry", "umoci"]);
        assert_eq!(services_of(&packages), ["docker-registry"]);
    }

    #[test]
    fn nothing_is_done_when_all_is_here() {
        let (_folder, machine) = machine_without(&[]);
        assert_eq!(plan(&machine), Plan::Nothing);
        let someone_else = Machine {
            is_root: false,
            is_debian_like: false,
            ..machine
        };
        assert_eq!(plan(&someone_else), Plan::Nothing);
    }

    #[test]
    fn who_is_not_root_is_shown_one_line() {
        let (_folder, machine) = machine_without(&["docker-registry", "umoci"]);
        let Plan::Tell { why, line } = plan(&Machine {
            is_root: false,
            ..machine
        }) else {
            panic!("only root may install");
        };
        assert_eq!(
            line,
            "sudo apt-get update && sudo apt-get install --yes --no-install-recommends \
             docker-registry umoci"
        );
        assert!(
            why.contains("docker-registry registry: a registry"),
            "{why}"
        );
        assert!(!why.contains("skopeo "), "{why}");
    }

    #[test]
    fn the_line_leaves_no_open_registry_behind_under_systemd() {
        let (_folder, machine) = machine_without(&["docker-registry", "umoci"]);
        let machine = Machine {
            is_root: false,
            runs_systemd: true,
            ..machine
        };
        let Plan::Tell { line, .. } = plan(&machine) else {
            panic!("only root may install");
        };
        assert!(
            line.ends_with("umoci && sudo systemctl disable --now docker-registry.service"),
            "{line}"
        );
        assert_eq!(line.lines().count(), 1);
    }

    #[test]
    fn root_elsewhere_is_told_the_programs() {
        let (_folder, machine) = machine_without(&["docker-registry", "umoci"]);
        let Plan::Tell { why, .. } = plan(&Machine {
            is_debian_like: false,
            ..machine
        }) else {
            panic!("there is no apt-get to rely on");
        };
        assert!(why.contains("on Debian and Ubuntu"), "{why}");
    }
}
