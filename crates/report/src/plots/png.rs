//! Figures as pixels.

use std::error::Error;

use kuva::backend::png::PngBackend;
use kuva::render::render::{Primitive, Scene, TextSpan};

/// Pixels of the largest picture: 400 MB of memory.
const MAX_PX: f64 = 1e8;

/// Why a figure is no PNG.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PngError {
    /// No picture can be drawn at this scale.
    #[error(
        "a figure of {width_px} x {height_px} pixels cannot be drawn at scale {scale}: \
         it must have pixels then, and at most {MAX_PX}"
    )]
    Scale {
        /// The figure's width at scale 1.
        width_px: f64,
        /// The figure's height at scale 1.
        height_px: f64,
        /// What was asked for.
        scale: f64,
    },
    /// The pixels could not be encoded.
    #[error("failed to encode the figure")]
    Encode {
        /// What the encoder said.
        source: Box<dyn Error + Send + Sync>,
    },
}

pub(super) fn encoded(scene: &Scene, scale: f64) -> Result<Vec<u8>, PngError> {
    let (width_px, height_px) = (scene.width, scene.height);
    let (width, height) = (width_px * scale, height_px * scale);
    if !(width >= 1.0 && height >= 1.0 && width * height <= MAX_PX) {
        return Err(PngError::Scale {
            width_px,
            height_px,
            scale,
        });
    }
    let backend = PngBackend::new().with_scale(scale as f32);
    let pixels = backend.render_scene(&with_bold_letters(scene));
    pixels.map_err(|message| PngError::Encode {
        source: message.into(),
    })
}

/// kuva's rasteriser draws bold letters only where a text is made of spans.
fn with_bold_letters(scene: &Scene) -> Scene {
    let mut bold = Scene::new(scene.width, scene.height);
    bold.text_color.clone_from(&scene.text_color);
    for element in &scene.elements {
        bold.add(in_spans_if_bold(element));
    }
    bold
}

fn in_spans_if_bold(element: &Primitive) -> Primitive {
    let Primitive::Text {
        x,
        y,
        content,
        size,
        anchor,
        bold: true,
        color,
        ..
    } = element
    else {
        return element.clone();
    };
    // In a span a dollar is a dollar.
    let mut span = TextSpan::plain(content.replace("\\$", "$"));
    span.bold = true;
    Primitive::RichText {
        x: *x,
        y: *y,
        spans: vec![span],
        size: *size,
        anchor: *anchor,
        color: color.clone(),
    }
}
