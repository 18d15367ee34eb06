//! A layer of an image, read to its end: twice the same, so that the second one meets what the first one put.

#![no_main]

use std::io::{Cursor, Read};

use libfuzzer_sys::fuzz_target;
use pullstudy_image::{BlobSource, Descriptor, Digest, MediaType, SourceError};
use pullstudy_survey::{Code, InspectOptions, find_subjects, inspect};

const BLOCK_BYTES: usize = 512;
const CHECKSUM: std::ops::Range<usize> = 148..156;

/// An image in memory.
struct Image {
    blobs: Vec<(Digest, Vec<u8>)>,
}

impl Image {
    fn put(&mut self, bytes: Vec<u8>) -> (Digest, usize) {
        let (digest, size) = (Digest::of(&bytes), bytes.len());
        self.blobs.push((digest, bytes));
        (digest, size)
    }
}

impl BlobSource for Image {
    fn open(&self, descriptor: &Descriptor) -> Result<Box<dyn Read + Send + '_>, SourceError> {
        let blob = self
            .blobs
            .iter()
            .find(|(digest, _)| *digest == descriptor.digest);
        match blob {
            Some((_, bytes)) => Ok(Box::new(Cursor::new(bytes))),
            None => Err(SourceError::new("memory", descriptor.digest, "not there")),
        }
    }
}

/// Headers would nearly never have the right checksum, and nothing behind it would be tried.
fn with_checksums(mut tar: Vec<u8>) -> Vec<u8> {
    for block in tar.chunks_exact_mut(BLOCK_BYTES) {
        if block[257..262] == *b"ustar" {
            block[CHECKSUM].fill(b' ');
            let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
            block[CHECKSUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
    }
    tar
}

fuzz_target!(|bytes: &[u8]| {
    let mut image = Image { blobs: Vec::new() };
    let (config, config_size) = image.put(b"{}".to_vec());
    let (layer, size) = image.put(with_checksums(bytes.to_vec()));
    let layer = format!(
        r#"{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{layer}","size":{size}}}"#
    );
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{config}","size":{config_size}}},"layers":[{layer},{layer}]}}"#
    );
    let (digest, size) = image.put(manifest.into_bytes());
    let root = Descriptor::new(MediaType::ImageManifest, digest, size as u64);
    let subject = find_subjects(&image, "fuzzed", None, &root, None).remove(0);
    let subject = subject.expect("the documents are as they should be");
    let report = inspect(&subject, Some(&image), &InspectOptions::default()).report;
    assert_eq!(report.layers, 2);
    let rows = &report.layer_rows;
    assert_eq!(rows[0].unpacked_bytes, rows[1].unpacked_bytes);
    let (Some(all), Some(seen), Some(wasted)) = (
        report.unpacked_bytes,
        report.surviving_bytes,
        report.wasted_bytes,
    ) else {
        assert!(report.has_problem(), "what is not known has a reason");
        return;
    };
    let is_refused = report
        .findings
        .iter()
        .any(|one| one.code == Code::UnusableEntry);
    assert!(
        is_refused || all == seen + wasted,
        "{all} = {seen} + {wasted}"
    );
    assert!(all >= seen + wasted);
});
