//! Images as they are named on the command line: in a layout, or in a registry.

use std::path::{Path, PathBuf};

use pullstudy_image::{ParseReferenceError, Reference};

use crate::{UsageError, in_words};

/// Where images are, or should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A layout: all of it, or one tag.
    Layout {
        /// The folder.
        path: PathBuf,
        /// The tag.
        tag: Option<String>,
    },
    /// A registry.
    Registry(Reference),
}

impl Place {
    /// Reads an argument: what starts with `/`, `./`, `../` or `oci:` is a layout, the rest a reference.
    ///
    /// # Errors
    ///
    /// [`UsageError`] when the rest is no reference, with the spelling of a folder that is there.
    pub fn parse(text: &str) -> Result<Self, UsageError> {
        let named = text.strip_prefix("oci:");
        let is_path = ["/", "./", "../"]
            .iter()
            .any(|start| text.starts_with(start));
        if named.is_some() || is_path || text == "." || text == ".." {
            return Ok(layout(named.unwrap_or(text)));
        }
        text.parse()
            .map(Self::Registry)
            .map_err(|error: ParseReferenceError| {
                let hint = if Path::new(text).is_dir() {
                    format!("; the layout is written ./{text} or oci:{text}")
                } else {
                    String::new()
                };
                UsageError(format!("{}{hint}", in_words(&error)))
            })
    }
}

/// Takes a folder and a tag apart. A folder whose own name has a colon is believed to be meant if it is there.
fn layout(text: &str) -> Place {
    let name_at = text.rfind('/').map_or(0, |slash| slash + 1);
    let (folders, name) = text.split_at(name_at);
    match name.rsplit_once(':') {
        Some((folder, tag)) if !folder.is_empty() && !Path::new(text).is_dir() => Place::Layout {
            path: PathBuf::from(format!("{folders}{folder}")),
            tag: Some(tag.to_owned()),
        },
        _ => Place::Layout {
            path: text.into(),
            tag: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(path: &str, tag: Option<&str>) -> Place {
        Place::Layout {
            path: path.into(),
            tag: tag.map(str::to_owned),
        }
    }

    #[test]
    fn layouts_start_like_paths() {
        for (text, expected) in [
            ("./crafted", layout("./crafted", None)),
            ("/a/b:1", layout("/a/b", Some("1"))),
            ("../b:1.2-x", layout("../b", Some("1.2-x"))),
            ("oci:crafted", layout("crafted", None)),
            ("oci:crafted:1", layout("crafted", Some("1"))),
            ("oci:/a:b/c", layout("/a:b/c", None)),
        ] {
            assert_eq!(Place::parse(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn the_rest_are_references() {
        let reference = "127.0.0.1:5000/a/b:1";
        let expected = Place::Registry(reference.parse().unwrap());
        assert_eq!(Place::parse(reference).unwrap(), expected);
        let error = Place::parse("Not A Reference").unwrap_err().to_string();
        assert!(
            error.starts_with("\"Not A Reference\" is no image reference"),
            "{error}"
        );
    }
}
