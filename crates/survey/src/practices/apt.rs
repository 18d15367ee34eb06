//! Packages installed with apt: whether a layer keeps what only the installation needed.

use super::shell::Command;

/// Where apt keeps its lists of packages.
const LISTS: &str = "/var/lib/apt/lists";

/// Options of apt-get whose value is a word of its own.
const WITH_VALUE: [&str; 6] = [
    "-o",
    "-t",
    "-c",
    "--option",
    "--target-release",
    "--config-file",
];

/// What one RUN does with apt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct AptRun {
    /// It installs packages.
    pub(super) installs: bool,
    /// It fetches the lists before it installs.
    pub(super) updates: bool,
    /// It removes the lists after it has installed, or they lie on a mount.
    pub(super) removes_lists: bool,
    /// It says `apt-get clean` after it has installed, which leaves the lists where they are.
    pub(super) cleans: bool,
    /// Each installation leaves out recommended packages.
    pub(super) without_recommended: bool,
}

impl AptRun {
    /// Looks at the commands of a RUN with these mounts.
    pub(super) fn of(commands: &[Command], mounts: &[String]) -> Self {
        let mut run = Self::default();
        for command in commands {
            run.look_at(command);
        }
        // What lies on a mount is in no layer.
        run.removes_lists |= run.installs && mounts.iter().any(|mount| holds_lists(mount));
        run
    }

    fn look_at(&mut self, command: &Command) {
        let Some((name, arguments)) = command.parts() else {
            return;
        };
        match name {
            "apt-get" | "apt" => self.look_at_apt(arguments),
            "rm" | "find" if self.installs => {
                self.removes_lists |= removes_lists(name, arguments);
            }
            _ => {}
        }
    }

    fn look_at_apt(&mut self, arguments: &[String]) {
        let leaves_out = arguments.iter().any(|word| leaves_out_recommended(word));
        match subcommand(arguments) {
            Some("update") => self.updates |= !self.installs,
            Some("install") => {
                self.without_recommended =
                    leaves_out && (self.without_recommended || !self.installs);
                self.installs = true;
                // Lists do not come back with this; packages do.
                self.cleans = false;
            }
            Some("clean" | "autoclean" | "distclean") => self.cleans |= self.installs,
            _ => {}
        }
    }
}

fn subcommand(arguments: &[String]) -> Option<&str> {
    let mut words = arguments.iter().map(String::as_str);
    while let Some(word) = words.next() {
        if WITH_VALUE.contains(&word) {
            words.next();
        } else if !word.starts_with('-') {
            return Some(word);
        }
    }
    None
}

fn leaves_out_recommended(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let value = word.rsplit_once("apt::install-recommends=");
    word == "--no-install-recommends"
        || value.is_some_and(|(_, value)| matches!(value, "false" | "0" | "no"))
}

fn removes_lists(name: &str, arguments: &[String]) -> bool {
    let deletes = name == "rm" || arguments.iter().any(|word| word == "-delete");
    deletes && arguments.iter().any(|word| covers_lists(word))
}

/// Whether a path, with wildcards or braces, is that of the lists or of a folder that holds them.
fn covers_lists(word: &str) -> bool {
    let path = word.trim_end_matches(['*', '/']);
    if path == "/var/lib/apt" || path == "/var/lib" || path.starts_with(LISTS) {
        return true;
    }
    // `/var/lib/{apt,dpkg}`, `/var/{lib/apt/lists,cache}`
    let Some((folder, rest)) = word.split_once('{') else {
        return false;
    };
    let Some((choices, _)) = rest.split_once('}') else {
        return false;
    };
    choices
        .split(',')
        .map(|choice| format!("{folder}{choice}"))
        .any(|path| !path.contains('{') && covers_lists(&path))
}

/// Whether a mount keeps the lists out of the layer.
fn holds_lists(mount: &str) -> bool {
    let values = || mount.split(',').filter_map(|field| field.split_once('='));
    let is_kept = values().any(|(key, value)| key == "type" && matches!(value, "cache" | "tmpfs"));
    let target = values().find(|(key, _)| matches!(*key, "target" | "dst" | "destination"));
    let holds = |path: &str| {
        let path = path.trim_end_matches('/');
        LISTS == path
            || LISTS
                .strip_prefix(path)
                .is_some_and(|rest| rest.starts_with('/'))
    };
    is_kept && target.is_some_and(|(_, path)| path.starts_with('/') && holds(path))
}

#[cfg(test)]
mod tests {
    use super::super::instruction::{Command as RunCommand, Run};
    use super::super::shell::commands_of;
    use super::*;

    fn run(script: &str, mounts: &[&str]) -> AptRun {
        let run = Run {
            mounts: mounts.iter().map(|&mount| mount.to_owned()).collect(),
            command: RunCommand::Shell(script.to_owned()),
            here_documents: Vec::new(),
        };
        AptRun::of(&commands_of(&run), &run.mounts)
    }

    #[test]
    fn what_removes_the_lists() {
        for removal in [
            "rm -rf /var/lib/apt/lists/*",
            "rm -rf /var/lib/apt/lists",
            "rm -fr /tmp/* /var/lib/{apt,dpkg,cache,log}/",
            "sudo rm -r /var/{cache/apt,lib/apt/lists}",
            "find /var/lib/apt/lists -type f -delete",
        ] {
            let run = run(
                &format!("apt-get update && apt-get install -y a; {removal}"),
                &[],
            );
            assert!(
                run.updates && run.installs && run.removes_lists,
                "{removal}"
            );
        }
        for other in [
            "rm -rf /var/cache/apt",
            "find /var/lib/apt/lists",
            "apt-get clean",
            "rm -rf /",
        ] {
            let run = run(&format!("apt-get install -y a; {other}"), &[]);
            assert!(!run.removes_lists && !run.updates, "{other}");
        }
    }

    #[test]
    fn the_order_counts() {
        let run = run(
            "rm -rf /var/lib/apt/lists/*; apt-get clean; apt install -y a && apt-get update",
            &[],
        );
        let expected = AptRun {
            installs: true,
            ..AptRun::default()
        };
        assert_eq!(run, expected);
    }

    #[test]
    fn lists_on_a_mount_are_in_no_layer() {
        for (mount, expected) in [
            ("type=cache,target=/var/lib/apt,sharing=locked", true),
            ("type=tmpfs,dst=/var/lib/apt/lists/", true),
            ("type=cache,target=/var/cache/apt", false),
            ("type=bind,target=/var/lib/apt", false),
            ("type=cache", false),
        ] {
            let run = run("apt-get update && apt-get install -y a", &[mount]);
            assert_eq!(run.removes_lists, expected, "{mount}");
        }
    }

    #[test]
    fn options_before_the_subcommand() {
        let run = run(
            "apt-get -qq -o Dpkg::Options::=--force-confold install -y --no-install-recommends a",
            &[],
        );
        assert!(run.installs && run.without_recommended);
        assert!(!self::run("apt-get -o install update", &[]).installs);
    }
}
