//! Nothing that a layer says is written outside its folder.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use pullstudy_runner::{RootFilesystem, UnpackError};
use tar::EntryType;

use crate::tars::{Tar, apply, chain, failure, unpack};
use crate::trees::{names, tree};

/// A folder with something precious beside the root filesystem.
struct Scene {
    dir: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("precious")).unwrap();
        fs::write(dir.path().join("precious/file"), b"kept").unwrap();
        Self { dir }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn assert_untouched(&self) {
        let outside: Vec<String> = names(self.path())
            .into_iter()
            .filter(|name| name != "rootfs" && !name.starts_with("rootfs/"))
            .collect();
        assert_eq!(outside, ["precious", "precious/file"]);
        let file = &tree(self.path())[Path::new("precious/file")];
        assert_eq!(file.content, b"kept");
        assert_eq!((file.links.len(), file.mode), (0, 0o644));
    }

    /// Absolute, as an attacker who knows the machine would write it.
    fn precious(&self) -> String {
        self.path().join("precious").display().to_string()
    }
}

#[test]
fn absolute_names_and_dots_stay_inside() {
    let scene = Scene::new();
    let tar = Tar::new()
        .file("/etc/absolute", b"x")
        .file("../precious/file", b"overwritten")
        .file("a/../../../precious/file", b"overwritten")
        .folder("..", 0o777)
        .folder("/", 0o777)
        .file("./.", b"x")
        .bytes();
    let root = unpack(scene.path(), &[tar]);
    scene.assert_untouched();
    assert_eq!(
        names(root.path()),
        ["etc", "etc/absolute", "precious", "precious/file"]
    );
}

#[test]
fn a_link_outside_is_not_written_through() {
    let scene = Scene::new();
    let tar = Tar::new()
        .symlink("absolute", &scene.precious())
        .file("absolute/file", b"overwritten")
        .symlink("relative", "../precious")
        .file("relative/file", b"overwritten")
        .symlink("a/b/c", "../../../../precious")
        .file("a/b/c/file", b"overwritten")
        .bytes();
    let root = unpack(scene.path(), &[tar]);
    scene.assert_untouched();
    // As in a chroot: the targets lie inside.
    assert_eq!(
        fs::read(root.path().join("precious/file")).unwrap(),
        b"overwritten"
    );
}

#[test]
fn a_file_over_a_link_replaces_the_link() {
    let scene = Scene::new();
    let target = format!("{}/file", scene.precious());
    let tar = Tar::new()
        .symlink("link", &target)
        .file("link", b"overwritten")
        .symlink("folder", &scene.precious())
        .folder("folder", 0o777)
        .bytes();
    let root = unpack(scene.path(), &[tar]);
    scene.assert_untouched();
    assert_eq!(tree(root.path())[Path::new("link")].kind, "file");
    assert_eq!(tree(root.path())[Path::new("folder")].kind, "folder");
}

#[test]
fn a_hard_link_outside_finds_nothing() {
    for target in ["../precious/file", "/precious/file", "link/file"] {
        let scene = Scene::new();
        let tar = Tar::new()
            .symlink("link", "../precious")
            .hard_link("stolen", target);
        let mut root = RootFilesystem::create(scene.path().join("rootfs")).unwrap();
        let error = failure(apply(&mut root, &tar.bytes()));
        assert!(matches!(error, UnpackError::Write { .. }), "{error}");
        assert!(chain(&error).contains("rootfs/stolen"), "{}", chain(&error));
        scene.assert_untouched();
    }
}

#[test]
fn a_hard_link_to_a_link_outside_is_a_link_and_no_door() {
    let scene = Scene::new();
    let tar = Tar::new()
        .symlink("link", &format!("{}/file", scene.precious()))
        .hard_link("again", "link")
        .file("again", b"overwritten")
        .bytes();
    unpack(scene.path(), &[tar]);
    scene.assert_untouched();
}

#[test]
fn a_whiteout_outside_removes_nothing() {
    for name in [
        "../.wh.precious",
        "link/.wh.file",
        "link/.wh..wh..opq",
        "/../.wh..wh..opq",
    ] {
        let scene = Scene::new();
        let tar = Tar::new()
            .symlink("link", &scene.precious())
            .file(name, b"");
        unpack(scene.path(), &[tar.bytes()]);
        scene.assert_untouched();
    }
}

#[test]
fn a_whiteout_of_dots_is_refused() {
    for name in [".wh...", "a/.wh...", ".wh..", ".wh."] {
        let scene = Scene::new();
        let mut root = RootFilesystem::create(scene.path().join("rootfs")).unwrap();
        let error = failure(apply(&mut root, &Tar::new().file(name, b"").bytes()));
        assert!(matches!(error, UnpackError::Whiteout { .. }), "{error}");
        scene.assert_untouched();
    }
}

