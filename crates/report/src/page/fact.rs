//! One number with its name.

/// One number with its name, for people and exact.
///
/// # Examples
///
/// ```
/// use pullstudy_report::Fact;
///
/// let fact = Fact::new("median pull", "12.3 s").exact("12.301").defined_by("pull-seconds");
/// assert_eq!((fact.label(), fact.human()), ("median pull", "12.3 s"));
/// ```
#[derive(Debug, Clone)]
pub struct Fact {
    label: String,
    human: String,
    pub(super) exact: Option<String>,
    pub(super) definition: Option<String>,
}

impl Fact {
    /// Names a number as people read it.
    #[must_use]
    pub fn new(label: impl Into<String>, human: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            human: human.into(),
            exact: None,
            definition: None,
        }
    }

    /// Also tells the number in full.
    #[must_use]
    pub fn exact(mut self, exact: impl Into<String>) -> Self {
        self.exact = Some(exact.into());
        self
    }

    /// Links the name to the definition with this id.
    #[must_use]
    pub fn defined_by(mut self, definition: impl Into<String>) -> Self {
        self.definition = Some(definition.into());
        self
    }

    /// Returns the name.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Returns the number as people read it.
    #[must_use]
    pub fn human(&self) -> &str {
        &self.human
    }
}
