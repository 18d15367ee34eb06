//! A finished picture, and what it is written as.

use kuva::backend::svg::SvgBackend;
use kuva::render::render::Scene;

/// A picture that is ready to be written.
///
/// The same data gives the same bytes.
#[derive(Debug)]
pub struct Figure {
    scene: Scene,
    description: String,
}

impl Figure {
    pub(super) fn new(scene: Scene, description: String) -> Self {
        Self { scene, description }
    }

    /// Returns what the picture shows, in a sentence: the text for those who do not see it.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
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
