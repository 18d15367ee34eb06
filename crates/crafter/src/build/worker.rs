//! Making one layer, or copying one of the base's.

use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use pullstudy_image::{BlobSource, BlobWriter, HashingReader};

use super::unit::{Done, Unit, Work};
use super::{BuildError, BuildProgress, ImageSink, RecipeFingerprint};
use crate::{BaseLayer, LayerReceipt, LayerRecipe};

/// What all workers of a build share.
pub(super) struct Workshop<'a> {
    pub(super) sink: &'a dyn ImageSink,
    pub(super) base: Option<&'a dyn BlobSource>,
    pub(super) progress: &'a (dyn Fn(BuildProgress<'_>) + Sync),
    /// Set once the build has failed: what is under way is given up.
    pub(super) stop: &'a AtomicBool,
}

/// How often a layer is made at most. A sink that loses it so often has its own retries behind it.
const MAX_TRIES: usize = 3;

/// Bytes copied at a time.
const CHUNK_BYTES: usize = 128 << 10;

impl Workshop<'_> {
    /// Does a unit's work, or finds it done before.
    pub(super) fn work(&self, unit: &Unit<'_>) -> Result<Done, BuildError> {
        let started = Instant::now();
        let (receipt, was_there) = match &unit.work {
            Work::Make {
                recipe,
                fingerprint,
            } => match self.sink.recall(fingerprint) {
                Some(receipt) => (receipt, true),
                None => (self.make(unit, recipe, fingerprint)?, false),
            },
            Work::Copy(base) => (receipt_of(base), self.copy(unit, base)?),
        };
        if was_there {
            self.wrote(unit.cost_bytes());
        }
        let work_seconds = if was_there {
            0.0
        } else {
            started.elapsed().as_secs_f64()
        };
        Ok(Done {
            receipt,
            work_seconds,
        })
    }

    /// Makes a layer, and makes it again where the sink lost it half-way: its bytes are the same each time.
    fn make(
        &self,
        unit: &Unit<'_>,
        recipe: &LayerRecipe,
        fingerprint: &RecipeFingerprint,
    ) -> Result<LayerReceipt, BuildError> {
        let mut made = self.make_once(unit, recipe, fingerprint);
        for _ in 1..MAX_TRIES {
            match &made {
                Err(error) if self.sink.has_lost(error) => {
                    made = self.make_once(unit, recipe, fingerprint);
                }
                _ => break,
            }
        }
        made
    }

    fn make_once(
        &self,
        unit: &Unit<'_>,
        recipe: &LayerRecipe,
        fingerprint: &RecipeFingerprint,
    ) -> Result<LayerReceipt, BuildError> {
        let image = || unit.image.reference.to_string();
        let store = |source| BuildError::Store {
            image: image(),
            source,
        };
        let mut blob = self.start(unit)?;
        let mut left_bytes = unit.cost_bytes();
        let mut progress = |bytes| {
            self.wrote(bytes);
            left_bytes = left_bytes.saturating_sub(bytes);
        };
        let receipt =
            recipe
                .write(&mut blob, &mut progress)
                .map_err(|source| BuildError::Layer {
                    image: image(),
                    layer: unit.layer,
                    source,
                })?;
        self.wrote(left_bytes);
        blob.blob.finish(&receipt.digest).map_err(store)?;
        self.sink.record(fingerprint, &receipt).map_err(store)?;
        Ok(receipt)
    }

    /// Copies a base layer and checks it on the way; tells whether the sink had it already.
    fn copy(&self, unit: &Unit<'_>, base: &BaseLayer) -> Result<bool, BuildError> {
        let image = || unit.image.reference.to_string();
        let digest = base.layer.digest();
        let store = |source| BuildError::Store {
            image: image(),
            source,
        };
        if self.sink.contains(&digest).map_err(store)?
            || self.sink.adopt(&base.layer.descriptor).map_err(store)?
        {
            return Ok(true);
        }
        let source = self
            .base
            .expect("an image has base layers only if the plan has a base");
        let stored =
            source
                .open(&base.layer.descriptor)
                .map_err(|source| BuildError::OpenBase {
                    image: image(),
                    source,
                })?;
        let mut hashed = HashingReader::new(stored, digest.algorithm());
        let mut blob = self.start(unit)?;
        self.pour(&mut hashed, &mut blob)
            .map_err(|source| BuildError::CopyBase {
                image: image(),
                digest,
                source,
            })?;
        if hashed.finish() != (digest, base.layer.wire_bytes()) {
            return Err(BuildError::BaseChanged {
                image: image(),
                digest,
            });
        }
        blob.blob.finish(&digest).map_err(store)?;
        Ok(false)
    }

    fn pour(&self, from: &mut dyn Read, to: &mut dyn Write) -> io::Result<()> {
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let read = from.read(&mut chunk)?;
            if read == 0 {
                return Ok(());
            }
            to.write_all(&chunk[..read])?;
            self.wrote(read as u64);
        }
    }

    fn wrote(&self, bytes: u64) {
        (self.progress)(BuildProgress::Wrote { bytes });
    }

    fn start(&self, unit: &Unit<'_>) -> Result<Stoppable<'_>, BuildError> {
        let blob = self.sink.start().map_err(|source| BuildError::Store {
            image: unit.image.reference.to_string(),
            source,
        })?;
        Ok(Stoppable {
            blob,
            stop: self.stop,
        })
    }
}

/// A base layer was measured when the plan was made.
fn receipt_of(base: &BaseLayer) -> LayerReceipt {
    LayerReceipt {
        digest: base.layer.digest(),
        diff_id: base.layer.diff_id,
        wire_bytes: base.layer.wire_bytes(),
        unpacked_bytes: base.unpacked_bytes,
        tar_bytes: base.tar_bytes,
    }
}

/// A blob that is given up as soon as the build has failed elsewhere.
struct Stoppable<'a> {
    blob: Box<dyn BlobWriter + 'a>,
    stop: &'a AtomicBool,
}

impl Write for Stoppable<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(io::Error::other("the build has failed elsewhere"));
        }
        self.blob.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.blob.flush()
    }
}
