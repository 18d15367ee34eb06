//! Layers that are known to hold nothing, without reading them.

use std::sync::LazyLock;

use pullstudy_image::{DiffId, Digest};

/// 1,024 zeros, as Docker compressed them since 2015, and as BuildKit and Go's gzip do.
const DIGESTS: [&str; 2] = [
    "sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4",
    "sha256:4f4fb700ef54461cfa02571ae0db9a0dc1e0cdb5577484a6d75e68dc38e8acc1",
];

/// Tells whether a layer is one of those that hold no entry, by its digest or its diff_id.
pub(super) fn is_known_empty(digest: &Digest, diff_id: Option<&DiffId>) -> bool {
    static EMPTY: LazyLock<(Vec<Digest>, [DiffId; 2])> = LazyLock::new(|| {
        let digests = DIGESTS.iter().filter_map(|text| text.parse().ok());
        // A tar ends with two blocks of zeros; some builders leave even them out.
        let diff_ids = [DiffId::of(&[0; 1024]), DiffId::of(b"")];
        (digests.collect(), diff_ids)
    });
    let (digests, diff_ids) = &*EMPTY;
    digests.contains(digest) || diff_id.is_some_and(|diff_id| diff_ids.contains(diff_id))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    /// What both digests are of: they differ in the header's fields of time and system.
    const STORED: [&str; 2] = [
        "1f8b080000096e8800ff621805a360148c5800080000ffff2eafb5ef00040000",
        "1f8b08000000000000ff621805a360148c5800080000ffff2eafb5ef00040000",
    ];

    fn bytes(hex: &str) -> Vec<u8> {
        let pairs = hex.as_bytes().chunks(2);
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16);
        pairs.map(|pair| byte(pair).unwrap()).collect()
    }

    #[test]
    fn the_known_layers_are_empty_indeed() {
        for (hex, digest) in STORED.iter().zip(DIGESTS) {
            let stored = bytes(hex);
            assert_eq!(Digest::of(&stored).to_string(), digest);
            let mut tar = Vec::new();
            flate2::read::GzDecoder::new(&stored[..])
                .read_to_end(&mut tar)
                .unwrap();
            assert_eq!(tar, [0; 1024]);
            assert!(is_known_empty(&Digest::of(&stored), None));
        }
        assert!(is_known_empty(&Digest::of(b"x"), Some(&DiffId::of(b""))));
        assert!(!is_known_empty(&Digest::of(b"x"), Some(&DiffId::of(b"x"))));
    }
}
