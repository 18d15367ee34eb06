//! What the folders of a log say of it, by a pattern of named parts.

mod nearest;
mod parse;
mod part;

use std::fmt;
use std::path::{Component, Path};
use std::str::FromStr;

pub use parse::ParseLayoutError;

use crate::Place;
use part::{Captured, Part};

/// Where logs lie, as a pattern of folders such as `{experiment}/{nodes}`, the default.
///
/// The parts of the pattern are set against the last folders of a path; one whose last part has a literal dot, or
/// begins with `events`, against the last folders and the name of the file. In a part, literal text stands for itself, `{name}` takes at least one
/// character, and `*` any number, to no name; where a part can be split in several ways, what stands first takes
/// as little as it can.
///
/// `nodes` is the number of nodes: it takes the digits of what it matches, which must be one run of them
/// (`size128` is 128). `experiment` is the experiment's name; every other name becomes a column.
///
/// # Examples
///
/// ```
/// use std::path::Path;
/// use pullstudy_events::Layout;
///
/// let place = Layout::default().fit(Path::new("/data/run1/16/events-1.json")).expect("it fits");
/// assert_eq!((place.experiment.as_deref(), place.nodes), (Some("run1"), Some(16)));
///
/// let layout: Layout = "{cloud}/{nodes}-nodes/*".parse()?;
/// let place = layout.fit(Path::new("/data/aws/8-nodes/first/events.json")).expect("it fits");
/// assert_eq!(place.columns["cloud"], "aws");
/// # Ok::<(), pullstudy_events::ParseLayoutError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    parts: Vec<Part>,
}

impl Layout {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// [`ParseLayoutError`] says what is wrong with the pattern.
    pub fn parse(pattern: &str) -> Result<Self, ParseLayoutError> {
        parse::parts(pattern).map(|parts| Self { parts })
    }

    /// Returns the names that become columns, in the pattern's order: all but `experiment` and `nodes`.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let names = self.parts.iter().flat_map(Part::names);
        names.filter(|name| !matches!(*name, part::EXPERIMENT | part::NODES))
    }

    /// Returns what the place of a file says, with `path` as the name of the file; `None` where the pattern
    /// does not fit.
    ///
    /// Only the folders that the path names are seen: give an absolute path.
    #[must_use]
    pub fn fit(&self, path: &Path) -> Option<Place> {
        let mut place = Place::new(path.display().to_string());
        for (name, value) in self.captures(path)? {
            match name {
                part::EXPERIMENT => place.experiment = Some(value.to_owned()),
                part::NODES => place.nodes = part::only_number(value),
                _ => {
                    place.columns.insert(name.to_owned(), value.to_owned());
                }
            }
        }
        Some(place)
    }

    /// Returns the nearest pattern that fits a path which this one does not fit, to be named in an error.
    ///
    /// It is reached by dropping parts at the front, the text around a name, by `*` between parts or in the place of
    /// one, and keeps as many names as it can. Where no name would be left, it is what is nearest to the default; `None`
    /// where not even that fits, as with a path of one name.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::path::Path;
    /// use pullstudy_events::Layout;
    ///
    /// let path = Path::new("/data/run1/16/first/events.json");
    /// let nearest = Layout::default().nearest(path).expect("there is one");
    /// assert_eq!(nearest.to_string(), "{experiment}/{nodes}/*");
    /// ```
    #[must_use]
    pub fn nearest(&self, path: &Path) -> Option<Self> {
        nearest::nearest(self, path)
    }

    fn captures<'a>(&'a self, path: &'a Path) -> Option<Vec<Captured<'a>>> {
        let mut names = texts(path)?;
        if !self.parts.last().is_some_and(Part::is_of_file) {
            names.pop();
        }
        self.captures_at_end(&names)
    }

    fn captures_at_end<'a>(&'a self, names: &[&'a str]) -> Option<Vec<Captured<'a>>> {
        let start = names.len().checked_sub(self.parts.len())?;
        let mut captures = Vec::new();
        for (part, name) in self.parts.iter().zip(&names[start..]) {
            part.capture(name, &mut captures)?;
        }
        Some(captures)
    }
}

/// The folders and the file of a path; `None` where a name is not UTF-8.
fn texts(path: &Path) -> Option<Vec<&str>> {
    let name = |component| match component {
        Component::Normal(name) => Some(name.to_str()),
        _ => None,
    };
    path.components().filter_map(name).collect()
}

/// `{experiment}/{nodes}`.
impl Default for Layout {
    fn default() -> Self {
        Self::parse("{experiment}/{nodes}").expect("the pattern is well formed")
    }
}

impl FromStr for Layout {
    type Err = ParseLayoutError;

    fn from_str(pattern: &str) -> Result<Self, ParseLayoutError> {
        Self::parse(pattern)
    }
}

/// Prints the pattern.
impl fmt::Display for Layout {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.parts.iter().map(Part::to_string).collect();
        formatter.pad(&parts.join("/"))
    }
}
