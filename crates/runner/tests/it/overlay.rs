//! Layers over layers: whiteouts, opaque folders, and things that replace other things.

use std::fs;
use std::os::unix::fs::MetadataExt;

use pullstudy_image::{Compression, DiffId};
use pullstudy_runner::{RootFilesystem, UnpackError};
use tar::EntryType;

use crate::tars::{Tar, apply, failure, unpack};
use crate::trees::{names, tree};

#[test]
fn a_whiteout_removes_what_lower_layers_made() {
    let dir = tempfile::tempdir().unwrap();
    let lower = Tar::new()
        .file("a/one", b"1")
        .file("a/two", b"2")
        .file("b/c/deep", b"3")
        .bytes();
    let upper = Tar::new()
        .file("a/.wh.one", b"")
        .file(".wh.b", b"")
        .file(".wh.absent", b"")
        .bytes();
    let root = unpack(dir.path(), &[lower, upper]);
    assert_eq!(names(root.path()), ["a", "a/two"]);
}

#[test]
fn an_opaque_folder_hides_lower_layers_and_not_its_own() {
    for opaque_first in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let lower = Tar::new()
            .folder("d", 0o755)
            .file("d/old", b"1")
            .file("d/sub/old", b"1")
            .file("d/both/old", b"1")
            .bytes();
        let opaque = |tar: Tar| tar.file("d/.wh..wh..opq", b"");
        let mut upper = Tar::new().folder("d", 0o755);
        if opaque_first {
            upper = opaque(upper);
        }
        upper = upper.file("d/new", b"2").file("d/both/new", b"2");
        if !opaque_first {
            upper = opaque(upper);
        }
        let root = unpack(dir.path(), &[lower, upper.bytes()]);
        let expected = ["d", "d/both", "d/both/new", "d/new"];
        assert_eq!(names(root.path()), expected, "opaque first: {opaque_first}");
    }
}

#[test]
fn a_whiteout_spares_its_own_layer() {
    let dir = tempfile::tempdir().unwrap();
    let lower = Tar::new().file("d/old", b"1").bytes();
    let upper = Tar::new().file("d/new", b"2").file(".wh.d", b"").bytes();
    let root = unpack(dir.path(), &[lower, upper]);
    assert_eq!(names(root.path()), ["d", "d/new"]);
}

#[test]
fn kinds_replace_one_another() {
    let dir = tempfile::tempdir().unwrap();
    let lower = Tar::new()
        .file("file-to-folder", b"x")
        .folder("folder-to-file", 0o755)
        .file("folder-to-file/inside", b"x")
        .symlink("link-to-folder", "elsewhere")
        .folder("folder-to-link", 0o755)
        .file("folder-to-link/inside", b"x")
        .file("file-to-file", b"long content")
        .bytes();
    let upper = Tar::new()
        .folder("file-to-folder", 0o755)
        .file("file-to-folder/inside", b"y")
        .file("folder-to-file", b"y")
        .folder("link-to-folder", 0o755)
        .symlink("folder-to-link", "file-to-file")
        .file("file-to-file", b"short")
        .bytes();
    let root = unpack(dir.path(), &[lower, upper]);
    let tree = tree(root.path());
    let kind = |name: &str| tree[std::path::Path::new(name)].kind;
    assert_eq!(kind("file-to-folder"), "folder");
    assert_eq!(kind("folder-to-file"), "file");
    assert_eq!(kind("link-to-folder"), "folder");
    assert_eq!(kind("folder-to-link"), "symlink");
    assert_eq!(
        fs::read(root.path().join("file-to-file")).unwrap(),
        b"short"
    );
    assert!(!tree.contains_key(std::path::Path::new("elsewhere")));
}

#[test]
fn a_folder_over_a_folder_keeps_what_is_in_it_and_takes_the_new_mode() {
    let dir = tempfile::tempdir().unwrap();
    let lower = Tar::new().folder("d", 0o700).file("d/kept", b"x").bytes();
    let root = unpack(dir.path(), &[lower, Tar::new().folder("d", 0o1777).bytes()]);
    let node = &tree(root.path())[std::path::Path::new("d")];
    assert_eq!((node.mode, node.modified.0), (0o1777, 1_700_000_000));
    assert!(root.path().join("d/kept").exists());
}

#[test]
fn a_link_in_a_lower_layer_is_followed_inside() {
    let dir = tempfile::tempdir().unwrap();
    let lower = Tar::new()
        .folder("usr/bin", 0o755)
        .symlink("bin", "usr/bin")
        .symlink("opt", "/usr/../usr/bin/..")
        .bytes();
    let upper = Tar::new()
        .file("bin/env", b"x")
        .file("opt/README", b"y")
        .bytes();
    let root = unpack(dir.path(), &[lower, upper]);
    assert_eq!(
        names(root.path()),
        ["bin", "opt", "usr", "usr/README", "usr/bin", "usr/bin/env"]
    );
}

