//! What a layer will be, in 32 bytes: the name under which a finished layer is remembered.

use std::fmt;
use std::str::FromStr;

use pullstudy_image::{Digest, ParseDigestError, canonical_json};
use serde_json::json;

use crate::{FileSet, FileSizes, LayerRecipe, Program};

/// SHA-256 over everything that decides on a layer's bytes, the crate's version and the compressor's among it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecipeFingerprint(Digest);

impl RecipeFingerprint {
    /// Takes the fingerprint of a recipe.
    pub fn of(recipe: &LayerRecipe) -> Self {
        // Taken apart without `..`, so that a new field cannot be forgotten here.
        let LayerRecipe {
            key,
            program,
            files:
                FileSet {
                    count,
                    sizes,
                    prefix,
                },
            unpacked_bytes,
            wire_bytes,
            content,
            codec,
        } = recipe;
        let value = json!({
            "crafter": env!("CARGO_PKG_VERSION"),
            "key": key.as_bytes(),
            "program": program.map(Program::bytes),
            "count": count,
            "lognormal": *sizes == FileSizes::Lognormal,
            "prefix": prefix,
            "unpacked_bytes": unpacked_bytes,
            "wire_bytes": wire_bytes,
            "content": content.name(),
            "compressor": codec.compressor(),
        });
        Self(Digest::of(&canonical_json(&value)))
    }
}

impl fmt::Display for RecipeFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RecipeFingerprint {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, ParseDigestError> {
        text.parse().map(Self)
    }
}
