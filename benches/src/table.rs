//! One table over all benchmarks: ours, each peer, the machine's own limit, and the ratios between them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};

use crate::figure::Figure;
use crate::report::{self, Kept};

/// What stands beside what: names of figures that one benchmark takes in the same run.
struct Comparison {
    benchmark: &'static str,
    what: &'static str,
    ours: &'static str,
    /// Who, and the figure of it.
    peers: &'static [(&'static str, &'static str)],
    /// What the machine could do at most, and the figure of it.
    limit: Option<(&'static str, &'static str)>,
}

const COMPARISONS: &[Comparison] = &[
    Comparison {
        benchmark: "generate",
        what: "incompressible layers, gzip",
        ours: "incompressible layers, gzip",
        peers: &[],
        limit: Some((
            "SHA-256 of each byte twice",
            "limit: SHA-256 of every byte, 2 times",
        )),
    },
    Comparison {
        benchmark: "generate",
        what: "incompressible layers, no compression",
        ours: "incompressible layers, none",
        peers: &[],
        limit: Some((
            "SHA-256 of each byte",
            "limit: SHA-256 of every byte, 1 times",
        )),
    },
    Comparison {
        benchmark: "layout",
        what: "image of 9 layers to a layout",
        ours: "crafter build",
        peers: &[
            ("umoci", "umoci: init, new, 9 inserts"),
            ("buildah", "buildah bud of nine RUN head -c"),
        ],
        limit: None,
    },
    Comparison {
        benchmark: "transfer",
        what: "push of 500 MB",
        ours: "push 500 MB: crafter copy",
        peers: &[("skopeo", "push 500 MB: skopeo copy")],
        limit: Some((
            "plain sockets, 4 PUTs at a time",
            "push 500 MB: plain sockets, 4 PUTs at a time",
        )),
    },
    Comparison {
        benchmark: "transfer",
        what: "pull of 500 MB",
        ours: "pull 500 MB: crafter copy",
        peers: &[("skopeo", "pull 500 MB: skopeo copy")],
        limit: Some((
            "plain sockets, hashed and written",
            "pull 500 MB: plain sockets, 4 GETs at a time, hashed and written",
        )),
    },
    Comparison {
        benchmark: "transfer",
        what: "copy of 38 small images",
        ours: "38 small images: crafter copy --all-tags",
        peers: &[("skopeo", "38 small images: skopeo copy, one after another")],
        limit: None,
    },
    Comparison {
        benchmark: "events",
        what: "event logs to pulls",
        ours: "logs to pulls",
        peers: &[
            ("json.loads", "json.loads of Python, a line at a time"),
            ("orjson.loads", "orjson.loads of Python, a line at a time"),
        ],
        limit: None,
    },
    Comparison {
        benchmark: "manifests",
        what: "archive of manifests to images",
        ours: "archive to collection",
        peers: &[("json.load", "json.load of Python, a file at a time")],
        limit: None,
    },
    Comparison {
        benchmark: "similarity",
        what: "10,000 images, matrix and tree",
        ours: "sets to condensed matrix, and to average linkage by components",
        peers: &[("SciPy", "SciPy: sets to matrix to average linkage")],
        limit: None,
    },
    Comparison {
        benchmark: "similarity",
        what: "10,000 images, tree alone",
        ours: "sets to average linkage, by components",
        peers: &[("SciPy", "SciPy: sets to matrix to average linkage")],
        limit: None,
    },
    Comparison {
        benchmark: "similarity",
        what: "crawl of 51,519 images, tree",
        ours: "crawl: sets to average linkage, by components",
        peers: &[],
        limit: None,
    },
    Comparison {
        benchmark: "similarity",
        what: "million sets joined",
        ours: "join: sets to all pairs of similarity 0.5 or more",
        peers: &[],
        limit: None,
    },
    Comparison {
        benchmark: "simulator",
        what: "4,096 nodes, 100 layers",
        ours: "4096 nodes x 100 layers, as-is: time",
        peers: &[],
        limit: None,
    },
    Comparison {
        benchmark: "simulator",
        what: "100,000 nodes, 12 layers",
        ours: "100000 nodes x 12 layers, as-is: time",
        peers: &[],
        limit: None,
    },
    Comparison {
        benchmark: "published",
        what: "the published study's 38 images",
        ours: "rate",
        peers: &[],
        limit: None,
    },
];

/// Renders the table over the given results. A benchmark that is not among them has no rows.
///
/// # Errors
///
/// A result lacks a figure that its rows need: it was kept by another version of the benchmark.
pub(crate) fn markdown(results: &[Kept]) -> anyhow::Result<String> {
    let mut text = String::from(
        "# Benchmarks\n\nMedians. A ratio above 1 says that ours is faster, of pairs taken in turn in the same run; its spread \
         stands behind it. `–`: there is no peer that does the same, or no limit that the machine sets.\n\n\
         | benchmark | what | ours | beside | theirs | ours is faster by | limit of the machine | ours reaches |\n\
         | --- | --- | ---: | --- | ---: | ---: | ---: | ---: |\n",
    );
    for comparison in COMPARISONS {
        let of = |kept: &&Kept| kept.benchmark == comparison.benchmark;
        if let Some(kept) = results.iter().find(of) {
            text += &rows(comparison, kept)?;
        }
    }
    text += &machines(results);
    Ok(text)
}

