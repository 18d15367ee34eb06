//! Laws: what is printed reads back as it was, and no text makes a parser panic.

use proptest::prelude::*;
use pullstudy_image::{Config, Digest, Document, Platform, Reference, canonical_json};

/// Names that the reference grammar allows, with and without host, port, tag and digest.
const REFERENCE: &str = "((localhost|[a-z]{1,5}\\.io|127\\.0\\.0\\.1)(:[1-9][0-9]{1,3})?/)?\
                         [a-z0-9]{1,8}([._-][a-z0-9]{1,4})?(/[a-z0-9]{1,8})?\
                         (:[A-Za-z0-9_][A-Za-z0-9_.-]{0,20})?(@sha256:[0-9a-f]{64})?";

proptest! {
    #[test]
    fn references_read_back(text in REFERENCE) {
        let reference: Reference = text.parse().unwrap();
        prop_assert_eq!(reference.to_string().parse::<Reference>().unwrap(), reference);
    }

    #[test]
    fn digests_and_platforms_read_back(bytes in any::<[u8; 32]>(), platform in "[a-z]{1,8}/[a-z0-9]{1,8}(/v[0-9])?") {
        let digest = Digest::from_sha256(bytes);
        prop_assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
        prop_assert_eq!(platform.parse::<Platform>().unwrap().to_string(), platform);
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in ".{0,200}") {
        let _ = text.parse::<Reference>();
        let _ = text.parse::<Digest>();
        let _ = text.parse::<Platform>();
        let _ = Document::parse(text.clone().into_bytes());
        let _ = Config::parse(text.into_bytes());
    }

    #[test]
    fn canonical_json_is_a_fixed_point(keys in prop::collection::hash_map("[a-z]{1,4}", any::<u32>(), 0..20)) {
        let once = canonical_json(&keys);
        let again: serde_json::Value = serde_json::from_slice(&once).unwrap();
        prop_assert_eq!(canonical_json(&again), once);
    }
}
