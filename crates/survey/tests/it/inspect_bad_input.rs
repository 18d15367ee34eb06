//! Images that are not what they should be: told, layer by layer, and never a panic.

use proptest::prelude::*;
use pullstudy_image::{Compression, Descriptor, Digest, MediaType};
use pullstudy_survey::find_subjects;
use serde_json::json;
use tar::EntryType;

use crate::made::{LayerTar, Stored, codes, image, image_of, stored};

fn good() -> Stored {
    stored(
        &LayerTar::new().file("good", &[1; 5_000]).bytes(),
        Compression::Gzip,
    )
}

/// Inspects an image whose first layer is given, and its second all right.
fn problem_of(layer: Stored) -> String {
    let image = image_of(&[layer, good()], &json!([]));
    let report = image.deep();
    assert_eq!(report.layer_rows[1].unpacked_bytes, Some(5_000));
    assert_eq!(report.layer_rows[1].problem, None);
    if report.layer_rows[0].unpacked_bytes.is_none() {
        let whole = (report.unpacked_bytes, report.wasted_bytes);
        assert_eq!(
            whole,
            (None, None),
            "half a layer says nothing of the whole"
        );
    }
    report.layer_rows[0].problem.clone().unwrap()
}

/// Stores bytes that are no layer under the digest that they have.
fn as_layer(bytes: Vec<u8>) -> Stored {
    let mut layer = good();
    layer.descriptor.digest = Digest::of(&bytes);
    layer.descriptor.size_bytes = bytes.len() as u64;
    layer.bytes = bytes;
    layer
}

#[test]
fn a_layer_cut_short_is_told() {
    let cut = good().bytes[..40].to_vec();
    let problem = problem_of(as_layer(cut));
    assert!(
        problem.starts_with("the layer cannot be unpacked: "),
        "{problem}"
    );
}

#[test]
fn damage_inside_gzip_is_told() {
    let mut bytes = good().bytes;
    let middle = bytes.len() - 6;
    bytes[middle] ^= 0xff;
    let problem = problem_of(as_layer(bytes));
    assert!(problem.contains("cannot be unpacked"), "{problem}");
}

#[test]
fn other_bytes_than_promised_are_told() {
    let mut layer = good();
    let digest = Digest::of(b"promised");
    layer.descriptor.digest = digest;
    let image = image_of(&[layer], &json!([]));
    let bytes = good().bytes;
    std::fs::write(image.layout.blob_path(&digest), &bytes).unwrap();
    let report = image.deep();
    let problem = report.layer_rows[0].problem.as_ref().unwrap();
    assert!(problem.starts_with("the stored bytes are "), "{problem}");
    assert_eq!(codes(&report)[0], "damaged-layer");
}

#[test]
fn a_missing_layer_stops_no_other() {
    let mut layer = good();
    layer.descriptor.digest = Digest::of(b"nowhere");
    let problem = problem_of(layer);
    assert!(
        problem.starts_with("the layer cannot be had: "),
        "{problem}"
    );
}

#[test]
fn another_tar_than_the_config_says_is_told() {
    let mut layer = good();
    layer.diff_id = pullstudy_image::DiffId::of(b"other");
    let problem = problem_of(layer);
    assert!(problem.contains("the config says"), "{problem}");
}

#[test]
fn a_cut_tar_is_told() {
    let tar = LayerTar::new().file("f", &[1; 9_000]).bytes();
    let problem = problem_of(stored(&tar[..3_000], Compression::Gzip));
    assert!(problem.contains("the tar ends at byte 3000"), "{problem}");
}

#[test]
fn why_a_layer_is_none_is_told_in_words_of_our_own() {
    let text = b"this is no tar".repeat(100);
    let problem = problem_of(stored(&text, Compression::Gzip));
    assert_eq!(
        problem,
        "the layer cannot be unpacked: it is not a tar: it does not begin with a header"
    );
    let problem = problem_of(as_layer([&good().bytes, &b"garbage"[..]].concat()));
    assert!(
        problem.ends_with(": bytes that are no gzip follow its end"),
        "{problem}"
    );
}

#[test]
fn a_pax_header_of_200_megabytes_is_refused_before_it_is_read() {
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(EntryType::XHeader);
    header.set_size(200 << 20);
    header.set_cksum();
    let problem = problem_of(stored(header.as_bytes(), Compression::None));
    assert!(problem.contains("209715200 bytes"), "{problem}");
}

#[test]
fn entries_that_engines_refuse_are_counted() {
    let tar = LayerTar::new()
        .hard_link("link", "nothing")
        .file("d/.wh.", b"")
        .entry(EntryType::GNUSparse, "sparse", "", b"")
        .file("file", b"x")
        .file("file/below", b"yy")
        .symlink("circle", "circle")
        .file("circle/x", b"zzz");
    let report = image(&[tar.bytes()]).deep();
    let told = &report.findings[0];
    assert_eq!(told.code.name(), "unusable-entry");
    assert_eq!(
        told.message,
        "layer 1 has 5 entries that engines refuse, the first \"link\": the hard link's target is not there"
    );
    assert_eq!(report.surviving_bytes, Some(1));
}