#[test]
fn hard_links_share_their_file_and_survive_its_replacement() {
    let dir = tempfile::tempdir().unwrap();
    let lower = Tar::new()
        .file("a", b"shared")
        .hard_link("dir/b", "a")
        .hard_link("c", "/./dir/b")
        .hard_link("c", "c")
        .bytes();
    let root = unpack(dir.path(), std::slice::from_ref(&lower));
    let inode = |name: &str| fs::metadata(root.path().join(name)).unwrap().ino();
    assert_eq!((inode("a"), inode("a")), (inode("dir/b"), inode("c")));

    let mut root = root;
    apply(&mut root, &Tar::new().file("a", b"new").bytes()).unwrap();
    assert_eq!(fs::read(root.path().join("c")).unwrap(), b"shared");
}

#[test]
fn modes_survive_the_umask_and_setuid_the_owner() {
    let dir = tempfile::tempdir().unwrap();
    let tar = Tar::new()
        .file_with_mode("open", 0o666)
        .file_with_mode("su", 0o4755)
        .file_with_mode("none", 0)
        .folder("spool", 0o2777)
        .bytes();
    let root = unpack(dir.path(), &[tar]);
    let tree = tree(root.path());
    let mode = |name: &str| tree[std::path::Path::new(name)].mode;
    assert_eq!([mode("open"), mode("su"), mode("none")], [0o666, 0o4755, 0]);
    assert_eq!(mode("spool"), 0o2777);
}

#[test]
fn long_names_and_fractions_of_seconds_come_from_pax() {
    let dir = tempfile::tempdir().unwrap();
    let long = format!("{}/{}", "d".repeat(200), "f".repeat(200));
    let tar = Tar::new()
        .pax(&[("path", long.as_bytes()), ("mtime", b"1600000000.25")])
        .file("short", b"x")
        .long_entry("link", EntryType::Symlink, &"t".repeat(300))
        .bytes();
    let root = unpack(dir.path(), &[tar]);
    let tree = tree(root.path());
    assert_eq!(
        tree[std::path::Path::new(&long)].modified,
        (1_600_000_000, 250_000_000)
    );
    assert_eq!(
        tree[std::path::Path::new("link")].content,
        "t".repeat(300).as_bytes()
    );
}

#[test]
fn a_fifo_is_made_and_devices_are_made_or_counted() {
    let dir = tempfile::tempdir().unwrap();
    let tar = Tar::new()
        .node("fifo", EntryType::Fifo, (0, 0))
        .node("null", EntryType::Char, (1, 3))
        .node("disk", EntryType::Block, (7, 0))
        .bytes();
    let mut root = RootFilesystem::create(dir.path().join("rootfs")).unwrap();
    let unpacked = apply(&mut root, &tar).unwrap();
    let made = names(root.path()).len() as u64;
    assert_eq!(made + unpacked.skipped.devices, 3);
    assert_eq!(tree(root.path())[std::path::Path::new("fifo")].kind, "fifo");
}

#[test]
fn facts_of_a_layer_add_up() {
    let dir = tempfile::tempdir().unwrap();
    let tar = Tar::new()
        .folder("d", 0o755)
        .file("d/one", &[1; 700_000])
        .file("d/two", &[2; 300_000])
        .file("d/.wh.three", b"")
        .bytes();
    let mut root = RootFilesystem::create(dir.path().join("rootfs")).unwrap();
    let unpacked = apply(&mut root, &tar).unwrap();
    assert_eq!(unpacked.tar_bytes, tar.len() as u64);
    assert_eq!((unpacked.file_bytes, unpacked.files), (1_000_000, 2));
    assert_eq!((unpacked.entries, unpacked.whiteouts), (4, 1));
    assert_eq!(unpacked.hashing.bytes(), tar.len() as u64);
    let (start, end) = unpacked.writing.moments().unwrap();
    let busy = [unpacked.decompressing, unpacked.hashing, unpacked.writing].map(|span| span.busy());
    assert_eq!(busy.iter().sum::<std::time::Duration>(), end - start);
}

#[test]
fn bytes_behind_the_tar_belong_to_the_diff_id() {
    let dir = tempfile::tempdir().unwrap();
    let mut tar = Tar::new().file("a", b"x").bytes();
    let short = DiffId::of(&tar);
    tar.extend_from_slice(&[0; 5_000]);
    let mut root = RootFilesystem::create(dir.path().join("rootfs")).unwrap();
    assert_eq!(apply(&mut root, &tar).unwrap().tar_bytes, tar.len() as u64);
    let error = failure(root.apply(&tar[..], Compression::None, &short));
    let UnpackError::DiffId { expected, actual } = error else {
        panic!("{error}");
    };
    assert_eq!((expected, actual), (short, DiffId::of(&tar)));
}
