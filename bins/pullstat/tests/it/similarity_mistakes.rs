//! What `pullstat similarity` refuses, and what it tells of archives that are not whole.

use crate::events::{pullstat, said};
use crate::similarity::archive;

/// Runs the command over two images, and returns its exit code and what it said.
fn said_of(arguments: &[&str]) -> (Option<i32>, String) {
    let dir = tempfile::tempdir().unwrap();
    let images: [(&str, &str, &[_]); 2] = [
        ("r.io/app", "1", &[("a", 1)]),
        ("r.io/app", "10", &[("b", 1)]),
    ];
    archive(dir.path(), &images);
    let folder = dir.path().to_str().unwrap();
    let output = pullstat(&[&["similarity", folder], arguments].concat());
    (output.status.code(), said(&output))
}

#[test]
fn what_cannot_be_is_refused_in_a_sentence() {
    for (arguments, words) in [
        (&["--threshold", "0"][..], "above 0, at most 1"),
        (&["--threshold", "1.5"], "above 0, at most 1"),
        (&["--cut-height=-1"], "--cut-height"),
        (&["--cut-count", "0"], "--cut-count"),
        (
            &["--on", "command", "--weight", "bytes"],
            "commands have no size",
        ),
        (&["--on", "diff-id", "--to-pull"], "leave --on out"),
        (&["--order", "least-early"], "--to-pull"),
        (&["--image", "none"], "there is no such image"),
        (&["--image", "app"], "2 images have that in their names"),
        (&["--base", "none"], "--base none"),
        (&["--to-pull", "--start", "none"], "--start none"),
        (
            &["--plot", "plot.gif"],
            "--plot plot.gif says no kind of picture",
        ),
        (
            &["--histogram", "none/h.svg"],
            "--histogram none/h.svg: there is no folder none",
        ),
    ] {
        let (code, said) = said_of(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}

#[test]
fn a_name_that_is_the_start_of_another_is_a_name() {
    assert_eq!(said_of(&["--image", "r.io/app:1"]).0, Some(0));
}

#[test]
fn an_archive_without_images_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().to_str().unwrap();
    let output = pullstat(&["similarity", folder]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    archive(dir.path(), &[("r.io/app", "1", &[])]);
    let output = pullstat(&["similarity", folder, "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let output = pullstat(&["similarity", folder, "--platform", "plan9/mips"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("no image of the archive counts"));
}
