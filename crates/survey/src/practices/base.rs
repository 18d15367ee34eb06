//! Base images: what stands behind FROM, as far as the file tells.

use pullstudy_image::Reference;

use super::word::Unresolved;

/// What FROM, or `--from`, names, when it is no stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseImage {
    /// As it is written, variables and all.
    pub written: String,
    /// What it comes to with the defaults of the file.
    pub meaning: BaseMeaning,
}

/// What the name of a base image comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BaseMeaning {
    /// An image.
    Image(Reference),
    /// `scratch`: nothing, which is no image.
    Scratch,
    /// It depends on a variable that has no default in the file.
    Unresolved {
        /// The variable, where it is one; otherwise the substitution is not one that is known.
        variable: Option<String>,
    },
    /// It is no reference, such as the gap of a template.
    Invalid,
}

impl BaseImage {
    pub(super) fn of(written: String, expanded: Result<String, Unresolved>) -> Self {
        let meaning = match expanded {
            Ok(name) if name == "scratch" => BaseMeaning::Scratch,
            Ok(name) => name
                .parse()
                .map_or(BaseMeaning::Invalid, BaseMeaning::Image),
            Err(Unresolved::Unset(variable)) => BaseMeaning::Unresolved {
                variable: Some(variable),
            },
            Err(Unresolved::Malformed) => BaseMeaning::Unresolved { variable: None },
        };
        Self { written, meaning }
    }

    /// Returns the image, where it is known.
    #[must_use]
    pub fn reference(&self) -> Option<&Reference> {
        match &self.meaning {
            BaseMeaning::Image(reference) => Some(reference),
            _ => None,
        }
    }

    /// Whether it is one of Docker's official images: a repository of `library` at Docker Hub.
    #[must_use]
    pub fn is_official(&self) -> bool {
        self.reference().is_some_and(is_official)
    }
}

/// Whether an image is one of Docker's official images: a repository of `library` at Docker Hub.
pub(super) fn is_official(reference: &Reference) -> bool {
    reference.registry() == "docker.io" && reference.repository().starts_with("library/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn official_is_what_docker_hub_has_in_its_library() {
        let of = |name: &str| BaseImage::of(name.to_owned(), Ok(name.to_owned()));
        for name in ["ubuntu", "docker.io/library/ubuntu:24.04", "library/python"] {
            assert!(of(name).is_official(), "{name}");
        }
        for name in [
            "rocker/r-ver",
            "ghcr.io/library/ubuntu",
            "scratch",
            "Ubuntu",
        ] {
            assert!(!of(name).is_official(), "{name}");
        }
        assert_eq!(of("scratch").meaning, BaseMeaning::Scratch);
        assert_eq!(of("{{ base }}").meaning, BaseMeaning::Invalid);
    }
}
