//! Writes a layer: tar, content, codec and hashes, a segment at a time.

use std::io::{self, Write};

use super::deflate::Token;
use super::file_sizes::Shares;
use super::gzip::Gzip;
use super::landing::Landing;
use super::limits::{Cut, Rest};
use super::noise::Noise;
use super::outlet::{Outlet, Written};
use super::packer::Packer;
use super::painter::{Painter, Style};
use super::recipe::{Codec, Content, LayerRecipe, WriteLayerError};
use super::segment::Segment;
use super::steering::{Candidate, Steering};
use super::tar_stream::{TarLength, TarStream};
use super::texture::TEXTURES;
use super::zstd_costs::mean_cost;
use super::zstd_frames::ZstdFrames;

/// Shares of the segments of an ordinary tar that compress not at all, and that are zeros, in parts of 1000. Of the
/// tar that [`super::texture`] was measured from, 1.4 % were stored blocks.
const NOISE_WEIGHT: f64 = 14.0;
const ZEROS_WEIGHT: f64 = 1.0;
/// The level of gzip whose parse is made, and thrown away, where the codec is another.
const DEFAULT_LEVEL: u8 = 6;

/// Writes the layer of a recipe that has been checked.
pub(super) fn write(
    recipe: &LayerRecipe,
    sink: &mut dyn Write,
    progress: &mut dyn FnMut(u64),
) -> Result<Written, WriteLayerError> {
    let mut outlet = Outlet::new(sink, progress);
    let written = match recipe.codec {
        Codec::None => Layer::of(recipe).write_plain(&mut outlet),
        Codec::Gzip { level } => Layer::of(recipe).write_packed(Gzip::new(level), &mut outlet),
        Codec::Zstd { level } => Layer::of(recipe).write_packed(
            ZstdFrames::new(level, recipe.wire_bytes.is_some()),
            &mut outlet,
        ),
    };
    match written {
        Ok(()) if recipe.codec == Codec::None => Ok(outlet.finish_plain()),
        Ok(()) => Ok(outlet.finish()),
        Err(failure) => Err(failure.into_error(recipe.codec, outlet.wire_bytes())),
    }
}

/// What failed while a layer was written.
enum Failure {
    Sink(io::Error),
    Compressor(io::Error),
}

impl Failure {
    fn into_error(self, codec: Codec, written_bytes: u64) -> WriteLayerError {
        match self {
            Self::Sink(source) => WriteLayerError::Sink {
                written_bytes,
                source,
            },
            Self::Compressor(source) => WriteLayerError::Compressor {
                compressor: codec.compressor(),
                written_bytes,
                source,
            },
        }
    }
}

/// A layer under way.
struct Layer<'a> {
    recipe: &'a LayerRecipe,
    tar: TarStream,
    tar_length: TarLength,
    cut: Cut,
    painter: Painter,
    segment: Segment,
}

impl<'a> Layer<'a> {
    fn of(recipe: &'a LayerRecipe) -> Self {
        let shares = Shares::new(recipe);
        let tar_length = TarLength::of(recipe, &shares);
        let level = if let Codec::Gzip { level } = recipe.codec {
            level
        } else {
            DEFAULT_LEVEL
        };
        Self {
            recipe,
            tar: TarStream::new(recipe, &shares),
            tar_length,
            cut: Cut::of(recipe, tar_length),
            painter: Painter::new(&recipe.key, level),
            segment: Segment::default(),
        }
    }

    /// Reads the next segment of the tar; an empty one at its end.
    fn next_segment(&mut self, bytes: u64) {
        if self.has_history() {
            self.segment.advance();
        } else {
            self.segment.restart();
        }
        self.tar.fill(&mut self.segment, bytes as usize);
    }

    /// Says whether matches may reach back beyond a segment.
    ///
    /// Frames of Zstandard stand alone. In noise and zeros only headers have something to repeat.
    fn has_history(&self) -> bool {
        let repeats = self.recipe.content == Content::Realistic || self.tar_length.headers > 1;
        repeats && !matches!(self.recipe.codec, Codec::Zstd { .. })
    }

    fn steering(&self) -> Steering {
        let wire_bytes = self
            .recipe
            .wire_bytes
            .filter(|_| self.recipe.codec != Codec::None);
        let candidates = candidates(self.recipe, wire_bytes.is_some());
        let rest = Rest::of(self.tar_length, self.cut);
        let steering = Steering::new(candidates, rest, Noise::new(&self.recipe.key, "order"));
        match wire_bytes {
            Some(wire_bytes) => steering.towards(wire_bytes, self.recipe.codec),
            None => steering,
        }
    }

    fn write_plain(mut self, outlet: &mut Outlet) -> Result<(), Failure> {
        let mut steering = self.steering();
        let mut tokens = Vec::new();
        loop {
            self.next_segment(self.cut.segment_bytes);
            if self.segment.len() == 0 {
                break;
            }
            let style = steering.choose(&self.segment, 0);
            self.painter.paint(&mut self.segment, style, &mut tokens);
            outlet.plain(self.segment.bytes()).map_err(Failure::Sink)?;
        }
        let after_end = self
            .recipe
            .wire_bytes
            .unwrap_or(0)
            .saturating_sub(outlet.wire_bytes());
        outlet
            .plain(&vec![0; after_end as usize])
            .map_err(Failure::Sink)
    }

