//! Pictures of pulls and of spreads: files of the kind that their name says.

use std::fs;

use crate::events::{LAID_OUT, log, printed, pullstat, said};

/// How every PNG begins.
const PNG: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

#[test]
fn a_name_says_what_kind_of_picture_is_drawn() {
    let dir = tempfile::tempdir().unwrap();
    for command in ["summary", "spread"] {
        for scale in ["linear", "log"] {
            let path = |kind| dir.path().join(format!("{command}-{scale}.{kind}"));
            for kind in ["svg", "png"] {
                let plot = path(kind);
                let plot = plot.to_str().unwrap();
                let arguments = [command, &log(LAID_OUT), "--plot", plot, "--scale", scale];
                let output = pullstat(&arguments);
                printed(&output);
                assert!(said(&output).contains(plot), "{}", said(&output));
            }
            let svg = fs::read_to_string(path("svg")).unwrap();
            assert!(svg.contains("<svg") && svg.trim_end().ends_with("</svg>"));
            assert!(svg.contains("laid"), "the image is named");
            assert!(fs::read(path("png")).unwrap().starts_with(&PNG));
        }
    }
    // Nothing half written is left.
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 8);
}

#[test]
fn a_picture_of_nothing_is_told_and_not_drawn() {
    let dir = tempfile::tempdir().unwrap();
    let plot = dir.path().join("none.svg");
    let logs = log("no-attempt.jsonl");
    let output = pullstat(&["summary", &logs, "--plot", plot.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(
        said(&output).contains("no plot was drawn"),
        "{}",
        said(&output)
    );
    assert!(!plot.exists());
}
