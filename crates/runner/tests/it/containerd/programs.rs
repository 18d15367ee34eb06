//! Images of one tiny program each, so that containers can be started without any image from elsewhere.

use std::collections::BTreeMap;

use pullstudy_image::{
    Compression, Config, DiffId, LayoutWriter, Manifest, MediaType, Tag, oci_spec::image as spec,
};

use crate::layouts::{compress, put};
use crate::tars::Tar;

/// `exit(0)`, in the machine's words.
pub(crate) const EXIT_0: &[u8] = &[0xb8, 60, 0, 0, 0, 0xbf, 0, 0, 0, 0, 0x0f, 0x05];

/// `exit(3)`.
pub(crate) const EXIT_3: &[u8] = &[0xb8, 60, 0, 0, 0, 0xbf, 3, 0, 0, 0, 0x0f, 0x05];

/// `pause()`, for ever.
pub(crate) const PAUSE: &[u8] = &[0xb8, 34, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7];

const LOADED_AT: u64 = 0x40_0000;
const HEADERS_BYTES: u64 = 64 + 56;

/// Writes an image whose only file, `/app`, is a program of this code, and which runs it.
pub(crate) fn write_program(writer: &LayoutWriter, reference: &str, code: &[u8]) {
    let machine = std::env::consts::ARCH;
    assert_eq!(machine, "x86_64", "the programs of these tests are for it");
    let tar = Tar::new()
        .entry("app", tar::EntryType::Regular, 0o755, "", &program(code))
        .bytes();
    let stored = compress(&tar, Compression::Gzip);
    let layer = put(writer, Compression::Gzip.layer_media_type(), &stored);
    let mut rootfs = spec::RootFs::default();
    rootfs.set_diff_ids(vec![DiffId::of(&tar).to_string()]);
    let mut run = spec::Config::default();
    run.set_cmd(Some(vec!["/app".to_owned()]));
    let mut config = spec::ImageConfiguration::default();
    config
        .set_rootfs(rootfs)
        .set_architecture("amd64".into())
        .set_os("linux".into())
        .set_config(Some(run));
    let config = Config::new(config).unwrap();
    let config = put(writer, MediaType::ImageConfig, config.raw());
    let manifest = Manifest::new(&config, &[layer], &BTreeMap::new());
    put(writer, MediaType::ImageManifest, manifest.raw());
    let tag = Tag::new(reference.parse().unwrap(), manifest.descriptor());
    writer.put_tags(&[tag]).unwrap();
}

/// An ELF file with one segment: headers, then the code.
fn program(code: &[u8]) -> Vec<u8> {
    let size = HEADERS_BYTES + code.len() as u64;
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(16, 0);
    // An executable for x86_64, version 1.
    file.extend([2, 0, 0x3e, 0, 1, 0, 0, 0]);
    for number in [LOADED_AT + HEADERS_BYTES, 64, 0] {
        file.extend(number.to_le_bytes());
    }
    file.extend([0, 0, 0, 0, 64, 0, 56, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    // One segment to load, to be read and executed.
    file.extend([1, 0, 0, 0, 5, 0, 0, 0]);
    for number in [0, LOADED_AT, LOADED_AT, size, size, 0x1000] {
        file.extend(number.to_le_bytes());
    }
    file.extend(code);
    file
}
