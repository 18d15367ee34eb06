//! `cargo xtask arrows`: who may depend on whom.
//!
//! The table is that of `docs/architecture.md`. It is checked because cargo does not: an arrow
//! added in passing compiles, and brings a network stack to everyone who wanted a set
//! comparison.

use std::collections::BTreeSet;

use anyhow::bail;

use crate::invocation::Invocation;
use crate::{console, workspace};

/// What one library may use.
struct Arrows {
    /// The library.
    package: &'static str,
    /// Those of our crates that it may depend on.
    own: &'static [&'static str],
    /// Crates that must not reach its users, however far away.
    unreachable: &'static [&'static str],
}

/// What makes a crate one that opens connections.
const NETWORK: &[&str] = &["hyper", "kube", "reqwest", "tokio"];

/// What only programs may use (flags, the terminal, errors without a type): no library may depend
/// on it directly.
const FOR_PROGRAMS: &[&str] = &[
    "anyhow",
    "clap",
    "colored",
    "console",
    "indicatif",
    "owo-colors",
];

/// Every library of the workspace, in alphabetical order.
const ARROWS: &[Arrows] = &[
    Arrows {
        package: "pullstudy-costmodel",
        own: &["pullstudy-events", "pullstudy-image", "pullstudy-stats"],
        unreachable: NETWORK,
    },
    Arrows {
        package: "pullstudy-crafter",
        own: &["pullstudy-image"],
        unreachable: NETWORK,
    },
    Arrows {
        package: "pullstudy-events",
        own: &["pullstudy-image", "pullstudy-json", "pullstudy-stats"],
        unreachable: NETWORK,
    },
    Arrows {
        package: "pullstudy-image",
        own: &["pullstudy-json"],
        unreachable: NETWORK,
    },
    Arrows {
        package: "pullstudy-json",
        own: &[],
        unreachable: NETWORK,
    },
    Arrows {
        package: "pullstudy-registry",
        own: &["pullstudy-image"],
        unreachable: &["kube"],
    },
    Arrows {
        package: "pullstudy-report",
        own: &[
            "pullstudy-costmodel",
            "pullstudy-events",
            "pullstudy-image",
            "pullstudy-similarity",
            "pullstudy-simulator",
            "pullstudy-stats",
        ],
        unreachable: NETWORK,
    },
    Arrows {
        package: "pullstudy-runner",
        own: &[
            "pullstudy-events",
            "pullstudy-image",
            "pullstudy-registry",
            "pullstudy-stats",
        ],
        // The feature `kubernetes` brings kube, and all features are looked at here.
        unreachable: &[],
    },
    Arrows {
        package: "pullstudy-similarity",
        own: &[],
        unreachable: NETWORK,
    },
    Arrows {
        package: "pullstudy-simulator",
        own: &[
            "pullstudy-costmodel",
            "pullstudy-events",
            "pullstudy-image",
            "pullstudy-stats",
        ],
        unreachable: NETWORK,
    },
    Arrows {
        package: "pullstudy-stats",
        own: &[],
        unreachable: NETWORK,
    },
    Arrows {
        package: "pullstudy-survey",
        own: &["pullstudy-image", "pullstudy-similarity", "pullstudy-stats"],
        unreachable: NETWORK,
    },
];

/// A crate that a library depends on, directly or not.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Dependency {
    name: String,
    is_direct: bool,
}

/// Checks every library, and names all offences, not the first.
///
/// # Errors
///
/// A library has a forbidden dependency or no row in the table, or cargo failed.
pub(crate) fn run() -> anyhow::Result<()> {
    let libraries = workspace::libraries()?;
    let mut offences = Vec::new();
    for library in &libraries {
        match ARROWS.iter().find(|row| row.package == library) {
            Some(row) => offences.extend(row.offences(&dependencies(library)?)),
            None => offences.push(format!(
                "{library} has no row in xtask/src/arrows.rs and docs/architecture.md"
            )),
        }
    }
    if offences.is_empty() {
        console::say(format_args!(
            "arrows: {} libraries keep to the table",
            libraries.len()
        ));
        return Ok(());
    }
    console::complain(offences.join("\n"));
    bail!(
        "{} dependencies are not in the table of arrows",
        offences.len()
    )
}

