//! A part of a page.

use super::{Fact, PageFigure, PageTable};

/// What a section holds, in the order in which it was given.
#[derive(Debug)]
pub(super) enum Block {
    Text(String),
    Facts(Vec<Fact>),
    Table(PageTable),
    Figure(PageFigure),
    Warnings(Vec<String>),
}

/// A part of a page under a heading of its own.
///
/// # Examples
///
/// ```
/// use pullstudy_report::Section;
///
/// let section = Section::new("failures", "Failures")
///     .text("What did not end well, and what waiting for it cost.")
///     .warnings(vec!["2 of 24 pulls have no end".to_owned()]);
/// assert_eq!(section.id(), "failures");
/// ```
#[derive(Debug)]
pub struct Section {
    id: String,
    pub(super) title: String,
    pub(super) blocks: Vec<Block>,
}

impl Section {
    /// Starts a section without content.
    #[must_use]
    pub fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            blocks: Vec::new(),
        }
    }

    /// Returns the id, by which the page's own links find it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Adds a paragraph.
    #[must_use]
    pub fn text(self, text: impl Into<String>) -> Self {
        self.block(Block::Text(text.into()))
    }

    /// Adds numbers with their names. None are nothing.
    #[must_use]
    pub fn facts(self, facts: Vec<Fact>) -> Self {
        if facts.is_empty() {
            return self;
        }
        self.block(Block::Facts(facts))
    }

    /// Adds a table.
    #[must_use]
    pub fn table(self, table: PageTable) -> Self {
        self.block(Block::Table(table))
    }

    /// Adds a figure.
    #[must_use]
    pub fn figure(self, figure: PageFigure) -> Self {
        self.block(Block::Figure(figure))
    }

    /// Adds warnings, a sentence each. None are nothing.
    #[must_use]
    pub fn warnings(self, warnings: Vec<String>) -> Self {
        if warnings.is_empty() {
            return self;
        }
        self.block(Block::Warnings(warnings))
    }

    /// Tells whether it holds nothing but its heading.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    fn block(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    /// The ids of definitions that its facts and tables refer to.
    pub(super) fn terms(&self) -> impl Iterator<Item = &str> {
        self.blocks.iter().flat_map(|block| match block {
            Block::Facts(facts) => facts
                .iter()
                .filter_map(|fact| fact.definition.as_deref())
                .collect(),
            Block::Table(table) => table.terms(),
            _ => Vec::new(),
        })
    }
}
