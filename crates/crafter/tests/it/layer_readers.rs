//! Programs we did not write read the layers, and run what is in them.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use pullstudy_crafter::{
    Codec, Content, FileSet, FileSizes, KnownSize, LayerKey, LayerReceipt, LayerRecipe, Program,
};
use pullstudy_image::DiffId;

/// Gives `input` to a program and returns what it prints.
fn piped(program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}; `cargo xtask setup` installs it"));
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // tar stops reading at the end of the archive, before the zeros behind it.
        scope.spawn(move || stdin.write_all(input).ok());
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "{program} {arguments:?}");
    output.stdout
}

fn layer(content: Content, codec: Codec, ratio: f64) -> (LayerRecipe, Vec<u8>, LayerReceipt) {
    let recipe = LayerRecipe {
        key: LayerKey::new([9; 32]),
        program: Some(Program::Amd64),
        files: FileSet {
            count: 30,
            sizes: FileSizes::Lognormal,
            prefix: "opt/data".to_owned(),
        },
        unpacked_bytes: 0,
        wire_bytes: None,
        content,
        codec,
    };
    let recipe = recipe
        .fit(KnownSize::WireBytes(400_003), ratio)
        .unwrap()
        .recipe;
    let mut blob = Vec::new();
    let receipt = recipe.write(&mut blob, &mut |_| ()).unwrap();
    assert_eq!(blob.len(), 400_003);
    (recipe, blob, receipt)
}

/// Layers that take every path through the packers: noise, zeros, textures, and mixes of them.
const MIXES: [(Content, f64); 6] = [
    (Content::Random, 1.0),
    (Content::Random, 3.0),
    (Content::Zeros, 40.0),
    (Content::Realistic, 1.1),
    (Content::Realistic, 2.6),
    (Content::Realistic, 20.0),
];

#[test]
fn gzip_and_pigz_read_gzip_layers() {
    for (content, ratio) in MIXES {
        let (_, blob, receipt) = layer(content, Codec::Gzip { level: 6 }, ratio);
        for program in ["gzip", "pigz"] {
            let tar = piped(program, &["-dc"], &blob);
            assert_eq!(
                DiffId::of(&tar),
                receipt.diff_id,
                "{program}, {content:?} at {ratio}"
            );
        }
    }
}

#[test]
fn zstd_reads_zstd_layers() {
    for (content, ratio) in MIXES {
        let (_, blob, receipt) = layer(content, Codec::Zstd { level: 3 }, ratio);
        let tar = piped("zstd", &["-dcq"], &blob);
        assert_eq!(DiffId::of(&tar), receipt.diff_id, "{content:?} at {ratio}");
    }
}

#[test]
fn gnu_tar_lists_and_unpacks_plain_layers_of_any_length() {
    let (recipe, blob, _) = layer(Content::Realistic, Codec::None, 1.0);
    assert_ne!(
        blob.len() % 512,
        0,
        "zeros after the end need not fill a block"
    );
    let listing = String::from_utf8(piped("tar", &["--list", "--verbose"], &blob)).unwrap();
    let sizes = listing.lines().map(|line| {
        line.split_whitespace()
            .nth(2)
            .unwrap()
            .parse::<u64>()
            .unwrap()
    });
    assert_eq!(sizes.sum::<u64>(), recipe.unpacked_bytes, "{listing}");

    let folder = tempfile::tempdir().unwrap();
    piped(
        "tar",
        &["--extract", "--directory", folder.path().to_str().unwrap()],
        &blob,
    );
    assert_eq!(
        std::fs::read_dir(folder.path().join("opt/data"))
            .unwrap()
            .count(),
        30
    );
    assert_eq!(
        std::fs::read(folder.path().join(Program::PATH)).unwrap(),
        Program::Amd64.bytes()
    );
}

/// Writes a program into a folder and makes it executable.
#[cfg(unix)]
fn installed(program: Program, folder: &Path) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt;

    let path = folder.join("exit0");
    std::fs::write(&path, program.bytes()).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[cfg(target_os = "linux")]
#[test]
fn the_program_of_this_machine_ends_with_status_0() {
    let Some(program) = (match std::env::consts::ARCH {
        "x86_64" => Some(Program::Amd64),
        "aarch64" => Some(Program::Arm64),
        _ => None,
    }) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new(installed(program, folder.path()))
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(0));
}

#[cfg(unix)]
#[test]
fn binutils_reads_the_headers_of_both_programs() {
    let folder = tempfile::tempdir().unwrap();
    for (program, machine) in [(Program::Amd64, "X86-64"), (Program::Arm64, "AArch64")] {
        let path = installed(program, folder.path());
        let output = Command::new("readelf")
            .args(["--wide", "--file-header", "--segments"])
            .arg(path)
            .output()
            .unwrap_or_else(|error| {
                panic!("readelf: {error}; `cargo xtask setup` installs binutils")
            });
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.stderr.is_empty(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(
            text.contains("EXEC (Executable file)") && text.contains(machine),
            "{text}"
        );
        assert!(
            text.contains("GNU_STACK") && text.contains("RW  "),
            "{text}"
        );
    }
}
