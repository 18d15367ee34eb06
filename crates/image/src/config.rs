//! The image config: what the image runs, and the diff_ids of its layers.

use oci_spec::image as spec;

use crate::{DiffId, ParseDigestError, Platform};

/// An image config with its raw bytes.
///
/// # Source
///
/// OCI image-spec 1.1, config.md.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    raw: Vec<u8>,
    value: spec::ImageConfiguration,
    diff_ids: Vec<DiffId>,
}

/// Why bytes are no image config.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParseConfigError {
    /// They are not the JSON of an image config.
    #[error("not a valid image config")]
    Json {
        /// What the JSON reader stumbled on.
        source: serde_json::Error,
    },
    /// A diff_id in them is no digest.
    #[error("diff_id {position} of the image config is unusable")]
    DiffId {
        /// Counted from 0.
        position: usize,
        /// What is wrong with it.
        source: ParseDigestError,
    },
}

impl Config {
    /// Makes a config from `oci-spec`'s. Its bytes depend on the argument alone.
    ///
    /// # Errors
    ///
    /// [`ParseConfigError::DiffId`] when a diff_id in it is no digest.
    pub fn new(value: spec::ImageConfiguration) -> Result<Self, ParseConfigError> {
        Self::typed(crate::canonical_json(&value), value)
    }

    /// Reads a config and keeps its bytes.
    ///
    /// # Errors
    ///
    /// [`ParseConfigError`] when the bytes are no image config.
    pub fn parse(raw: Vec<u8>) -> Result<Self, ParseConfigError> {
        let value =
            serde_json::from_slice(&raw).map_err(|source| ParseConfigError::Json { source })?;
        Self::typed(raw, value)
    }

    fn typed(raw: Vec<u8>, value: spec::ImageConfiguration) -> Result<Self, ParseConfigError> {
        let diff_ids = value.rootfs().diff_ids().iter().enumerate();
        let diff_ids = diff_ids
            .map(|(position, text)| {
                text.parse()
                    .map_err(|source| ParseConfigError::DiffId { position, source })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            raw,
            value,
            diff_ids,
        })
    }

    /// Returns the bytes as they were read or will be stored.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Returns the diff_ids of the layers, first to last.
    pub fn diff_ids(&self) -> &[DiffId] {
        &self.diff_ids
    }

    /// Returns what the image runs on.
    pub fn platform(&self) -> Platform {
        Platform {
            os: self.value.os().to_string(),
            architecture: self.value.architecture().to_string(),
            variant: self.value.variant().clone(),
        }
    }

    /// Returns a label of the image.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.value.labels_of_config()?.get(key).map(String::as_str)
    }

    /// Returns all the config says, as `oci-spec` has it.
    pub fn spec(&self) -> &spec::ImageConfiguration {
        &self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diff_ids_are_typed_and_a_broken_one_is_named() {
        let text = |diff_id: &str| {
            format!(
                r#"{{"architecture":"amd64","os":"linux","rootfs":{{"type":"layers","diff_ids":["{diff_id}"]}}}}"#
            )
        };
        let diff_id = DiffId::of(b"tar");
        let config = Config::parse(text(&diff_id.to_string()).into()).unwrap();
        assert_eq!(config.diff_ids(), [diff_id]);
        assert_eq!(config.platform().to_string(), "linux/amd64");
        let error = Config::parse(text("sha256:short").into()).unwrap_err();
        assert!(error.to_string().contains("diff_id 0"), "{error}");
    }
}
