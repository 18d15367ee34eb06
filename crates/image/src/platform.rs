//! `os/architecture[/variant]`.

use std::fmt;
use std::str::FromStr;

use oci_spec::image as spec;

/// What an image runs on, in Go's words: `linux/amd64`, `linux/arm64/v8`.
///
/// # Examples
///
/// ```
/// use pullstudy_image::Platform;
///
/// let platform: Platform = "linux/arm64/v8".parse()?;
/// assert_eq!(platform.architecture, "arm64");
/// assert_eq!(platform.to_string(), "linux/arm64/v8");
/// # Ok::<(), pullstudy_image::ParsePlatformError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform {
    /// GOOS: `linux`, `windows`.
    pub os: String,
    /// GOARCH: `amd64`, `arm64`.
    pub architecture: String,
    /// The variant of the processor, such as `v8`.
    pub variant: Option<String>,
}

/// The text is not `os/architecture` or `os/architecture/variant`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no platform: expected os/architecture, such as linux/amd64")]
#[non_exhaustive]
pub struct ParsePlatformError {
    /// What was given.
    pub text: String,
}

impl Platform {
    /// Returns the platform `linux/amd64`.
    pub fn linux_amd64() -> Self {
        Self {
            os: "linux".into(),
            architecture: "amd64".into(),
            variant: None,
        }
    }

    /// Tells whether an image of platform `other` runs where this one is asked for.
    ///
    /// A variant counts only when both name one: `linux/arm64` is satisfied by `linux/arm64/v8`.
    pub fn accepts(&self, other: &Self) -> bool {
        let variants_differ =
            matches!((&self.variant, &other.variant), (Some(a), Some(b)) if a != b);
        self.os == other.os && self.architecture == other.architecture && !variants_differ
    }

    pub(crate) fn from_spec(platform: &spec::Platform) -> Self {
        Self {
            os: platform.os().to_string(),
            architecture: platform.architecture().to_string(),
            variant: platform.variant().clone(),
        }
    }

    pub(crate) fn to_spec(&self) -> spec::Platform {
        let mut platform = spec::Platform::default();
        platform.set_os(self.os.as_str().into());
        platform.set_architecture(self.architecture.as_str().into());
        platform.set_variant(self.variant.clone());
        platform
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant
            .as_ref()
            .map_or(Ok(()), |variant| write!(f, "/{variant}"))
    }
}

impl FromStr for Platform {
    type Err = ParsePlatformError;

    fn from_str(text: &str) -> Result<Self, ParsePlatformError> {
        let mut parts = text.split('/').map(str::to_owned);
        let (os, architecture, variant) = (parts.next(), parts.next(), parts.next());
        let complete = parts.next().is_none() && text.split('/').all(|part| !part.is_empty());
        match (os, architecture) {
            (Some(os), Some(architecture)) if complete => Ok(Self {
                os,
                architecture,
                variant,
            }),
            _ => Err(ParsePlatformError {
                text: text.to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_narrows_only_when_both_have_one() {
        let [plain, v8, v7]: [Platform; 3] =
            ["linux/arm64", "linux/arm64/v8", "linux/arm64/v7"].map(|text| text.parse().unwrap());
        assert!(plain.accepts(&v8) && v8.accepts(&plain) && !v7.accepts(&v8));
    }

    #[test]
    fn half_a_platform_is_refused() {
        for text in ["", "linux", "linux/", "/amd64", "linux/arm64/v8/x"] {
            assert!(text.parse::<Platform>().is_err(), "{text}");
        }
    }

    #[test]
    fn unknown_architectures_survive_the_spec_types() {
        let platform: Platform = "linux/quantum64".parse().unwrap();
        assert_eq!(Platform::from_spec(&platform.to_spec()), platform);
    }
}
