//! A build that is killed goes on where it was.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::SystemTime;

use proptest::prelude::*;
use serde_json::Value;

use crate::program::Workplace;

/// 16 images with 104 layers, so that there is always something under way.
const SIZES: &str = "\
uri: localhost/killed
sizes: [{total: 1MB}, {total: 2MB}]
layers: [{min: 3, max: 10}]
ratio: 2
";

/// Starts a build and kills it once it has said `lines` lines, and a little later. Returns the seed it chose or took
/// over, or nothing where it was done before it was killed.
fn kill_after(workplace: &Workplace, lines: usize, yields: u32) -> Option<u64> {
    let mut child = workplace
        .command(&["build", "sizes.yaml", "-o", "out", "--jobs", "2"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stderr.take().unwrap())
        .lines()
        .take(lines);
    let said: Vec<String> = said.map(Result::unwrap).collect();
    for _ in 0..yields {
        thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let seed = said.iter().find_map(|line| {
        line.split("seed ")
            .nth(1)?
            .split([',', ':'])
            .next()?
            .parse()
            .ok()
    });
    seed.filter(|_| is_unfinished(&workplace.path("out")))
}

/// Tells by the build's own note whether it was killed before it was done.
fn is_unfinished(layout: &Path) -> bool {
    let notes = fs::read_dir(layout.join(".crafter")).into_iter().flatten();
    let mut names = notes.map(|note| note.unwrap().file_name().into_string().unwrap());
    names.any(|name| name.starts_with("unfinished-"))
}

/// Returns the finished layers by the journal, with the time their blobs were written.
fn finished(layout: &Path) -> BTreeMap<String, SystemTime> {
    let journal = fs::read_to_string(layout.join(".crafter/layers.jsonl")).unwrap_or_default();
    let lines = journal
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let digests = lines.map(|line| line["digest"].as_str().unwrap().replace("sha256:", ""));
    digests
        .map(|hex| {
            let written = fs::metadata(layout.join("blobs/sha256").join(&hex))
                .unwrap()
                .modified()
                .unwrap();
            (hex, written)
        })
        .collect()
}

fn index(workplace: &Workplace, layout: &str) -> String {
    fs::read_to_string(workplace.path(layout).join("index.json")).unwrap()
}

proptest! {
    // A moment that failed once cannot be found again: there is nothing worth writing down.
    #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_killed_build_is_completed_without_doing_anything_twice(
        kills in prop::collection::vec((2..12_usize, 0..500_u32), 1..4),
    ) {
        let workplace = Workplace::new(SIZES);
        let mut begun_with = None;
        for (lines, yields) in kills {
            let seed = kill_after(&workplace, lines, yields);
            prop_assert!(begun_with.is_none() || seed.is_none() || seed == begun_with, "{begun_with:?} became {seed:?}");
            begun_with = seed;
            let verified = workplace.run(&["verify", "./out"]);
            prop_assert_eq!(verified.code, 0, "what has a tag is whole: {}{}", verified.results, verified.messages);
        }
        let before = finished(&workplace.path("out"));
        let rows = workplace.rows(&["build", "sizes.yaml", "-o", "out"]);
        let seed = rows[0]["seed"].as_u64().unwrap();
        prop_assert!(begun_with.is_none_or(|begun| begun == seed), "{begun_with:?} became {seed}");

        let after = finished(&workplace.path("out"));
        prop_assert!(before.iter().all(|(blob, written)| after[blob] == *written), "a finished layer was made again");
        prop_assert_eq!(workplace.run(&["verify", "out"]).code, 0);
        workplace.rows(&["build", "sizes.yaml", "-o", "whole", "--seed", &seed.to_string()]);
        prop_assert_eq!(index(&workplace, "out"), index(&workplace, "whole"));
    }
}

#[test]
fn a_build_that_was_completed_does_not_lend_its_seed() {
    let workplace =
        Workplace::new("uri: localhost/x\nsizes: [{total: 100kB}]\nlayers: [{exact: 2}]");
    workplace.rows(&["build", "sizes.yaml", "-o", "out"]);
    let again = workplace.run(&["build", "sizes.yaml", "-o", "out"]);
    assert!(
        again.messages.contains("chosen at random"),
        "{}",
        again.messages
    );
}
