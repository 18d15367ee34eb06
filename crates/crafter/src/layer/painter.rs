//! Content for the holes of a segment.

use super::deflate::Token;
use super::noise::Noise;
use super::recipe::LayerKey;
use super::segment::{Segment, Span};
use super::token_model::TokenModel;
use super::tokenizer::tokenize;

/// What the holes of a segment are filled with, and how the segment is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Noise, and everything stored as it is, headers included: the most a segment can take.
    Stored,
    /// Noise, with the headers compressed.
    Noise,
    /// Zeros: the least a segment can take.
    Zeros,
    /// Bytes like those of ordinary layers, by the index of the texture.
    Texture(usize),
}

/// Fills holes.
pub(super) struct Painter {
    noise: Noise,
    model: TokenModel,
}

impl Painter {
    /// `level` is that of gzip.
    pub(super) fn new(key: &LayerKey, level: u8) -> Self {
        Self {
            noise: Noise::new(key, "noise"),
            model: TokenModel::new(Noise::new(key, "tokens"), level),
        }
    }

    /// Fills the holes in the given style; for a texture, `tokens` becomes the parse of the whole segment.
    pub(super) fn paint(&mut self, segment: &mut Segment, style: Style, tokens: &mut Vec<Token>) {
        tokens.clear();
        match style {
            Style::Stored | Style::Noise => self.paint_noise(segment),
            Style::Zeros => segment.clear_holes(),
            Style::Texture(texture) => self.paint_texture(segment, texture, tokens),
        }
    }

    fn paint_noise(&mut self, segment: &mut Segment) {
        for index in 0..segment.holes().len() {
            let hole = segment.holes()[index].clone();
            self.noise.fill(&mut segment.window_mut()[hole]);
        }
    }

    fn paint_texture(&mut self, segment: &mut Segment, texture: usize, tokens: &mut Vec<Token>) {
        for span in segment.spans() {
            match span {
                Span::Hole(hole) => self.model.fill(texture, segment.window_mut(), hole, tokens),
                Span::Fixed(fixed) => tokenize(segment, fixed, tokens),
            }
        }
    }
}