impl Arrows {
    /// Returns a sentence for each of `dependencies` that this library must not have.
    fn offences(&self, dependencies: &BTreeSet<Dependency>) -> Vec<String> {
        dependencies
            .iter()
            .filter_map(|dependency| Some((&dependency.name, self.offence(dependency)?)))
            .map(|(name, why)| format!("{} depends on {name}, {why}", self.package))
            .collect()
    }

    /// Returns why this library must not have `dependency`, if it must not.
    fn offence(&self, dependency: &Dependency) -> Option<&'static str> {
        let name = dependency.name.as_str();
        if self.unreachable.contains(&name) {
            Some("which must not reach its users")
        } else if !dependency.is_direct {
            None
        } else if FOR_PROGRAMS.contains(&name) {
            Some("which is for programs only")
        } else if name.starts_with("pullstudy-") && !self.own.contains(&name) {
            Some("an arrow that is not in the table")
        } else {
            None
        }
    }
}

/// Asks cargo for all that `library` needs at run time, on any target and with all its features.
fn dependencies(library: &str) -> anyhow::Result<BTreeSet<Dependency>> {
    let tree = Invocation::cargo("tree --edges normal --target all --all-features")
        .args(["--prefix", "depth", "--format", "{p}", "--package", library])
        .read()?;
    Ok(parse_tree(&tree))
}

/// Reads lines like `2serde v1.0.228`: the distance, then the package. Distance 0 is the library.
fn parse_tree(tree: &str) -> BTreeSet<Dependency> {
    tree.lines()
        .filter_map(|line| {
            let name_at = line.find(|c: char| !c.is_ascii_digit())?;
            let (distance, package) = line.split_at(name_at);
            let name = package.split(' ').next()?.to_owned();
            (distance != "0").then_some(Dependency {
                name,
                is_direct: distance == "1",
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offences(package: &str, tree: &str) -> Vec<String> {
        let row = ARROWS
            .iter()
            .find(|row| row.package == package)
            .expect("it has a row");
        row.offences(&parse_tree(tree))
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(ARROWS.is_sorted_by(|a, b| a.package < b.package));
    }

    #[test]
    fn a_tree_is_read_with_distances() {
        let tree =
            "0pullstudy-image v0.1.0 (/src/crates/image)\n1sha2 v0.11.0\n12cfg-if v1.0.4 (*)\n";
        let expected = [("cfg-if", false), ("sha2", true)];
        let expected: BTreeSet<_> = expected
            .map(|(name, is_direct)| Dependency {
                name: name.to_owned(),
                is_direct,
            })
            .into();
        assert_eq!(parse_tree(tree), expected);
    }

    #[test]
    fn what_must_not_reach_users_is_found_at_any_distance() {
        let tree = "0pullstudy-crafter v0.1.0\n1pullstudy-image v0.1.0\n2tokio v1.48.0\n";
        assert_eq!(
            offences("pullstudy-crafter", tree),
            ["pullstudy-crafter depends on tokio, which must not reach its users"]
        );
        assert_eq!(offences("pullstudy-runner", tree), [""; 0]);
    }

    #[test]
    fn an_arrow_of_ours_counts_where_it_is_drawn() {
        let tree =
            "0pullstudy-registry v0.1.0\n1pullstudy-image v0.1.0\n1pullstudy-events v0.1.0\n";
        assert_eq!(
            offences("pullstudy-registry", tree),
            ["pullstudy-registry depends on pullstudy-events, an arrow that is not in the table"]
        );
        let further =
            "0pullstudy-report v0.1.0\n1pullstudy-events v0.1.0\n2pullstudy-image v0.1.0\n";
        assert_eq!(offences("pullstudy-report", further), [""; 0]);
    }

    #[test]
    fn what_is_for_programs_stays_out_of_libraries() {
        let tree = "0pullstudy-stats v0.1.0\n1anyhow v1.0.100\n2clap v4.6.0\n";
        assert_eq!(
            offences("pullstudy-stats", tree),
            ["pullstudy-stats depends on anyhow, which is for programs only"]
        );
    }
}
