//! Finding the size that was not given: unpacked bytes from wire bytes and a ratio, or the other way round.

use super::file_sizes::Shares;
use super::program::Program;
use super::recipe::{Codec, LARGEST_UNPACKED_BYTES, LayerRecipe, RecipeError};

/// The size of a layer that is given; the other one follows from the ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownSize {
    /// The stored bytes, exactly.
    WireBytes(u64),
    /// The sum of the regular files' sizes, exactly.
    UnpackedBytes(u64),
}

/// What kept a layer from the ratio asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// The codec compresses no further, or expands no further.
    Codec,
    /// The tar headers of the files weigh too much for so few bytes.
    Headers,
}

/// A recipe whose two sizes go together.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// The recipe with `unpacked_bytes` and `wire_bytes` set.
    pub recipe: LayerRecipe,
    /// Unpacked bytes divided by wire bytes, as they will be.
    pub achieved_ratio: f64,
    /// What kept the ratio more than 1 % away from the one asked for, if it is.
    pub limited_by: Option<Limit>,
}

/// Why no layer of the given size exists.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// The recipe itself is impossible.
    #[error("the layer cannot be made")]
    Recipe {
        /// What is wrong with it.
        source: RecipeError,
    },
    /// Tar headers and framing alone take more than the wire bytes given.
    #[error(
        "a layer of {wire_bytes} wire bytes is impossible: its headers alone take {smallest_wire_bytes}"
    )]
    TooSmall {
        /// The wire bytes asked for.
        wire_bytes: u64,
        /// The smallest possible with these files and this codec.
        smallest_wire_bytes: u64,
    },
    /// The ratio is not a positive number.
    #[error("a ratio of {ratio} is impossible: it must be above 0")]
    Ratio {
        /// The ratio asked for.
        ratio: f64,
    },
}

/// A ratio within this share of the one asked for counts as met.
const TOLERANCE: f64 = 0.01;

impl LayerRecipe {
    /// Chooses the size that was not given so that unpacked / wire bytes come nearest to `ratio`.
    ///
    /// The sizes already in the recipe are replaced. The size that was given is met exactly; the other one is the
    /// nearest that codec, content and files can reach.
    ///
    /// # Errors
    ///
    /// [`FitError`] when no layer has the given size, whatever the ratio.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_crafter::{Codec, Content, FileSet, FileSizes, KnownSize, LayerKey, LayerRecipe, Limit};
    ///
    /// let recipe = LayerRecipe {
    ///     key: LayerKey::new([7; 32]),
    ///     program: None,
    ///     files: FileSet { count: 1, sizes: FileSizes::Even, prefix: "data".to_owned() },
    ///     unpacked_bytes: 0,
    ///     wire_bytes: None,
    ///     content: Content::Realistic,
    ///     codec: Codec::Gzip { level: 6 },
    /// };
    /// let fitted = recipe.clone().fit(KnownSize::WireBytes(1_000_000), 2.6)?;
    /// assert_eq!(fitted.recipe.wire_bytes, Some(1_000_000));
    /// assert_eq!(fitted.recipe.unpacked_bytes, 2_600_000);
    ///
    /// let fitted = recipe.fit(KnownSize::WireBytes(1_000_000), 5000.0)?;
    /// assert_eq!(fitted.limited_by, Some(Limit::Codec), "gzip ends at 1032");
    /// # Ok::<(), pullstudy_crafter::FitError>(())
    /// ```
    pub fn fit(self, known: KnownSize, ratio: f64) -> Result<Fitted, FitError> {
        if !(ratio.is_finite() && ratio > 0.0) {
            return Err(FitError::Ratio { ratio });
        }
        let mut recipe = Self {
            unpacked_bytes: 0,
            wire_bytes: None,
            ..self
        };
        recipe
            .check_shape()
            .map_err(|source| FitError::Recipe { source })?;
        let shares = Shares::new(&recipe);
        match known {
            KnownSize::UnpackedBytes(unpacked_bytes) => {
                recipe.unpacked_bytes = unpacked_bytes;
                recipe
                    .check()
                    .map_err(|source| FitError::Recipe { source })?;
                let limits = recipe.wire_limits_with(&shares);
                let wanted = (unpacked_bytes as f64 / ratio).round() as u64;
                recipe.wire_bytes = Some(wanted.clamp(*limits.start(), *limits.end()));
            }
            KnownSize::WireBytes(wire_bytes) => {
                recipe.unpacked_bytes = recipe.unpacked_for_wire(wire_bytes, ratio, &shares)?;
                recipe.wire_bytes = Some(wire_bytes);
            }
        }
        recipe
            .check()
            .map_err(|source| FitError::Recipe { source })?;
        Ok(recipe.fitted(ratio))
    }

