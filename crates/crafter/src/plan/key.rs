//! Where a layer's randomness comes from.

use pullstudy_image::{Digest, Platform};

use crate::LayerKey;

/// What makes a layer unlike all others of a set.
pub(super) enum Identity<'a> {
    /// A layer of one image, known by its tag.
    Own {
        /// The image's tag.
        tag: &'a str,
        /// Counted from 0, base layers included.
        index: u64,
    },
    /// A layer that several images list by this name.
    Named {
        /// The name.
        name: &'a str,
    },
    /// A layer that all images of the set have.
    Shared {
        /// Counted from 0.
        index: u64,
    },
}

/// Derives the key of a layer: SHA-256 over a name of this scheme, the seed, the platform and the identity.
///
/// Each text is preceded by its length, so that no two layers feed the hash the same bytes.
pub(super) fn derive(seed: u64, platform: &Platform, identity: &Identity<'_>) -> LayerKey {
    let mut input = b"pullstudy layer key 1\0".to_vec();
    input.extend(seed.to_le_bytes());
    push_text(&mut input, &platform.to_string());
    match identity {
        Identity::Own { tag, index } => {
            input.push(0);
            push_text(&mut input, tag);
            input.extend(index.to_le_bytes());
        }
        Identity::Named { name } => {
            input.push(2);
            push_text(&mut input, name);
        }
        Identity::Shared { index } => {
            input.push(1);
            input.extend(index.to_le_bytes());
        }
    }
    let digest = Digest::of(&input);
    LayerKey::new(
        digest
            .as_bytes()
            .try_into()
            .expect("a SHA-256 has 32 bytes"),
    )
}

fn push_text(input: &mut Vec<u8>, text: &str) {
    input.extend((text.len() as u64).to_le_bytes());
    input.extend(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn everything_that_names_a_layer_changes_its_key() {
        let amd64 = Platform::linux_amd64();
        let arm64: Platform = "linux/arm64".parse().unwrap();
        let own = |tag, index| Identity::Own { tag, index };
        let keys = [
            derive(1, &amd64, &own("a", 0)),
            derive(2, &amd64, &own("a", 0)),
            derive(1, &arm64, &own("a", 0)),
            derive(1, &amd64, &own("b", 0)),
            derive(1, &amd64, &own("a", 1)),
            derive(1, &amd64, &Identity::Shared { index: 0 }),
            derive(1, &amd64, &Identity::Shared { index: 1 }),
            derive(1, &amd64, &Identity::Named { name: "a" }),
            derive(1, &amd64, &Identity::Named { name: "b" }),
        ];
        let distinct: BTreeSet<_> = keys.iter().map(LayerKey::as_bytes).collect();
        assert_eq!(distinct.len(), keys.len());
    }
}