    fn write_packed(mut self, mut packer: impl Packer, outlet: &mut Outlet) -> Result<(), Failure> {
        let mut steering = self.steering();
        let mut tokens = Vec::new();
        // Where the wire bytes are given, the last segments are left for the landing.
        let given = self.recipe.wire_bytes;
        let segments = given.map_or(u64::MAX, |_| self.cut.segments);
        for _ in 0..segments {
            self.next_segment(self.cut.segment_bytes);
            if self.segment.len() == 0 {
                break;
            }
            let style = self.paint(&mut steering, &mut packer, &mut tokens);
            outlet.tar(self.segment.bytes());
            packer
                .pack(&self.segment, style, &tokens)
                .map_err(Failure::Compressor)?;
            drain(&mut packer, outlet)?;
        }
        match given {
            Some(wire_bytes) => self.land(&mut packer, wire_bytes, outlet)?,
            None => packer.finish(),
        }
        drain(&mut packer, outlet)
    }

    /// Paints the segment in a style that keeps the wire bytes within reach.
    fn paint(
        &mut self,
        steering: &mut Steering,
        packer: &mut impl Packer,
        tokens: &mut Vec<Token>,
    ) -> Style {
        let style = steering.choose(&self.segment, packer.charged_bytes());
        self.painter.paint(&mut self.segment, style, tokens);
        if let Style::Texture(texture) = style {
            let cost_bytes = packer.texture_cost_bytes(&self.segment, texture, tokens);
            if !steering.admits(cost_bytes) {
                let fallback = steering.fallback(&self.segment);
                self.painter.paint(&mut self.segment, fallback, tokens);
                return fallback;
            }
        }
        style
    }

    fn land(
        &mut self,
        packer: &mut impl Packer,
        wire_bytes: u64,
        outlet: &mut Outlet,
    ) -> Result<(), Failure> {
        self.segment.restart();
        // Three segments are more than what is left.
        self.tar
            .fill(&mut self.segment, 3 * self.cut.segment_bytes as usize);
        self.painter
            .paint(&mut self.segment, Style::Noise, &mut Vec::new());
        let mut landing = Landing::new(std::mem::take(&mut self.segment));
        packer
            .land(&mut landing, wire_bytes)
            .map_err(Failure::Compressor)?;
        outlet.tar(landing.segment().bytes());
        Ok(())
    }
}

/// Gives what a packer has completed to the outlet.
fn drain(packer: &mut impl Packer, outlet: &mut Outlet) -> Result<(), Failure> {
    let complete = packer.complete();
    let drained = outlet.wire(complete).map_err(Failure::Sink);
    complete.clear();
    drained
}

/// Returns the styles a recipe's content may have.
fn candidates(recipe: &LayerRecipe, steered: bool) -> Vec<Candidate> {
    let candidate = |style, weight| Candidate {
        style,
        cost: cost(style, recipe.codec),
        weight,
    };
    let (noise, zeros) = (
        |weight| candidate(Style::Noise, weight),
        |weight| candidate(Style::Zeros, weight),
    );
    match recipe.content {
        Content::Random if !steered => vec![noise(1.0)],
        Content::Zeros if !steered => vec![zeros(1.0)],
        Content::Random | Content::Zeros => vec![noise(0.5), zeros(0.5)],
        Content::Realistic => {
            let textures = TEXTURES.iter().enumerate();
            textures
                .map(|(index, texture)| candidate(Style::Texture(index), f64::from(texture.weight)))
                .chain([noise(NOISE_WEIGHT), zeros(ZEROS_WEIGHT)])
                .collect()
        }
    }
}

/// Returns the wire bytes that a byte of content takes.
fn cost(style: Style, codec: Codec) -> f64 {
    match (style, codec) {
        (Style::Stored | Style::Noise, _) => 1.0,
        // Four bytes for a run of 128 KiB; two bits for a match of 258.
        (Style::Zeros, Codec::Zstd { .. }) => 1.0 / 32_768.0,
        (Style::Zeros, _) => 1.0 / 1032.0,
        (Style::Texture(texture), Codec::Zstd { level }) => mean_cost(level, texture),
        (Style::Texture(texture), _) => f64::from(TEXTURES[texture].deflated) / 1000.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::{FileSet, FileSizes, LayerKey};

    #[test]
    fn what_libzstd_makes_of_a_segment_does_not_change_the_tar() {
        let recipe = LayerRecipe {
            key: LayerKey::new([8; 32]),
            program: None,
            files: FileSet {
                count: 3,
                sizes: FileSizes::Lognormal,
                prefix: "data".to_owned(),
            },
            unpacked_bytes: 7_800_000,
            wire_bytes: Some(3_000_001),
            content: Content::Realistic,
            codec: Codec::Zstd { level: 3 },
        };
        let written = |packer| {
            let (mut blob, mut progress) = (Vec::new(), |_| ());
            let mut outlet = Outlet::new(&mut blob, &mut progress);
            assert!(Layer::of(&recipe).write_packed(packer, &mut outlet).is_ok());
            outlet.finish()
        };
        let planned = written(ZstdFrames::new(3, true));
        for other in [-5, 7] {
            let other = written(ZstdFrames::new(3, true).compressing_at(other));
            assert_eq!(
                (planned.wire_bytes, other.wire_bytes),
                (3_000_001, 3_000_001)
            );
            assert_eq!(planned.diff_id, other.diff_id);
            assert_ne!(planned.digest, other.digest);
        }
    }
}
