//! Every mistake gets one sentence that names file, key and remedy, and exit code 2 for wrong usage.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use pullstudy_crafter::TagPattern;

use crate::program::{Workplace, command, ran};

const GOOD: &str = "uri: localhost/x\nsizes: [{total: 100kB}]\nlayers: [{exact: 2}]";

#[test]
fn every_mistake_of_the_fixtures_gets_its_sentence() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/sizes/mistakes");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "yaml")
    });
    assert!(files.len() >= 50);
    for path in files {
        let name = path.file_name().unwrap().to_str().unwrap();
        let ran = ran(command(
            &folder,
            &["plan", name, "--uri", "localhost/x", "--seed", "1"],
        )
        .output()
        .unwrap());
        let expected = fs::read_to_string(path.with_extension("expected.txt")).unwrap();
        let expected: TagPattern = format!("crafter: {expected}").parse().unwrap();
        assert!(
            expected.matches(&ran.messages),
            "{name} says\n{}instead of\n{expected}",
            ran.messages
        );
        assert_eq!((ran.code, ran.results.as_str()), (2, ""), "{name}");
    }
}

/// Runs a command that must fail with a message of one line, and returns it.
fn failure(workplace: &Workplace, arguments: &[&str], code: i32) -> String {
    let ran = workplace.run(arguments);
    assert_eq!(ran.code, code, "{arguments:?}: {}", ran.messages);
    assert_eq!(ran.results, "", "{arguments:?}");
    ran.messages.lines().last().unwrap_or_default().to_owned()
}

#[test]
fn a_sizes_file_that_is_not_there_is_named() {
    let message = failure(&Workplace::new(GOOD), &["build", "nowhere.yaml"], 2);
    assert_eq!(
        message,
        "crafter: failed to read the sizes file nowhere.yaml: No such file or directory (os error 2)"
    );
}

#[test]
fn a_folder_of_other_things_is_not_written_to() {
    let workplace = Workplace::new(GOOD);
    fs::create_dir(workplace.path("photos")).unwrap();
    workplace.write("photos/cat.jpg", "cat");
    let message = failure(
        &workplace,
        &["build", "sizes.yaml", "-o", "photos", "--seed", "1"],
        2,
    );
    assert_eq!(
        message,
        "crafter: cannot build into photos: photos is not empty and no OCI layout; choose a new folder"
    );
    assert_eq!(fs::read_dir(workplace.path("photos")).unwrap().count(), 1);
}

#[test]
fn a_mistake_leaves_no_layout_behind() {
    let workplace = Workplace::new("sizes: [{total: 100kB}]\nlayers: [{exact: 900}]");
    failure(&workplace, &["build", "sizes.yaml", "-o", "out"], 2);
    assert!(!workplace.path("out").exists());
}

#[test]
fn what_is_no_layout_cannot_be_verified_or_served() {
    let workplace = Workplace::new(GOOD);
    fs::create_dir(workplace.path("empty")).unwrap();
    let message = failure(&workplace, &["verify", "./empty"], 1);
    assert!(message.contains("empty"), "{message}");
    let message = failure(&workplace, &["serve", "empty"], 1);
    assert!(message.contains("empty"), "{message}");
    let message = failure(&workplace, &["verify", "No Such Thing"], 2);
    assert!(
        message.contains("is no folder, and no reference either"),
        "{message}"
    );
}

#[test]
fn a_taken_port_is_named_with_its_remedy() {
    let workplace = Workplace::new(GOOD);
    assert_eq!(workplace.run(&["build", "sizes.yaml", "-o", "out"]).code, 0);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let message = failure(&workplace, &["serve", "out", "--listen", &address], 1);
    assert_eq!(
        message,
        format!(
            "crafter: {address} is taken by another program; choose another port, or port 0 for any free one"
        )
    );
}

#[test]
fn a_base_that_is_not_there_is_named() {
    let workplace = Workplace::new(&format!("{GOOD}\nbase: ./nowhere"));
    let message = failure(&workplace, &["plan", "sizes.yaml", "--seed", "1"], 1);
    assert!(message.contains("nowhere"), "{message}");

    assert_eq!(Workplace::new(GOOD).run(&["plan", "sizes.yaml"]).code, 0);
    let workplace = Workplace::new(
        "uri: localhost/x\nsizes: [{total: 100kB}, {total: 200kB}]\nlayers: [{exact: 2}]",
    );
    assert_eq!(workplace.run(&["build", "sizes.yaml", "-o", "two"]).code, 0);
    workplace.write("on.yaml", &format!("{GOOD}\nbase: ./two"));
    let message = failure(&workplace, &["plan", "on.yaml", "--seed", "1"], 2);
    assert!(
        message.contains("names 2 of the 2 images there: write its folder and a tag"),
        "{message}"
    );
}

#[test]
fn wrong_flags_are_wrong_usage() {
    let workplace = Workplace::new(GOOD);
    for (arguments, part) in [
        (
            vec!["plan", "sizes.yaml", "--seed", "9007199254740992"],
            "9007199254740992",
        ),
        (
            vec!["plan", "sizes.yaml", "--format", "xml"],
            "use table, json or csv",
        ),
        (
            vec!["plan", "sizes.yaml", "--uri", "Upper/Case"],
            "Upper/Case",
        ),
        (vec!["plan", "sizes.yaml", "--method", "guess"], "published"),
        (
            vec!["plan", "sizes.yaml", "--only", "7-*"],
            "matches none of the 1 tags",
        ),
        (vec!["build", "sizes.yaml", "--jobs", "0"], "0"),
        (
            vec!["serve", "out", "--bandwidth", "0"],
            "nothing would ever arrive",
        ),
        (vec!["serve", "out", "--bandwidth", "fast"], "is no size"),
        (vec!["serve", "out", "--latency", "soon"], "soon"),
        (vec!["verify"], "LAYOUT_DIR|REFERENCE"),
        (vec!["frobnicate"], "frobnicate"),
    ] {
        let ran = workplace.run(&arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.messages);
        assert!(
            ran.messages.contains(part),
            "{arguments:?}: {}",
            ran.messages
        );
    }
}