#[test]
fn odd_names_are_names() {
    let long = "d/".repeat(40) + "x";
    let tar = LayerTar::new()
        .file("/absolute", b"1")
        .file("../../outside", b"22")
        .file("a/../b/./c", b"333")
        .file(&long, b"4444");
    let mut bytes = tar.bytes();
    // The first name becomes one that is no UTF-8.
    bytes[1] = 0xff;
    let mut header = tar::Header::new_old();
    header.as_mut_bytes().copy_from_slice(&bytes[..512]);
    header.set_cksum();
    bytes[..512].copy_from_slice(header.as_bytes());
    let report = image(&[bytes]).deep();
    assert_eq!(report.surviving_bytes, Some(10));
    assert_eq!(report.layer_rows[0].problem, None);
}

#[test]
fn ten_thousand_layers_are_ten_thousand_rows() {
    let tar = LayerTar::new().file("x", b"y").bytes();
    let mut layers = Vec::new();
    for number in 0..10_000_u64 {
        let mut layer = stored(&tar, Compression::None);
        layer.descriptor.digest = Digest::of(&number.to_le_bytes());
        layers.push(layer);
    }
    let image = image_of(&layers, &json!([]));
    let report = image.shallow();
    assert_eq!(report.layers, 10_000);
    assert!(codes(&report).contains(&"mount-options-too-long"));
}

#[test]
fn sizes_without_measure_do_not_overflow() {
    let layers = [1, 2].map(|number: u64| {
        let mut layer = good();
        layer.descriptor.digest = Digest::of(&number.to_le_bytes());
        layer.descriptor.size_bytes = u64::MAX;
        layer
    });
    let report = image_of(&layers, &json!([])).shallow();
    assert_eq!(report.wire_bytes, None);
    let code = pullstudy_survey::Code::SizeOutOfRange;
    let told = report.findings.iter().filter(|one| one.code == code);
    assert!(told.count() >= 2);
}

#[test]
fn documents_that_are_none_are_named() {
    let image = image(&[LayerTar::new().file("x", b"y").bytes()]);
    let put = |bytes: &[u8]| {
        let digest = Digest::of(bytes);
        std::fs::write(image.layout.blob_path(&digest), bytes).unwrap();
        Descriptor::new(MediaType::ImageManifest, digest, bytes.len() as u64)
    };
    for (bytes, part) in [
        (&b"<html>"[..], "is no image: not a valid JSON document"),
        (b"{}", "is no image"),
        (br#"{"schemaVersion":2,"config":{"mediaType":"a","digest":"sha256:x","size":-1},"layers":[]}"#, "is no image"),
        (br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"a","digest":"x","size":9223372036854775808999},"layers":[]}"#, "is no image"),
    ] {
        let root = put(bytes);
        let found = find_subjects(&image.layout, "made", None, &root, None);
        let [Err(error)] = &found[..] else { panic!("{found:?}") };
        assert!(error.to_string().contains(part), "{error}");
    }
    let mut huge = put(b"{}");
    huge.size_bytes = 1 << 40;
    let found = find_subjects(&image.layout, "made", None, &huge, None);
    assert!(found[0].is_err());
}

#[test]
fn an_index_of_itself_comes_to_an_end() {
    let image = image(&[]);
    // A digest cannot be made to fit its own bytes, so the layout lies about it, and that is found out.
    let digest = Digest::of(b"circle");
    let text = format!(
        r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"{digest}","size":9}}]}}"#
    );
    std::fs::write(image.layout.blob_path(&digest), &text).unwrap();
    let root = Descriptor::new(MediaType::ImageIndex, digest, text.len() as u64);
    let found = find_subjects(&image.layout, "made", None, &root, None);
    let [Err(error)] = &found[..] else {
        panic!("{found:?}")
    };
    assert!(error.to_string().ends_with("cannot be read"), "{error}");
}

#[test]
fn a_platform_that_is_not_there_is_told_with_those_that_are() {
    let image = image(&[]);
    let arm = "linux/arm64".parse().unwrap();
    let found = find_subjects(&image.layout, "made", None, &image.manifest, Some(&arm));
    let [Err(error)] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!(
        error.to_string(),
        "made has no image for linux/arm64; there are: linux/amd64"
    );
}

fn any_layer() -> Vec<u8> {
    LayerTar::new()
        .folder("d")
        .file("d/a", &[1; 700])
        .symlink("l", "d")
        .file("l/b", &[2; 100])
        .hard_link("h", "d/a")
        .file("d/.wh.a", b"")
        .bytes()
}

/// Nobody damages a header and leaves its checksum wrong on purpose: then nothing behind it would be read.
fn with_checksums(tar: &mut [u8]) {
    for block in tar.chunks_exact_mut(512) {
        if block.get(257..262) == Some(b"ustar") {
            let mut header = tar::Header::new_old();
            header.as_mut_bytes().copy_from_slice(block);
            header.set_cksum();
            block.copy_from_slice(header.as_bytes());
        }
    }
}

proptest! {
    #[test]
    fn no_damage_makes_it_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        length in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let mut tar = any_layer();
        for (at, byte) in changes {
            let at = at.index(tar.len());
            tar[at] = byte;
        }
        with_checksums(&mut tar);
        if is_cut {
            tar.truncate(length.index(tar.len()));
        }
        let report = image(&[any_layer(), tar.clone(), tar]).deep();
        if report.unpacked_bytes.is_none() {
            prop_assert!(report.has_problem());
        }
    }
}