#[test]
fn removing_a_tree_does_not_follow_links_in_it() {
    let scene = Scene::new();
    let lower = Tar::new()
        .symlink("d/link", &scene.precious())
        .symlink("e/link", &scene.precious())
        .symlink("f/link", &scene.precious())
        .bytes();
    let upper = Tar::new()
        .file(".wh.d", b"")
        .file("e", b"file in place of a folder")
        .file("f/.wh..wh..opq", b"")
        .bytes();
    unpack(scene.path(), &[lower, upper]);
    scene.assert_untouched();
}

#[test]
fn circles_and_depths_end() {
    let deep = "d/".repeat(300) + "file";
    let long = "long/".repeat(1_000) + "file";
    let cases = [
        Tar::new()
            .symlink("a", "b")
            .symlink("b", "a")
            .file("a/x", b""),
        Tar::new().symlink("self", "self/self").file("self/x", b""),
        Tar::new().long_entry(&deep, EntryType::Regular, ""),
        Tar::new().long_entry(&long, EntryType::Regular, ""),
        Tar::new()
            .file(&"n".repeat(99), b"")
            .long_entry(&"n".repeat(256), EntryType::Regular, ""),
    ];
    for case in cases {
        let scene = Scene::new();
        let mut root = RootFilesystem::create(scene.path().join("rootfs")).unwrap();
        let error = failure(apply(&mut root, &case.bytes()));
        assert!(matches!(error, UnpackError::Write { .. }), "{error}");
        scene.assert_untouched();
    }
}

#[test]
fn a_name_below_a_file_is_an_error() {
    let scene = Scene::new();
    let mut root = RootFilesystem::create(scene.path().join("rootfs")).unwrap();
    let tar = Tar::new().file("file", b"").file("file/below", b"").bytes();
    assert!(matches!(
        failure(apply(&mut root, &tar)),
        UnpackError::Write { .. }
    ));
}

#[test]
fn sparse_and_unknown_entries_are_named() {
    let scene = Scene::new();
    let mut root = RootFilesystem::create(scene.path().join("rootfs")).unwrap();
    let gnu = Tar::new()
        .entry("old", EntryType::GNUSparse, 0o644, "", b"")
        .bytes();
    let pax = Tar::new()
        .pax(&[("GNU.sparse.major", b"1")])
        .file("new", b"")
        .bytes();
    for (tar, name) in [(gnu, "old"), (pax, "new")] {
        let error = failure(apply(&mut root, &tar));
        let UnpackError::Unsupported { entry, type_flag } = error else {
            panic!("{error}");
        };
        assert_eq!((entry.as_str(), type_flag), (name, b'S'));
    }
}

/// Names an attacker would choose: few, so that they meet.
fn part() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "a",
        "b",
        "c",
        "..",
        ".",
        "",
        ".wh.a",
        ".wh.b",
        ".wh..wh..opq",
        "precious",
        "file",
    ])
}

fn path() -> impl Strategy<Value = String> {
    (prop::bool::ANY, prop::collection::vec(part(), 1..5)).prop_map(|(absolute, parts)| {
        format!("{}{}", if absolute { "/" } else { "" }, parts.join("/"))
    })
}

fn step() -> impl Strategy<Value = (u8, String, String)> {
    (0_u8..6, path(), path())
}

fn hostile(steps: &[(u8, String, String)], precious: &str) -> Vec<u8> {
    let tar = steps
        .iter()
        .fold(Tar::new(), |tar, (kind, path, target)| match kind {
            0 => tar.file(path, b"overwritten"),
            1 => tar.folder(path, 0o777),
            2 => tar.symlink(path, target),
            3 => tar.hard_link(path, target),
            4 => tar.symlink(path, precious),
            _ => tar.node(path, EntryType::Fifo, (0, 0)),
        });
    tar.bytes()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_layers_say_nothing_outside_changes(
        layers in prop::collection::vec(prop::collection::vec(step(), 1..12), 1..4)
    ) {
        let scene = Scene::new();
        let mut root = RootFilesystem::create(scene.path().join("rootfs")).unwrap();
        for layer in &layers {
            // Many are refused halfway; what counts is what they leave.
            let _ = apply(&mut root, &hostile(layer, &scene.precious()));
            scene.assert_untouched();
        }
        fs::remove_dir_all(root.path()).unwrap();
        scene.assert_untouched();
    }

    #[test]
    fn no_bytes_make_it_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..4_000), at in 0_usize..2_000) {
        let scene = Scene::new();
        let mut root = RootFilesystem::create(scene.path().join("rootfs")).unwrap();
        let _ = apply(&mut root, &bytes);
        // An honest tar with dishonest bytes in it gets further.
        let mut tar = Tar::new().pax(&[("path", b"long")]).file("a", b"x").symlink("b", "a").bytes();
        bytes.truncate(16);
        let end = (at + bytes.len()).min(tar.len());
        let start = at.min(end);
        tar[start..end].copy_from_slice(&bytes[..end - start]);
        let _ = apply(&mut root, &tar);
        scene.assert_untouched();
    }
}
