//! Profiles in files: JSON, written whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};

use super::profile::NodeProfile;
use super::term::Term;

/// The version of profiles that this crate writes, and the only one that it reads.
pub(super) const FORMAT_VERSION: u32 = 1;

/// Why a profile could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileFileError {
    /// The system would not let it.
    #[error("failed to use profile {}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no profile.
    #[error("{} is no node profile: pullstat fit writes one", file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// What is wrong, and where.
        source: serde_json::Error,
    },
    /// It was written for another version.
    #[error("{} has format_version {found}, and this program reads {FORMAT_VERSION}: fit it again, or take the program that wrote it", file.display())]
    Version {
        /// The file.
        file: PathBuf,
        /// Its version.
        found: u64,
    },
    /// A number in it cannot be.
    #[error("{} has {what} {value}: rates are positive and finite, so this profile was changed by hand or damaged", file.display())]
    BadNumber {
        /// The file.
        file: PathBuf,
        /// What the number is of.
        what: String,
        /// The number.
        value: f64,
    },
}

impl NodeProfile {
    /// Reads a profile from a file.
    ///
    /// # Errors
    ///
    /// [`ProfileFileError`] that names the file.
    pub fn read(file: impl AsRef<Path>) -> Result<Self, ProfileFileError> {
        let file = file.as_ref();
        let text = fs::read_to_string(file).map_err(|source| ProfileFileError::Io {
            file: file.to_owned(),
            source,
        })?;
        let malformed = |source| ProfileFileError::Malformed {
            file: file.to_owned(),
            source,
        };
        let value: serde_json::Value = serde_json::from_str(&text).map_err(malformed)?;
        // The version first: what another one means by the same keys is not known.
        let version = value
            .get("format_version")
            .and_then(serde_json::Value::as_u64);
        if let Some(found) = version.filter(|&found| found != u64::from(FORMAT_VERSION)) {
            return Err(ProfileFileError::Version {
                file: file.to_owned(),
                found,
            });
        }
        let profile: Self = serde_json::from_value(value).map_err(malformed)?;
        profile.check(file)?;
        Ok(profile)
    }

    /// Returns the profile as it stands in a file.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// let profile = pullstudy_costmodel::NodeProfile::read("n2-standard-8.json")?;
    /// std::fs::write("copy.json", profile.to_json())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self)
            .expect("a profile holds finite numbers and plain keys");
        text.push('\n');
        text
    }

    fn check(&self, file: &Path) -> Result<(), ProfileFileError> {
        let terms = self.terms.iter();
        let unpacked = self.term(Term::UnpackedBytes);
        let unpacked = unpacked.map_or(0.0, |term| term.seconds_per_unit);
        let slopes = terms.map(|term| match term.term {
            // zstd may take less than other bytes, but not less than no time.
            Term::ZstdBytes => (term.term.to_string(), unpacked + term.seconds_per_unit),
            _ => (term.term.to_string(), term.seconds_per_unit),
        });
        let beyond = self.breakpoint.iter();
        let beyond = beyond.map(|found| (format!("{} beyond", found.term), found.seconds_per_unit));
        let bands = self.residuals.iter().flat_map(|band| {
            [band.p5, band.median, band.p95].map(|factor| ("residual factor".to_owned(), factor))
        });
        let of_images = self.images.iter().flat_map(|image| {
            [image.p5, image.median, image.p95].map(|factor| (image.image.clone(), factor))
        });
        let is_bad = |&(_, value): &(String, f64)| !(value.is_finite() && value >= 0.0);
        match slopes
            .chain(beyond)
            .chain(bands)
            .chain(of_images)
            .find(is_bad)
        {
            None => Ok(()),
            Some((what, value)) => Err(ProfileFileError::BadNumber {
                file: file.to_owned(),
                what,
                value,
            }),
        }
    }
}
