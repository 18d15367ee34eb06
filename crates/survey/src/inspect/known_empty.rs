//! Layers that are known to hold nothing, without reading them.

use pullstudy_image::{DiffId, Digest};

use crate::survey;

/// Tells whether a layer holds no entry for sure, by its digest or its diff_id.
pub(super) fn is_known_empty(digest: &Digest, diff_id: Option<&DiffId>) -> bool {
    survey::is_known_empty(digest) || diff_id.is_some_and(survey::is_empty_tar)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    /// 1,024 zeros, as BuildKit compresses them, and Docker before: only the time in the header differs.
    const STORED: [&str; 2] = [
        "1f8b08000000000000ff621805a360148c5800080000ffff2eafb5ef00040000",
        "1f8b080000096e8800ff621805a360148c5800080000ffff2eafb5ef00040000",
    ];

    fn bytes(hex: &str) -> Vec<u8> {
        let pairs = hex.as_bytes().chunks(2);
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16);
        pairs.map(|pair| byte(pair).unwrap()).collect()
    }

    #[test]
    fn the_known_layers_are_empty_indeed() {
        for stored in STORED.map(bytes) {
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
