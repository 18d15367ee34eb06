//! The course of a build.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use pullstudy_image::Tag;

use super::assemble::assemble;
use super::unit::{Done, Units};
use super::worker::Workshop;
use super::{BuildError, BuiltImage, ImageSink};
use crate::Plan;

/// How a build goes about its work. None of it changes a byte of the images.
#[derive(Clone, Copy, Debug)]
pub struct BuildOptions {
    /// How many layers are made at a time.
    pub jobs: NonZeroUsize,
}

/// What happens during a build. Calls come from several threads.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildProgress<'a> {
    /// The work is known.
    Started {
        /// Distinct layers.
        layers: usize,
        /// How many of them were finished by an earlier run.
        finished_layers: usize,
        /// What the bytes of all [`BuildProgress::Wrote`] will sum to. Zeros as published count as they unpack.
        bytes: u64,
    },
    /// A part of the work was done, now or by an earlier run.
    Wrote {
        /// Its share of the bytes of [`BuildProgress::Started`].
        bytes: u64,
    },
    /// An image is complete.
    Image(&'a BuiltImage),
}

/// Makes every image of a plan, and returns them in the plan's order.
///
/// Layers are made in parallel, the largest first, each streaming into the sink. An image gets its config, manifest
/// and tag as soon as its layers are there. The bytes depend on the plan alone.
///
/// # Errors
///
/// [`BuildError`], the first failure. What was finished stays in the sink, and a sink that remembers finished layers
/// lets the next build go on from there.
///
/// # Examples
///
/// ```
/// use pullstudy_crafter::{BuildOptions, Method, Plan, PlanOptions, SizesFile, build};
/// use pullstudy_image::NullSink;
///
/// let sizes = SizesFile::parse("one.yaml", "sizes: [{total: 1MB}]\nlayers: [{exact: 3}]")?;
/// let repository = "localhost/study".parse()?;
/// let plan = Plan::new(&sizes, &PlanOptions { seed: 42, repository, method: Method::Exact, base: None })?;
/// let images = build(&plan, &NullSink, BuildOptions { jobs: 2.try_into()? }, &|_| ())?;
/// assert_eq!(images[0].platforms[0].wire_bytes, 1_000_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn build(
    plan: &Plan,
    sink: &dyn ImageSink,
    options: BuildOptions,
    progress: &(dyn Fn(BuildProgress<'_>) + Sync),
) -> Result<Vec<BuiltImage>, BuildError> {
    let units = Units::of(plan);
    announce(&units, sink, progress);
    let mut foreman = Foreman::new(plan, &units, sink, progress);
    let built = foreman.run(options.jobs).and_then(|()| foreman.finish());
    built.map_err(|error| error.or_disk_full(&sink.place()))
}

fn announce(
    units: &Units<'_>,
    sink: &dyn ImageSink,
    progress: &(dyn Fn(BuildProgress<'_>) + Sync),
) {
    let finished = units
        .units
        .iter()
        .filter(|unit| unit.is_finished(sink))
        .count();
    progress(BuildProgress::Started {
        layers: units.units.len(),
        finished_layers: finished,
        bytes: units.units.iter().map(|unit| unit.cost_bytes()).sum(),
    });
}

/// Hands out units, and puts images together once all of theirs are done.
struct Foreman<'a, 'p> {
    plan: &'p Plan,
    units: &'a Units<'p>,
    sink: &'a dyn ImageSink,
    progress: &'a (dyn Fn(BuildProgress<'_>) + Sync),
    done: Vec<Option<Done>>,
    /// Units each image still waits for.
    waiting: Vec<usize>,
    built: Vec<Option<BuiltImage>>,
}

impl<'a, 'p> Foreman<'a, 'p> {
    fn new(
        plan: &'p Plan,
        units: &'a Units<'p>,
        sink: &'a dyn ImageSink,
        progress: &'a (dyn Fn(BuildProgress<'_>) + Sync),
    ) -> Self {
        let mut waiting = vec![0; plan.images.len()];
        for image in units.units.iter().flat_map(|unit| &unit.images) {
            waiting[*image] += 1;
        }
        Self {
            plan,
            units,
            sink,
            progress,
            done: vec![None; units.units.len()],
            waiting,
            built: vec![None; plan.images.len()],
        }
    }

    fn run(&mut self, jobs: NonZeroUsize) -> Result<(), BuildError> {
        let (stop, next) = (AtomicBool::new(false), AtomicUsize::new(0));
        let units = self.units;
        let workshop = Workshop {
            sink: self.sink,
            base: self.plan.base.as_ref().map(|base| base.source.as_ref()),
            progress: self.progress,
            stop: &stop,
        };
        let (sender, results) = mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..jobs.get().min(units.units.len()) {
                let (sender, workshop, next) = (sender.clone(), &workshop, &next);
                scope.spawn(move || {
                    while let Some((index, unit)) = take(next, units) {
                        let failed = sender.send((index, workshop.work(unit))).is_err();
                        if failed || workshop.stop.load(Ordering::Relaxed) {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            // The first failure is told; what it makes fail elsewhere is not.
            let outcome = results
                .iter()
                .try_for_each(|(index, result)| self.take_in(index, result?));
            stop.store(outcome.is_err(), Ordering::Relaxed);
            outcome
        })
    }

    fn take_in(&mut self, index: usize, done: Done) -> Result<(), BuildError> {
        self.done[index] = Some(done);
        for &image in &self.units.units[index].images {
            self.waiting[image] -= 1;
            if self.waiting[image] == 0 {
                self.complete(image)?;
            }
        }
        Ok(())
    }

    fn complete(&mut self, index: usize) -> Result<(), BuildError> {
        let image = &self.plan.images[index];
        let done = |unit: &usize| self.done[*unit].expect("the image waited for all its units");
        let layers: Vec<Vec<Done>> = self.units.of_image[index]
            .iter()
            .map(|units| units.iter().map(done).collect())
            .collect();
        let store = |source| BuildError::Store {
            image: image.reference.to_string(),
            source,
        };
        let built = assemble(self.plan, image, &layers, self.sink).map_err(store)?;
        self.sink.put_tags(&[tag(&built)]).map_err(store)?;
        (self.progress)(BuildProgress::Image(&built));
        self.built[index] = Some(built);
        Ok(())
    }

    /// Puts the tags into the plan's order, for they came in the order of completion.
    fn finish(&mut self) -> Result<Vec<BuiltImage>, BuildError> {
        let built: Vec<BuiltImage> = self
            .built
            .drain(..)
            .map(|image| image.expect("every unit is done"))
            .collect();
        let tags: Vec<Tag> = built.iter().map(tag).collect();
        self.sink
            .put_tags(&tags)
            .map_err(|source| BuildError::Store {
                image: "the set".to_owned(),
                source,
            })?;
        Ok(built)
    }
}

/// Takes the next unit that no worker has taken.
fn take<'u, 'p>(
    next: &AtomicUsize,
    units: &'u Units<'p>,
) -> Option<(usize, &'u super::unit::Unit<'p>)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    units.units.get(index).map(|unit| (index, unit))
}

fn tag(built: &BuiltImage) -> Tag {
    Tag::new(built.reference.clone(), built.descriptor.clone())
}
