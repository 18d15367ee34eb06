//! What it costs to read a realistic layer, beside an ordinary tree of files.
//!
//! The peer is a tar of a sample of /usr. Both are read by the same program from the same compressor and level, in
//! turn: our blob as it is stored, and our tar compressed again by the compressor's own command.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, bail};
use pullstudy_image::{Layout, Platform};

use crate::crafting::into_layout;
use crate::figure::{Figure, Findings, Target};

/// How much of /usr is taken: some seconds of reading.
const SAMPLE_BYTES: u64 = 800_000_000;

/// A compressor, at the level that image builders use it at.
struct Codec {
    name: &'static str,
    level: u32,
}

const CODECS: [Codec; 2] = [
    Codec {
        name: "gzip",
        level: 6,
    },
    Codec {
        name: "zstd",
        level: 3,
    },
];

/// Runs the benchmark.
pub(crate) fn run(runs: usize) -> anyhow::Result<Findings> {
    let dir = tempfile::tempdir()?;
    let usr = dir.path().join("usr.tar");
    tar_of_usr(&usr)?;
    let mut findings = Findings::default();
    for codec in &CODECS {
        compare(&mut findings, codec, &usr, dir.path(), runs)?;
    }
    findings.notes.push(
        "Rates are unpacked bytes a second of `gzip -dc` and `zstd -dc` to /dev/null, files in the page cache. The \
         realistic layers have the ratio that the sample of /usr has under the same compressor."
            .to_owned(),
    );
    Ok(findings)
}

fn compare(
    findings: &mut Findings,
    codec: &Codec,
    usr: &Path,
    dir: &Path,
    runs: usize,
) -> anyhow::Result<()> {
    let Codec { name, level } = codec;
    let usr_blob = compress(codec, usr)?;
    let ratio = fs::metadata(usr)?.len() as f64 / fs::metadata(&usr_blob)?.len() as f64;
    let ours = layer(codec, ratio, dir)?;
    let tar = decompress(codec, &ours)?;
    let again = compress(codec, &tar)?;

    let figure = |what: &str| Figure::new(format!("{name} -dc of {what}"), "MB/s");
    let (mut theirs, mut stored) = (
        figure("a tar of /usr"),
        figure("a realistic layer as stored"),
    );
    let mut recompressed = figure(&format!("a realistic layer's tar after {name} -{level}"));
    for _ in 0..runs {
        theirs
            .values
            .push(rate(codec, &usr_blob, fs::metadata(usr)?.len())?);
        stored
            .values
            .push(rate(codec, &ours, fs::metadata(&tar)?.len())?);
        recompressed
            .values
            .push(rate(codec, &again, fs::metadata(&tar)?.len())?);
    }
    for (figure, what) in [(&stored, "as stored"), (&recompressed, "recompressed")] {
        let ratio = figure.ratio(&theirs, format!("{name}: {what} / usr"));
        let median = ratio.median()?;
        let promise = format!("{name}, {what}: within 25 % of /usr's speed (|1 - ratio|)");
        findings
            .targets
            .push(Target::at_most(promise, 0.25, (1.0 - median).abs()));
        findings.figures.push(ratio);
    }
    let unpacked_ratio = |path: &Path| -> anyhow::Result<f64> {
        Ok(fs::metadata(&tar)?.len() as f64 / fs::metadata(path)?.len() as f64)
    };
    findings.notes.push(format!(
        "{name} -{level}: /usr's ratio {ratio:.3}, ours as stored {:.3}, recompressed {:.3}.",
        unpacked_ratio(&ours)?,
        unpacked_ratio(&again)?
    ));
    findings.figures.extend([theirs, stored, recompressed]);
    fs::remove_file(tar)?;
    Ok(())
}

/// Makes a one-layer image of realistic content and returns the layer's blob.
fn layer(codec: &Codec, ratio: f64, dir: &Path) -> anyhow::Result<PathBuf> {
    let path = dir.join(format!("layout-{}", codec.name));
    let sizes = format!(
        "sizes: [{{total: {SAMPLE_BYTES}}}]\nlayers: [{{exact: 1}}]\nmeasure: unpacked\nratio: {ratio}\n\
         content: realistic\ncompression: {}\nlevel: {}\nfiles: {{per_layer: 20000, sizes: lognormal}}\n",
        codec.name, codec.level
    );
    into_layout(&sizes, &path)?;
    let layout = Layout::open(&path)?;
    let entry = layout.images()?.pop().context("the layout has no image")?;
    let image = layout.image(&entry.descriptor, &Platform::linux_amd64())?;
    Ok(layout.blob_path(&image.layers()[0].digest()))
}

/// Archives a sample of the regular files below /usr, chosen by a hash of their paths, so that every part of the tree
/// is in it.
fn tar_of_usr(target: &Path) -> anyhow::Result<()> {
    let list = target.with_extension("list");
    let find = Command::new("find")
        .args(["/usr", "-xdev", "-type", "f", "-printf", "%s %p\\n"])
        .output()?;
    let text = String::from_utf8_lossy(&find.stdout).into_owned();
    let mut files: Vec<(u32, u64, &str)> = text.lines().filter_map(listed).collect();
    files.sort_unstable();
    let mut total = 0;
    let chosen = files.iter().take_while(|(_, bytes, _)| {
        total += bytes;
        total < SAMPLE_BYTES
    });
    let mut paths: Vec<&str> = chosen.map(|(_, _, path)| *path).collect();
    paths.sort_unstable();
    fs::write(&list, paths.join("\n"))?;
    let mut tar = Command::new("tar");
    tar.args(["--create", "--files-from"])
        .arg(&list)
        .arg("--file")
        .arg(target)
        .stderr(Stdio::null());
    succeed(&mut tar)
}

fn listed(line: &str) -> Option<(u32, u64, &str)> {
    let (bytes, path) = line.split_once(' ')?;
    let hash = path.bytes().fold(2_166_136_261_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(16_777_619)
    });
    Some((hash, bytes.parse().ok()?, path))
}

fn compress(codec: &Codec, path: &Path) -> anyhow::Result<PathBuf> {
    let target = path.with_extension(format!("tar.{}", codec.name));
    let mut command = Command::new(codec.name);
    command
        .arg(format!("-{}", codec.level))
        .arg("-c")
        .arg(path)
        .stdout(File::create(&target)?);
    succeed(&mut command)?;
    Ok(target)
}

fn decompress(codec: &Codec, path: &Path) -> anyhow::Result<PathBuf> {
    let target = path
        .parent()
        .context("a blob has a folder")?
        .join(format!("{}.tar", codec.name));
    let mut command = Command::new(codec.name);
    command
        .arg("-dc")
        .stdin(File::open(path)?)
        .stdout(File::create(&target)?);
    succeed(&mut command)?;
    Ok(target)
}

/// Returns unpacked megabytes a second.
fn rate(codec: &Codec, path: &Path, unpacked_bytes: u64) -> anyhow::Result<f64> {
    let mut command = Command::new(codec.name);
    command
        .arg("-dc")
        .stdin(File::open(path)?)
        .stdout(Stdio::null());
    let start = Instant::now();
    succeed(&mut command)?;
    Ok(unpacked_bytes as f64 / start.elapsed().as_secs_f64() / 1e6)
}

fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let status = command
        .status()
        .with_context(|| format!("failed to run {}", command.get_program().display()))?;
    if !status.success() {
        bail!("{} failed: {status}", command.get_program().display());
    }
    Ok(())
}
