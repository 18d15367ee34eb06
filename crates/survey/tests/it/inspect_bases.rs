//! Which base an image was likely built on.

use pullstudy_image::Compression;
use pullstudy_survey::{BaseProfile, InspectOptions};
use serde_json::json;

use crate::made::{LayerTar, MadeImage, image, image_of, stored};

fn base(id: &str, files: usize) -> Vec<u8> {
    let text = format!("ID={id}\nVERSION_ID=\"12\"\n");
    let tar = LayerTar::new()
        .file("usr/lib/os-release", text.as_bytes())
        .symlink("etc/os-release", "../usr/lib/os-release");
    (0..files)
        .fold(tar, |tar, number| {
            tar.file(&format!("usr/share/{id}/{number}"), id.as_bytes())
        })
        .bytes()
}

fn profile(made: &MadeImage, name: &str) -> BaseProfile {
    let mut profile = made.inspect(&InspectOptions::default()).profile;
    profile.reference = name.to_owned();
    BaseProfile::from_json(&profile.to_json()).unwrap()
}

fn options(bases: Vec<BaseProfile>) -> InspectOptions {
    let mut options = InspectOptions::default();
    options.bases = bases;
    options
}

#[test]
fn the_base_whose_layers_are_there_comes_first() {
    let (debian, alpine) = (base("debian", 20), base("alpine", 20));
    let bases = vec![
        profile(&image(&[alpine]), "alpine:3"),
        profile(&image(std::slice::from_ref(&debian)), "debian:12"),
    ];
    assert_eq!(bases[1].family, "debian");
    let built = image(&[debian, LayerTar::new().file("app", b"x").bytes()]);
    let report = built.inspect(&options(bases)).report;
    assert_eq!(report.os_release.as_deref(), Some("debian 12"));
    let first = &report.bases[0];
    assert_eq!((first.base.as_str(), first.built_on), ("debian:12", true));
    assert_eq!((first.same_digests, first.same_diff_ids), (1, 1));
    assert_eq!(first.shared_paths, Some(22));
    assert_eq!(first.containment, Some(1.0));
    assert_eq!(first.jaccard, Some(22.0 / 23.0));
}

#[test]
fn a_base_compressed_anew_is_known_by_its_diff_ids() {
    let tar = base("debian", 3);
    let bases = vec![profile(&image(std::slice::from_ref(&tar)), "debian:12")];
    let again = [stored(&tar, Compression::Zstd)];
    let report = image_of(&again, &json!([])).inspect(&options(bases)).report;
    let found = &report.bases[0];
    assert_eq!((found.same_digests, found.same_diff_ids), (0, 1));
    assert!(found.built_on);
}

#[test]
fn a_squashed_image_is_known_by_its_paths() {
    let bases = vec![
        profile(&image(&[base("debian", 20)]), "debian:12"),
        profile(&image(&[base("debian", 60)]), "debian:12-full"),
        profile(&image(&[base("alpine", 30)]), "alpine:3"),
    ];
    // All of the full base but one file, in one layer with the rest.
    let tar = LayerTar::new()
        .file("usr/lib/os-release", b"ID=debian\n")
        .symlink("etc/os-release", "../usr/lib/os-release")
        .file("app/x", b"y");
    let squashed = (1..60).fold(tar, |tar, number| {
        tar.file(&format!("usr/share/debian/{number}"), b"z")
    });
    let report = image(&[squashed.bytes()]).inspect(&options(bases)).report;
    let names: Vec<&str> = report
        .bases
        .iter()
        .map(|found| found.base.as_str())
        .collect();
    assert_eq!(names, ["debian:12-full", "debian:12", "alpine:3"]);
    assert!(!report.bases[0].built_on);
    assert_eq!(report.bases[0].shared_paths, Some(61));
}

#[test]
fn without_reading_layers_only_layers_are_compared() {
    let tar = base("debian", 3);
    let made = image(&[tar]);
    let bases = vec![profile(&made, "debian:12")];
    let subject = made.subject();
    let report = pullstudy_survey::inspect(&subject, None, &options(bases)).report;
    assert!(report.bases[0].built_on);
    assert_eq!(report.bases[0].shared_paths, None);
}

#[test]
fn a_profile_that_is_none_is_refused() {
    for (text, part) in [
        ("{}", "not a profile"),
        ("[", "not a profile"),
        (
            r#"{"format_version":2,"reference":"a","family":"a","digests":[],"diff_ids":[],"paths":[]}"#,
            "version 2",
        ),
        (
            r#"{"format_version":1,"reference":"a","family":"a","digests":[],"diff_ids":[],"paths":["x"]}"#,
            "path 0",
        ),
    ] {
        let error = BaseProfile::from_json(text).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}
