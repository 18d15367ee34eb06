//! The kubelet's own words for what is wrong with an image.

use std::fmt;

use super::FailureClass;

/// What a container waits for, in `Error: …` of an event `Failed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum PullError {
    /// An attempt failed.
    ErrImagePull,
    /// The kubelet waits before it tries again: a state, not a failure of its own.
    ImagePullBackOff,
    /// The reference cannot be parsed.
    InvalidImageName,
    /// The image is not there, and the pod forbids to pull it.
    ErrImageNeverPull,
    /// The registry does not answer.
    RegistryUnavailable,
    /// The container runtime could not say whether it has the image.
    ImageInspectError,
    /// The image is not signed as the node demands.
    SignatureValidationFailed,
}

impl PullError {
    const ALL: [Self; 7] = [
        Self::ErrImagePull,
        Self::ImagePullBackOff,
        Self::InvalidImageName,
        Self::ErrImageNeverPull,
        Self::RegistryUnavailable,
        Self::ImageInspectError,
        Self::SignatureValidationFailed,
    ];

    /// Returns the kubelet's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ErrImagePull => "ErrImagePull",
            Self::ImagePullBackOff => "ImagePullBackOff",
            Self::InvalidImageName => "InvalidImageName",
            Self::ErrImageNeverPull => "ErrImageNeverPull",
            Self::RegistryUnavailable => "RegistryUnavailable",
            Self::ImageInspectError => "ImageInspectError",
            Self::SignatureValidationFailed => "SignatureValidationFailed",
        }
    }

    /// Returns the class that the word alone implies; `None` where only the message beside it tells.
    #[must_use]
    pub fn class(self) -> Option<FailureClass> {
        match self {
            Self::InvalidImageName => Some(FailureClass::InvalidName),
            Self::RegistryUnavailable => Some(FailureClass::Connection),
            Self::SignatureValidationFailed => Some(FailureClass::Other),
            Self::ErrImagePull
            | Self::ImagePullBackOff
            | Self::ErrImageNeverPull
            | Self::ImageInspectError => None,
        }
    }

    /// Tells whether an attempt to pull came before: not where the name, the pod's policy or the node is at fault.
    #[must_use]
    pub fn is_attempt(self) -> bool {
        matches!(
            self,
            Self::ErrImagePull | Self::RegistryUnavailable | Self::SignatureValidationFailed
        )
    }

    /// Tells whether the word names a state between two attempts, so that nothing failed anew.
    #[must_use]
    pub fn is_state(self) -> bool {
        self == Self::ImagePullBackOff
    }

    /// Recognises the word at the start of a text, alone or with an explanation behind a colon.
    #[must_use]
    pub fn at_start_of(text: &str) -> Option<Self> {
        let word = text.split([':', ' ']).next()?;
        Self::ALL.into_iter().find(|error| error.as_str() == word)
    }
}

impl fmt::Display for PullError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_read_back() {
        for error in PullError::ALL {
            assert_eq!(PullError::at_start_of(error.as_str()), Some(error));
            assert_eq!(
                PullError::at_start_of(&format!("{error}: more")),
                Some(error)
            );
            assert_eq!(PullError::at_start_of(&format!("{error}Not")), None);
        }
        assert_eq!(PullError::at_start_of(""), None);
    }

    #[test]
    fn back_off_is_a_state_and_all_else_a_failure() {
        let states = PullError::ALL.into_iter().filter(|error| error.is_state());
        assert!(states.eq([PullError::ImagePullBackOff]));
    }
}
