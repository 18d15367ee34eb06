//! A figure with its caption.

use crate::plots::Figure;

/// A figure with its caption, in one or more forms of which one is shown at a time.
///
/// What a screen reader says, and what Markdown shows in its place, is the figure's own description.
#[derive(Debug)]
pub struct PageFigure {
    pub(super) id: String,
    pub(super) caption: String,
    /// A name for each form, and the form. The first is shown first.
    pub(super) forms: Vec<(String, Figure)>,
}

impl PageFigure {
    /// Takes a figure; `form` is its name where there are more, such as `linear`.
    #[must_use]
    pub fn new(
        id: impl Into<String>,
        caption: impl Into<String>,
        form: impl Into<String>,
        figure: Figure,
    ) -> Self {
        Self {
            id: id.into(),
            caption: caption.into(),
            forms: vec![(form.into(), figure)],
        }
    }

    /// Adds another form of it, such as `logarithmic`.
    #[must_use]
    pub fn also(mut self, form: impl Into<String>, figure: Figure) -> Self {
        self.forms.push((form.into(), figure));
        self
    }
}
