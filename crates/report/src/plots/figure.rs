//! A finished picture, and what it is written as.

use kuva::backend::svg::SvgBackend;
use kuva::render::render::Scene;

use super::canvas::FONTS;

/// An alternative text of more letters is no alternative to a picture.
const MAX_ALT: usize = 400;

/// A picture that is ready to be written.
///
/// The same data gives the same bytes.
#[derive(Debug)]
pub struct Figure {
    scene: Scene,
    title: String,
    description: String,
}

impl Figure {
    pub(super) fn new(scene: Scene, title: String, description: String) -> Self {
        Self {
            scene,
            title,
            description,
        }
    }

    /// Returns what stands above the picture.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Returns what the picture shows, in a sentence: the text for those who do not see it.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Returns the start of the [description](Self::description), some 400 letters at most, for an attribute `alt`:
    /// kind, axes and the first figures, cut between two of them.
    #[must_use]
    pub fn alt(&self) -> String {
        let Some((end, _)) = self.description.char_indices().nth(MAX_ALT) else {
            return self.description.clone();
        };
        let start = &self.description[..end];
        let cut = start.rfind("; ").or_else(|| start.rfind(' '));
        format!("{}; …", &start[..cut.unwrap_or(end)])
    }

    /// Returns the picture as one SVG element, to be written to a file or put into a page.
    ///
    /// It asks for common fonts, holds no script, and scales with the page. Its parts carry their exact
    /// values as tooltips.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let svg = SvgBackend::new().render_scene(&self.scene);
        // kuva writes width and height only; without a view box a page cannot scale the picture.
        let Scene { width, height, .. } = self.scene;
        let label = escaped(&self.description);
        let start =
            format!("<svg role=\"img\" aria-label=\"{label}\" viewBox=\"0 0 {width} {height}\" ");
        svg.replacen("<svg ", &start, 1)
    }

    /// Returns the picture as an SVG element for a page of HTML that has [`Figure::stylesheet`] in it.
    ///
    /// Unlike [`Figure::to_svg`] it has no ground of its own, no style, and no size but that of its view box, so that it is
    /// as wide as the page lets it. Its colours are the same: the style sheet makes those for dark pages of them.
    ///
    /// `prefix` is what the one id in it begins with, that of its description: `prefix-desc`. A page gives each of
    /// its figures another.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_report::{BoxPlot, Figure, PullTimes};
    ///
    /// let row = PullTimes { label: "app:1".into(), nodes: None, seconds: vec![1.0, 2.0] };
    /// let figure = BoxPlot::new("Pull times").draw(&[row])?;
    /// let style = Figure::stylesheet();
    /// let page = format!("<style>{style}</style>{}", figure.to_inline_svg("times"));
    /// assert!(page.contains("<desc id=\"times-desc\">Pull times. Box plot"));
    /// # Ok::<(), pullstudy_report::BoxPlotError>(())
    /// ```
    #[must_use]
    pub fn to_inline_svg(&self, prefix: &str) -> String {
        let svg = SvgBackend::new().render_scene(&self.scene);
        let Scene { width, height, .. } = self.scene;
        let (prefix, title) = (escaped(prefix), escaped(&self.title));
        let start = format!(
            "<svg class=\"figure\" role=\"group\" aria-label=\"{title}\" aria-describedby=\"{prefix}-desc\" \
             viewBox=\"0 0 {width} {height}\" style=\"--figure-width:{width}px\" \
             xmlns=\"http://www.w3.org/2000/svg\" font-family=\"{FONTS}\">\
             <desc id=\"{prefix}-desc\">{}</desc>",
            escaped(&self.alt())
        );
        let (head, body) = svg.split_once("</defs>").unwrap_or_else(|| {
            let end = svg.find('>').map_or(0, |end| end + 1);
            svg.split_at(end)
        });
        debug_assert!(!head.contains("<text"), "{head}");
        format!("{start}{body}")
    }

    /// Returns the style sheet of the figures in a page, which a page has once.
    ///
    /// Figures are as wide as they were drawn, and narrower where the page is. They are dark where the reader's
    /// system is, unless the page's root has `data-theme="light"`, and where it has `data-theme="dark"`; on paper
    /// they are always light. Colours for dark pages were chosen on `#14181d`; each is a custom property named after the
    /// light one, as `--figure-1f2933`, for pages that want another.
    #[must_use]
    pub fn stylesheet() -> String {
        super::theme::stylesheet()
    }

    /// Returns the picture as a PNG file; at scale 1 it has as many pixels as the SVG is wide, 2 suits a
    /// page or a slide.
    ///
    /// Its letters are those of DejaVu Sans, which comes with the feature `png`: a picture needs no font of
    /// the machine, and is the same on every one. Letters that this font has not, as those of
    /// Chinese, are empty boxes.
    ///
    /// # Errors
    ///
    /// [`PngError`](crate::PngError), if the picture would have no pixels at this scale, or far too many.
    #[cfg(feature = "png")]
    pub fn to_png(&self, scale: f64) -> Result<Vec<u8>, super::png::PngError> {
        super::png::encoded(&self.scene, scale)
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