    /// Finds the unpacked bytes nearest to `ratio` times the wire bytes with which these can be met.
    fn unpacked_for_wire(
        &self,
        wire_bytes: u64,
        ratio: f64,
        shares: &Shares,
    ) -> Result<u64, FitError> {
        let limits = |unpacked_bytes| {
            Self {
                unpacked_bytes,
                ..self.clone()
            }
            .wire_limits_with(shares)
        };
        let smallest = self.program.map_or(0, Program::size_bytes);
        let smallest_wire_bytes = *limits(smallest).start();
        if wire_bytes < smallest_wire_bytes {
            return Err(FitError::TooSmall {
                wire_bytes,
                smallest_wire_bytes,
            });
        }
        let wanted =
            ((wire_bytes as f64 * ratio).round() as u64).clamp(smallest, LARGEST_UNPACKED_BYTES);
        let wanted_limits = limits(wanted);
        if wire_bytes < *wanted_limits.start() {
            return Ok(last_that(smallest, wanted, |unpacked| {
                *limits(unpacked).start() <= wire_bytes
            }));
        }
        if wire_bytes > *wanted_limits.end() {
            // As many unpacked as wire bytes always suffice, for the tar is longer still.
            let too_few = last_that(wanted, wire_bytes, |unpacked| {
                *limits(unpacked).end() < wire_bytes
            });
            return Ok(too_few + 1);
        }
        Ok(wanted)
    }

    fn fitted(self, ratio: f64) -> Fitted {
        let wire_bytes = self.wire_bytes.expect("both sizes were chosen");
        let achieved_ratio = self.unpacked_bytes as f64 / wire_bytes as f64;
        let limited_by = ((achieved_ratio / ratio - 1.0).abs() > TOLERANCE).then(|| {
            let without_headers = match self.codec {
                Codec::None => 1.0..=1.0,
                Codec::Gzip { .. } => 1.0 - TOLERANCE..=1020.0,
                Codec::Zstd { .. } => 1.0 - TOLERANCE..=32_000.0,
            };
            if without_headers.contains(&ratio) {
                Limit::Headers
            } else {
                Limit::Codec
            }
        });
        Fitted {
            recipe: self,
            achieved_ratio,
            limited_by,
        }
    }
}

/// Returns the last value below `end` for which `holds`, given that it holds for `start`, up to some value, and
/// for none from there on.
fn last_that(start: u64, end: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (start, end);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            low = middle
        } else {
            high = middle
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::{Content, FileSet, FileSizes, LayerKey};

    fn recipe(codec: Codec, count: u64) -> LayerRecipe {
        LayerRecipe {
            key: LayerKey::new([1; 32]),
            program: Some(Program::Amd64),
            files: FileSet {
                count,
                sizes: FileSizes::Lognormal,
                prefix: "data".to_owned(),
            },
            unpacked_bytes: 0,
            wire_bytes: None,
            content: Content::Realistic,
            codec,
        }
    }

    #[test]
    fn a_ratio_in_reach_is_met() {
        for ratio in [1.0, 2.6, 40.0, 900.0] {
            let fitted = recipe(Codec::Gzip { level: 6 }, 1)
                .fit(KnownSize::WireBytes(10_000_000), ratio)
                .unwrap();
            assert_eq!(fitted.limited_by, None, "{ratio}");
            let fitted = recipe(Codec::Zstd { level: 3 }, 1)
                .fit(KnownSize::UnpackedBytes(10_000_000), ratio)
                .unwrap();
            assert_eq!(fitted.limited_by, None, "{ratio}");
        }
    }

    #[test]
    fn a_plain_tar_holds_as_much_as_fits_beside_its_headers() {
        let fitted = recipe(Codec::None, 100)
            .fit(KnownSize::WireBytes(100_001), 1.0)
            .unwrap();
        let tar_bytes = fitted.recipe.tar_bytes();
        assert!(
            (100_001 - 1024..=100_001).contains(&tar_bytes),
            "{tar_bytes}"
        );
        assert_eq!(fitted.limited_by, Some(Limit::Headers));
    }

    #[test]
    fn what_keeps_a_layer_from_its_ratio_is_named() {
        let limit = |codec, count, ratio| {
            recipe(codec, count)
                .fit(KnownSize::WireBytes(1_000_000), ratio)
                .unwrap()
                .limited_by
        };
        assert_eq!(
            limit(Codec::Gzip { level: 6 }, 1, 2000.0),
            Some(Limit::Codec)
        );
        assert_eq!(
            limit(Codec::Gzip { level: 6 }, 5000, 500.0),
            Some(Limit::Headers)
        );
        assert_eq!(limit(Codec::None, 1, 2.0), Some(Limit::Codec));
        assert_eq!(limit(Codec::Zstd { level: 3 }, 1, 2000.0), None);
    }

    #[test]
    fn sizes_no_layer_can_have_are_refused() {
        let too_small = recipe(Codec::Gzip { level: 6 }, 1).fit(KnownSize::WireBytes(100), 1.0);
        assert!(
            matches!(
                too_small,
                Err(FitError::TooSmall {
                    wire_bytes: 100,
                    ..
                })
            ),
            "{too_small:?}"
        );
        let no_program = recipe(Codec::None, 1).fit(KnownSize::UnpackedBytes(10), 1.0);
        assert!(matches!(
            no_program,
            Err(FitError::Recipe {
                source: RecipeError::SmallerThanProgram { .. }
            })
        ));
        let no_ratio = recipe(Codec::None, 1).fit(KnownSize::WireBytes(10), f64::NAN);
        assert!(matches!(no_ratio, Err(FitError::Ratio { .. })));
    }
}
