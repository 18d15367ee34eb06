//! The name of a base image: built in, in a layout, or in a registry.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use pullstudy_image::{ParseReferenceError, Reference};

/// Where the first layers of an image come from.
///
/// `builtin` is a program that ends with status 0 at once; a text that starts with `/`, `./`, `../` or `oci:` is a
/// layout, with `:TAG` at its end where the layout holds several images; anything else is a reference.
///
/// # Examples
///
/// ```
/// use pullstudy_crafter::BaseName;
///
/// assert_eq!("builtin".parse::<BaseName>()?, BaseName::Builtin);
/// assert_eq!(
///     "oci:bases:12-slim".parse::<BaseName>()?,
///     BaseName::Layout { path: "bases".into(), tag: Some("12-slim".into()) }
/// );
/// assert!(matches!("debian:12".parse()?, BaseName::Reference(_)));
/// # Ok::<(), pullstudy_crafter::ParseBaseNameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BaseName {
    /// The crate's own program. It is no layer of its own: it lies in the first one.
    Builtin,
    /// An image of an OCI layout.
    Layout {
        /// The folder, as written.
        path: PathBuf,
        /// Which image, where there are several.
        tag: Option<String>,
    },
    /// An image of a registry.
    Reference(Reference),
}

/// A text that names no base.
#[derive(Debug, thiserror::Error)]
#[error(
    "{text:?} names no base: write builtin, a layout such as ./base or oci:base:12, or a reference such as debian:12"
)]
#[non_exhaustive]
pub struct ParseBaseNameError {
    /// What was given.
    pub text: String,
    /// What is wrong with it as a reference.
    pub source: ParseReferenceError,
}

impl FromStr for BaseName {
    type Err = ParseBaseNameError;

    fn from_str(text: &str) -> Result<Self, ParseBaseNameError> {
        if text == "builtin" {
            return Ok(Self::Builtin);
        }
        if let Some(rest) = text.strip_prefix("oci:") {
            return Ok(layout(rest));
        }
        if is_path(text) {
            return Ok(layout(text));
        }
        text.parse()
            .map(Self::Reference)
            .map_err(|source| ParseBaseNameError {
                text: text.to_owned(),
                source,
            })
    }
}

/// Tells whether a text can be nothing but a path.
fn is_path(text: &str) -> bool {
    let starts = ["/", "./", "../"];
    starts.iter().any(|start| text.starts_with(start))
}

/// Splits `DIR:TAG`; a colon before the last slash belongs to the folder.
fn layout(text: &str) -> BaseName {
    match text.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => BaseName::Layout {
            path: path.into(),
            tag: Some(tag.to_owned()),
        },
        _ => BaseName::Layout {
            path: text.into(),
            tag: None,
        },
    }
}

impl fmt::Display for BaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builtin => f.write_str("builtin"),
            Self::Layout { path, tag } => {
                let path = path.display().to_string();
                let scheme = if is_path(&path) { "" } else { "oci:" };
                write!(f, "{scheme}{path}")?;
                tag.iter().try_for_each(|tag| write!(f, ":{tag}"))
            }
            Self::Reference(reference) => reference.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `oci:builtin` was shown as `builtin`, and `oci:base:12` as an image of a registry. Found by the fuzz target names.
    #[test]
    fn a_layout_is_shown_as_one() {
        for text in ["oci:builtin", "oci:base:12", "./base", "/bases:12-slim"] {
            let name: BaseName = text.parse().unwrap();
            assert!(matches!(name, BaseName::Layout { .. }), "{text}");
            assert_eq!(name.to_string(), text);
        }
    }
}
