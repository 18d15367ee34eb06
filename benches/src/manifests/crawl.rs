//! An archive as large as the published study's crawl, made of the forty files of it that are there.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use pullstudy_image::Archive;

/// What the crawl's files had.
const BYTES: u64 = 810_000_000;

const FILE: &str = "manifests-config-layers.json";

/// What stands before the digits of every digest.
const DIGEST: &[u8] = b"\"sha256:";

/// What was written: what a reader must find.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) files: u64,
    pub(super) bytes: u64,
    pub(super) images: u64,
    pub(super) layers: u64,
}

/// Writes the forty files again and again below `folder`, with other digests each time.
pub(super) fn write(folder: &Path) -> anyhow::Result<Written> {
    let sample = sample_folder()?;
    let (images, layers) = counted(&sample)?;
    let mut written = Written::default();
    for copy in 0_u16.. {
        if written.bytes >= BYTES {
            break;
        }
        copy_all(
            &sample,
            &folder.join(format!("copy{copy}")),
            copy,
            &mut written,
        )?;
        written.images += images;
        written.layers += layers;
    }
    Ok(written)
}

fn sample_folder() -> anyhow::Result<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");
    let data = env::var_os("PULLSTUDY_DATA").map_or_else(|| beside.into(), PathBuf::from);
    let sample = data.join("manifests/registry");
    ensure!(
        sample.is_dir(),
        "the study's manifests are not in {}: set PULLSTUDY_DATA",
        sample.display()
    );
    Ok(sample)
}

/// Counts images and layers tag by tag, the other way than what is measured.
fn counted(sample: &Path) -> anyhow::Result<(u64, u64)> {
    let (mut images, mut layers) = (0, 0);
    for repository in Archive::open(sample)?.repositories() {
        let repository = repository?;
        for tag in repository.tags() {
            for image in repository.read(tag).images {
                images += 1;
                layers += image.manifest.layers.len() as u64;
            }
        }
    }
    Ok((images, layers))
}

fn copy_all(from: &Path, to: &Path, copy: u16, written: &mut Written) -> anyhow::Result<()> {
    let entries =
        fs::read_dir(from).with_context(|| format!("failed to read {}", from.display()))?;
    for entry in entries {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy_all(&from, &to, copy, written)?;
        } else if entry.file_name() == FILE {
            let text = with_other_digests(fs::read(&from)?, copy);
            fs::create_dir_all(to.parent().context("a file lies in a folder")?)?;
            fs::write(&to, &text)?;
            written.files += 1;
            written.bytes += text.len() as u64;
        }
    }
    Ok(())
}

/// Replaces the first four digits of each digest, so that no layer is in two copies.
fn with_other_digests(mut text: Vec<u8>, copy: u16) -> Vec<u8> {
    let digits = format!("{copy:04x}");
    let mut from = 0;
    while let Some(found) = find(&text[from..], DIGEST) {
        let start = from + found + DIGEST.len();
        if let Some(place) = text.get_mut(start..start + digits.len()) {
            place.copy_from_slice(digits.as_bytes());
        }
        from = start;
    }
    text
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len())
        .position(|window| window == wanted)
}
