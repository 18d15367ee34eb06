//! One page that shows a study: sections of text, facts, tables and figures, as HTML that needs nothing else, or as Markdown.

mod definition;
mod escape;
mod fact;
mod html;
mod markdown;
mod page_figure;
mod page_table;
mod section;
mod verdict;

pub use definition::Definition;
pub use fact::Fact;
pub use page_figure::PageFigure;
pub use page_table::PageTable;
pub(crate) use page_table::{Cell, Heading};
pub use section::Section;
pub use verdict::{Verdict, VerdictKind};

use std::collections::BTreeSet;

/// A page: what it is about, sections, and what their words mean.
///
/// Ids of sections, tables, figures and definitions become anchors; each is to be given once on a page, of lower case
/// letters, digits and hyphens. The page is a pure function of what it is given: the same sections, the same bytes.
///
/// # Examples
///
/// ```
/// use pullstudy_report::{Definition, Fact, Page, Section};
///
/// let pulls = Fact::new("pulls", "1,536").exact("1536").defined_by("pull");
/// let page = Page::new("Run of 22 November")
///     .section(Section::new("at-a-glance", "At a glance").facts(vec![pulls]))
///     .definition(Definition::new("pull", "pull", "One container of one pod that wants one image once."));
/// let html = page.to_html();
/// assert!(html.starts_with("<!doctype html>"));
/// assert!(html.contains(r##"<a href="#def-pull">"##));
/// assert!(page.to_markdown().contains("- pulls: 1,536"));
/// ```
#[derive(Debug, Default)]
pub struct Page {
    pub(super) title: String,
    pub(super) lead: Vec<String>,
    pub(super) verdict: Option<Verdict>,
    pub(super) sections: Vec<Section>,
    pub(super) definitions: Vec<Definition>,
    pub(super) footer: String,
}

impl Page {
    /// Starts a page without sections.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            ..Self::default()
        }
    }

    /// Adds a paragraph below the title.
    #[must_use]
    pub fn lead(mut self, text: impl Into<String>) -> Self {
        self.lead.push(text.into());
        self
    }

    /// Says first what came out of a comparison.
    #[must_use]
    pub fn verdict(mut self, verdict: Verdict) -> Self {
        self.verdict = Some(verdict);
        self
    }

    /// Adds a section. One without content is left out of the page.
    #[must_use]
    pub fn section(mut self, section: Section) -> Self {
        if !section.is_empty() {
            self.sections.push(section);
        }
        self
    }

    /// Says what a word means. It stands at the end of the page; facts and headings of tables link to it by its id.
    #[must_use]
    pub fn definition(mut self, definition: Definition) -> Self {
        self.definitions.push(definition);
        self
    }

    /// Ends the page with a line, for example which version of which program wrote it.
    #[must_use]
    pub fn footer(mut self, text: impl Into<String>) -> Self {
        self.footer = text.into();
        self
    }

    /// Returns the ids of definitions that facts and tables refer to, and that were not given. Their links are left out.
    #[must_use]
    pub fn missing_definitions(&self) -> BTreeSet<&str> {
        let mut used: BTreeSet<&str> = self.sections.iter().flat_map(Section::terms).collect();
        for definition in &self.definitions {
            used.remove(definition.id());
        }
        used
    }

    /// Renders the page as one HTML document with its styles, its script and its figures in it.
    ///
    /// It loads nothing, and its content security policy lets it load nothing. All of it can be read without the script, which
    /// sorts, filters and downloads.
    #[must_use]
    pub fn to_html(&self) -> String {
        html::rendered(self)
    }

    /// Renders the page as GitHub-flavoured Markdown, for a comment on a change: the verdict first, figures as their
    /// descriptions, definitions of the words that are used folded away.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        markdown::rendered(self)
    }

    pub(super) fn defines(&self, id: &str) -> bool {
        self.definitions
            .iter()
            .any(|definition| definition.id() == id)
    }
}
