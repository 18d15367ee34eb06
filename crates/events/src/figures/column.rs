//! The columns by which pulls are grouped.

use std::str::FromStr;
use std::sync::Arc;

use super::grouping::Grouping;
use super::image_name::ImageName;
use super::key::{Key, KeyValue};
use crate::layout::Layout;
use crate::pull::Pull;

/// A column of pulls.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Column {
    /// Name of the experiment.
    Experiment,
    /// Number of nodes of the cluster.
    Nodes,
    /// Reference of the image.
    Image,
    /// Name of the node.
    Node,
    /// Namespace of the pod.
    Namespace,
    /// Name of the pod.
    Pod,
    /// Name of the container.
    Container,
    /// The log.
    File,
    /// How the pull ended.
    Outcome,
    /// The reference without tag and digest.
    Repository,
    /// The tag, null where there is none.
    Tag,
    /// The last part of the reference's path, with tag and digest.
    Name,
    /// A named part of the layout.
    Named(String),
    /// What a regular expression finds in the image's reference.
    Group(Grouping),
}

/// Why a text names no columns.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ColumnError {
    /// No column has this name.
    #[error("there is no column {name:?}{}; there are {}", nearest_words(nearest.as_deref()), known.join(", "))]
    Unknown {
        /// The name.
        name: String,
        /// The column that may have been meant.
        nearest: Option<String>,
        /// All there are.
        known: Vec<String>,
    },
    /// A column stands there twice.
    #[error("column {name:?} is named twice")]
    Repeated {
        /// The name.
        name: String,
    },
}

fn nearest_words(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!(" (is {nearest:?} meant?)"))
}

/// Columns that every pull has.
const PLAIN: [(&str, Column); 12] = [
    ("experiment", Column::Experiment),
    ("nodes", Column::Nodes),
    ("image", Column::Image),
    ("node", Column::Node),
    ("namespace", Column::Namespace),
    ("pod", Column::Pod),
    ("container", Column::Container),
    ("file", Column::File),
    ("outcome", Column::Outcome),
    ("repository", Column::Repository),
    ("tag", Column::Tag),
    ("name", Column::Name),
];

/// How many letters may be wrong for a name to be meant.
const SLIPS: usize = 2;

impl Column {
    /// Returns the column of a name: one that every pull has, a part of the layout, or a grouping.
    ///
    /// A grouping hides a column of the same name.
    ///
    /// # Errors
    ///
    /// [`ColumnError::Unknown`] names all columns there are, and the one that may have been meant.
    pub fn parse(name: &str, layout: &Layout, groupings: &[Grouping]) -> Result<Self, ColumnError> {
        let group = groupings.iter().find(|grouping| grouping.name() == name);
        if let Some(grouping) = group {
            return Ok(Self::Group(grouping.clone()));
        }
        if let Some((_, column)) = PLAIN.into_iter().find(|(plain, _)| *plain == name) {
            return Ok(column);
        }
        if layout.columns().any(|column| column == name) {
            return Ok(Self::Named(name.to_owned()));
        }
        Err(unknown(name, layout, groupings))
    }

    /// Returns the columns of a list such as `experiment,nodes,image`, in its order.
    ///
    /// # Errors
    ///
    /// [`ColumnError`] for a name that no column has, or that stands there twice.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_events::{Column, Layout};
    ///
    /// let layout: Layout = "{cloud}/{nodes}".parse()?;
    /// let columns = Column::parse_list("cloud,nodes", &layout, &[])?;
    /// assert_eq!(columns, [Column::Named("cloud".to_owned()), Column::Nodes]);
    ///
    /// let error = Column::parse_list("imgae", &layout, &[]).unwrap_err();
    /// assert!(error.to_string().starts_with("there is no column \"imgae\" (is \"image\" meant?); there are"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parse_list(
        list: &str,
        layout: &Layout,
        groupings: &[Grouping],
    ) -> Result<Vec<Self>, ColumnError> {
        let mut columns = Vec::new();
        for name in list.split(',').map(str::trim) {
            let column = Self::parse(name, layout, groupings)?;
            if columns.contains(&column) {
                let name = name.to_owned();
                return Err(ColumnError::Repeated { name });
            }
            columns.push(column);
        }
        Ok(columns)
    }

    /// Returns the column's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::Group(grouping) => grouping.name(),
            _ => {
                let mut plain = PLAIN.iter().filter(|(_, column)| column == self);
                plain.next().map_or("", |(name, _)| name)
            }
        }
    }

    /// Returns the value that a pull has in the column.
    #[must_use]
    pub fn value(&self, pull: &Pull) -> KeyValue {
        let image = || pull.image.as_deref();
        let of_image = |part: fn(ImageName<'_>) -> Option<&str>| {
            KeyValue::from(image().map(ImageName::of).and_then(part))
        };
        match self {
            Self::Experiment => pull.place.experiment.as_deref().into(),
            Self::Nodes => pull.place.nodes.into(),
            Self::Image => (&pull.image).into(),
            Self::Node => (&pull.node).into(),
            Self::Namespace => (&pull.namespace).into(),
            Self::Pod => (&pull.pod).into(),
            Self::Container => (&pull.container).into(),
            Self::File => Some(pull.place.file.as_str()).into(),
            Self::Outcome => Some(pull.outcome.as_str()).into(),
            Self::Repository => of_image(|image| Some(image.repository)),
            Self::Tag => of_image(|image| image.tag),
            Self::Name => of_image(|image| Some(image.name())),
            Self::Named(name) => pull.place.columns.get(name).map(String::as_str).into(),
            Self::Group(grouping) => image().and_then(|image| grouping.value(image)).into(),
        }
    }

    /// Returns the values that a pull has in the columns.
    pub(super) fn key(columns: &[Self], pull: &Pull) -> Key {
        Key(columns.iter().map(|column| column.value(pull)).collect())
    }

    /// Returns the columns' names.
    pub(super) fn names(columns: &[Self]) -> Arc<[String]> {
        columns
            .iter()
            .map(|column| column.name().to_owned())
            .collect()
    }
}

fn unknown(name: &str, layout: &Layout, groupings: &[Grouping]) -> ColumnError {
    let plain = PLAIN.iter().map(|(name, _)| *name);
    let groups = groupings.iter().map(Grouping::name);
    let known: Vec<String> = plain
        .chain(layout.columns())
        .chain(groups)
        .map(str::to_owned)
        .collect();
    let distance = |candidate: &&String| strsim::osa_distance(&name.to_lowercase(), candidate);
    let nearest = known.iter().min_by_key(distance);
    let nearest = nearest
        .filter(|nearest| distance(nearest) <= SLIPS)
        .cloned();
    ColumnError::Unknown {
        name: name.to_owned(),
        nearest,
        known,
    }
}

/// Reads the name of a column of the default layout, without groupings.
impl FromStr for Column {
    type Err = ColumnError;

    fn from_str(name: &str) -> Result<Self, ColumnError> {
        Self::parse(name, &Layout::default(), &[])
    }
}
