//! What GNU tar and umoci make of the same layers.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use pullstudy_image::{Compression, LayoutWriter};
use pullstudy_runner::LocalOutcome;
use tar::EntryType;

use crate::layouts::write_image;
use crate::scene::{Scene, layer};
use crate::tars::{Tar, unpack};
use crate::trees::tree;

/// Runs a program, which must be there and succeed.
fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| {
            panic!("{program} cannot be run ({error}); install it with: cargo xtask setup")
        });
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {complaint}"
    );
}

/// A folder with one of everything that a layer of a distribution has.
fn make_sample(root: &Path) {
    let long =
        "a name that is longer than the hundred bytes which the header of a tar has room for, "
            .repeat(2);
    for folder in ["etc/empty", "usr/bin", "tmp"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    for (name, size, mode) in [
        ("etc/passwd", 1_000, 0o644),
        ("etc/shadow", 600, 0o640),
        ("usr/bin/su", 70_000, 0o4755),
        ("usr/bin/wall", 40_000, 0o2755),
        ("usr/bin/big", 3_000_000, 0o755),
        ("etc/empty-file", 0, 0o600),
        ("etc/schön", 17, 0o444),
        (&long, 100, 0o644),
    ] {
        fs::write(root.join(name), vec![b'x'; size]).unwrap();
        fs::set_permissions(root.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    fs::set_permissions(root.join("tmp"), fs::Permissions::from_mode(0o1777)).unwrap();
    fs::hard_link(root.join("usr/bin/su"), root.join("usr/bin/su-too")).unwrap();
    symlink("usr/bin", root.join("bin")).unwrap();
    symlink("/nowhere/at/all", root.join("dangling")).unwrap();
    symlink(&long, root.join("long link")).unwrap();
    run("mkfifo", &[&root.join("tmp/fifo").display().to_string()]);
}

#[test]
fn gnu_tar_and_we_agree_on_every_format() {
    for format in ["ustar", "gnu", "pax"] {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).display().to_string();
        let (sample, archive, theirs) = (path("sample"), path("layer.tar"), path("theirs"));
        fs::create_dir(&sample).unwrap();
        make_sample(Path::new(&sample));
        fs::create_dir(&theirs).unwrap();
        if format == "ustar" {
            // The one format that has no room for these.
            let names = fs::read_dir(&sample)
                .unwrap()
                .map(|entry| entry.unwrap().path());
            let long = names.filter(|path| path.file_name().unwrap().len() > 100);
            long.for_each(|path| fs::remove_file(path).unwrap());
            fs::remove_file(Path::new(&sample).join("long link")).unwrap();
        }
        run(
            "tar",
            &["--format", format, "-cf", &archive, "-C", &sample, "."],
        );
        run("tar", &["-xpf", &archive, "-C", &theirs]);
        let ours = unpack(dir.path(), &[fs::read(&archive).unwrap()]);
        assert_eq!(tree(ours.path()), tree(Path::new(&theirs)), "{format}");
    }
}

#[test]
fn umoci_and_we_agree_on_whiteouts_and_replacements() {
    let lower = Tar::new()
        .folder("etc", 0o755)
        .file("etc/gone", b"1")
        .file("etc/kept", b"1")
        .folder("opaque", 0o755)
        .file("opaque/old", b"1")
        .folder("was-a-folder", 0o755)
        .file("was-a-folder/inside", b"1")
        .file("was-a-file", b"1")
        .folder("usr", 0o755)
        .folder("usr/bin", 0o755)
        .symlink("bin", "usr/bin")
        .node("pipe", EntryType::Fifo, (0, 0))
        .bytes();
    let upper = Tar::new()
        .folder("etc", 0o700)
        .file("etc/.wh.gone", b"")
        .folder("opaque", 0o755)
        .file("opaque/.wh..wh..opq", b"")
        .file("opaque/new", b"2")
        .file("was-a-folder", b"2")
        .folder("was-a-file", 0o711)
        .file("was-a-file/inside", b"2")
        .folder("usr", 0o755)
        .folder("usr/bin", 0o755)
        .file("usr/bin/env", b"2")
        .hard_link("usr/bin/env-too", "usr/bin/env")
        .file_with_mode("usr/bin/su", 0o4755)
        .bytes();
    let layers = [(lower, Compression::Gzip), (upper, Compression::None)];

    let dir = tempfile::tempdir().unwrap();
    let layout = dir.path().join("layout");
    write_image(
        &LayoutWriter::create(&layout).unwrap(),
        "localhost/sample:1",
        &layers,
    );
    let bundle = dir.path().join("bundle");
    umoci_unpack(&layout, "1", &bundle);

    let ours = unpack(dir.path(), &layers.map(|(tar, _)| tar));
    assert_eq!(tree(ours.path()), tree(&bundle.join("rootfs")));
}

fn umoci_unpack(layout: &Path, tag: &str, bundle: &Path) {
    let mut arguments = vec!["unpack"];
    if !rustix::process::geteuid().is_root() {
        arguments.push("--rootless");
    }
    let image = format!("{}:{tag}", layout.display());
    let bundle = bundle.display().to_string();
    arguments.extend(["--image", &image, &bundle]);
    run("umoci", &arguments);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pulled_image_is_what_umoci_unpacks_and_skopeo_copies() {
    let scene = Scene::new(|writer| {
        let layers = [
            layer(1, 70_000, Compression::Gzip),
            layer(2, 3_000_000, Compression::Gzip),
            layer(1, 70_000, Compression::None),
        ];
        write_image(writer, "localhost/study/image:one", &layers);
    })
    .await;
    let mut study = scene.study(&["one"], 1);
    study.keep_nodes = true;
    let report = study.run(|_| {}).await.unwrap();
    assert!(matches!(
        report.pulls[0].outcome,
        LocalOutcome::Pulled { .. }
    ));

    let copy = scene.path().join("copy");
    let (from, to) = (
        format!("docker://{}", scene.reference("one")),
        format!("oci:{}:one", copy.display()),
    );
    tokio::task::spawn_blocking(move || {
        run("skopeo", &["copy", "--src-tls-verify=false", &from, &to])
    })
    .await
    .unwrap();
    let bundle = scene.path().join("bundle");
    umoci_unpack(&copy, "one", &bundle);
    assert_eq!(tree(&scene.snapshots(0)[0]), tree(&bundle.join("rootfs")));
}