/// Reads the newest result of each benchmark from the folders of `root`, which are named after their dates.
///
/// # Errors
///
/// A folder or a result cannot be read, or there is none.
pub(crate) fn newest(root: &Path) -> anyhow::Result<Vec<Kept>> {
    let mut paths = BTreeMap::new();
    let folders: BTreeSet<_> = entries(root)?.into_iter().collect();
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        for path in entries(folder)? {
            if path.extension().is_some_and(|suffix| suffix == "json") {
                paths.insert(path.file_name().map(ToOwned::to_owned), path);
            }
        }
    }
    ensure!(
        !paths.is_empty(),
        "no results in the folders of {}; `cargo xtask bench --keep {0}` makes some",
        root.display()
    );
    paths
        .into_values()
        .map(|path| report::read(&path))
        .collect()
}

fn entries(folder: &Path) -> anyhow::Result<Vec<std::path::PathBuf>> {
    let read = || {
        fs::read_dir(folder)?
            .map(|entry| Ok(entry?.path()))
            .collect()
    };
    let entries: std::io::Result<_> = read();
    entries.with_context(|| format!("failed to read {}", folder.display()))
}

/// One row for each peer, or one alone.
fn rows(comparison: &Comparison, kept: &Kept) -> anyhow::Result<String> {
    let figure = |name| kept.figure(name);
    let ours = figure(comparison.ours)?;
    let limit = comparison
        .limit
        .map(|(name, limit)| anyhow::Ok((name, figure(limit)?)))
        .transpose()?;
    let (bound, reached) = match limit {
        Some((name, limit)) => (
            format!("{} ({name})", cell(limit)?),
            format!(
                "{} %",
                report::number(100.0 * faster(ours, limit)?.median()?)
            ),
        ),
        None => ("–".to_owned(), "–".to_owned()),
    };
    let row = |peer: &str, theirs: &str, ratio: &str| {
        let ours = cell(ours)?;
        let Comparison {
            benchmark, what, ..
        } = comparison;
        anyhow::Ok(format!(
            "| {benchmark} | {what} | {ours} | {peer} | {theirs} | {ratio} | {bound} | {reached} |\n"
        ))
    };
    if comparison.peers.is_empty() {
        return row("–", "–", "–");
    }
    let mut text = String::new();
    for (peer, name) in comparison.peers {
        let theirs = figure(name)?;
        text += &row(peer, &cell(theirs)?, &spread(&faster(ours, theirs)?)?)?;
    }
    Ok(text)
}

/// How many times as fast `ours` is: of rates that is one ratio, of times the other.
fn faster(ours: &Figure, theirs: &Figure) -> anyhow::Result<Figure> {
    ensure!(
        ours.unit == theirs.unit,
        "{:?} is in {}, {:?} in {}",
        ours.name,
        ours.unit,
        theirs.name,
        theirs.unit
    );
    Ok(match ours.unit.as_ref() {
        "s" => theirs.ratio(ours, "faster"),
        _ => ours.ratio(theirs, "faster"),
    })
}

fn cell(figure: &Figure) -> anyhow::Result<String> {
    Ok(format!(
        "{} {}",
        report::number(figure.median()?),
        figure.unit
    ))
}

fn spread(ratio: &Figure) -> anyhow::Result<String> {
    let [median, min, max] = [ratio.median()?, ratio.min(), ratio.max()].map(report::number);
    Ok(format!("{median} ({min} to {max})"))
}

/// The machines, commands and versions behind the rows.
fn machines(results: &[Kept]) -> String {
    let mut text = String::from("\nMachine:\n\n");
    let machines: BTreeSet<String> = results
        .iter()
        .map(|kept| kept.machine.to_string())
        .collect();
    let versions: BTreeSet<&String> = results
        .iter()
        .flat_map(|kept| &kept.machine.versions)
        .collect();
    for machine in machines {
        let _ = writeln!(text, "- {machine}");
    }
    text += "\nVersions:\n\n";
    for version in versions {
        let _ = writeln!(text, "- {version}");
    }
    text += "\nCommands:\n\n";
    for kept in results {
        let _ = writeln!(text, "- `{}`", kept.command);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> Vec<Kept> {
        newest(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/results")).unwrap()
    }

    #[test]
    fn kept_results_have_every_figure_of_the_table() {
        let results = kept();
        let text = markdown(&results).unwrap();
        for comparison in COMPARISONS {
            let there = results
                .iter()
                .any(|kept| kept.benchmark == comparison.benchmark);
            assert!(there, "{}", comparison.benchmark);
            assert!(text.contains(comparison.what), "{}", comparison.what);
        }
    }

    #[test]
    fn the_kept_table_is_that_of_the_kept_results() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/results/table.md");
        assert_eq!(
            fs::read_to_string(path).unwrap(),
            markdown(&kept()).unwrap(),
            "cargo xtask bench --table docs/results > docs/results/table.md"
        );
    }

    #[test]
    fn less_time_and_more_bytes_a_second_are_both_faster() {
        let figure = |unit: &'static str, value| Figure {
            name: unit.to_owned(),
            unit: unit.into(),
            values: vec![value],
        };
        let seconds = faster(&figure("s", 2.0), &figure("s", 6.0)).unwrap();
        let rates = faster(&figure("MB/s", 6.0), &figure("MB/s", 2.0)).unwrap();
        assert_eq!((seconds.values, rates.values), (vec![3.0], vec![3.0]));
        assert!(faster(&figure("s", 1.0), &figure("MB/s", 1.0)).is_err());
    }
}
