//! Collections as sets: what similarity is computed on.

use pullstudy_similarity::{SetTooHeavy, Sets, SetsBuilder};

use super::image::CollectedImage;
use super::read::Collection;

/// What of an image makes up its set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Basis {
    /// The digests of its layers: what a node need not pull again.
    #[default]
    Digest,
    /// The diff_ids of its layers: equal contents, however they were compressed.
    DiffId,
    /// The commands that built it, without spaces and in lower case: what the study calls content. Equal commands may
    /// well make different layers.
    Command,
}

/// The sets of those images that have what is compared.
#[derive(Debug)]
#[non_exhaustive]
pub struct Compared {
    /// The sets. Items weigh their layers' bytes; commands weigh 1 each.
    pub sets: Sets,
    /// The collection's image of each set.
    pub images: Vec<usize>,
    /// Images that have no set: without a config, or with one that lists no diff_ids, or not as many as there are layers, or
    /// no commands.
    pub left_out: Vec<usize>,
}

impl Basis {
    /// Returns the word of the command line: `digest`, `diff-id`, `command`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Digest => "digest",
            Self::DiffId => "diff-id",
            Self::Command => "command",
        }
    }
}

impl Collection {
    /// Makes a set of each image.
    ///
    /// A layer or command that an image has twice is in its set once. For [`Basis::Command`] the collection must have been
    /// read with the steps.
    ///
    /// # Errors
    ///
    /// [`SetTooHeavy`] for a set of more than [`u64::MAX`] bytes. Images of so many layers are left out when an archive is
    /// read.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pullstudy_image::{Archive, ArchiveWriter, Descriptor, Digest, Manifest, MediaType, TagRecord};
    /// use pullstudy_similarity::Measure;
    /// use pullstudy_survey::{Basis, Collection, CollectionOptions};
    ///
    /// # let dir = tempfile::tempdir()?;
    /// # let repository = ArchiveWriter::create(dir.path())?.repository(&"ghcr.io/org/image".parse()?)?;
    /// # let config = Descriptor::new(MediaType::ImageConfig, Digest::of(b"{}"), 2);
    /// # let layer = |name: &str, size| Descriptor::new(MediaType::ImageLayerGzip, Digest::of(name.as_bytes()), size);
    /// # for (tag, own) in [("1.0", layer("one", 10_000)), ("2.0", layer("two", 30_000))] {
    /// #     let manifest = Manifest::new(&config, &[layer("base", 50_000), own], &Default::default());
    /// #     repository.put_document(&manifest.digest(), manifest.raw())?;
    /// #     let mut record = TagRecord::new(tag);
    /// #     record.digest = Some(manifest.digest());
    /// #     repository.put_record(record)?;
    /// # }
    /// // Two images: a base of 50,000 bytes that both have, and layers of 10,000 and 30,000 bytes of their own.
    /// let images = Collection::read(&Archive::open(dir.path())?, &CollectionOptions::default());
    /// let compared = images.sets(Basis::Digest)?;
    /// assert_eq!(compared.images, [0, 1]);
    /// assert_eq!(compared.sets.similarity(0, 1, Measure::Items), 1.0 / 3.0);
    /// // Neither has a config that lists diff_ids.
    /// assert_eq!(images.sets(Basis::DiffId)?.left_out, [0, 1]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sets(&self, basis: Basis) -> Result<Compared, SetTooHeavy> {
        let mut builder = SetsBuilder::new();
        let (mut images, mut left_out) = (Vec::new(), Vec::new());
        let normal = self.normal_commands(basis);
        for (number, image) in self.images().iter().enumerate() {
            let Some(items) = self.items(basis, image, &normal) else {
                left_out.push(number);
                continue;
            };
            builder.push_weighted(items)?;
            images.push(number);
        }
        Ok(Compared {
            sets: builder.finish(),
            images,
            left_out,
        })
    }

    fn items(
        &self,
        basis: Basis,
        image: &CollectedImage,
        normal: &[u32],
    ) -> Option<Vec<(u32, u64)>> {
        let sizes = || {
            image
                .layers
                .iter()
                .map(|&layer| self.layer(layer).size_bytes)
        };
        match basis {
            Basis::Digest => Some(image.layers.iter().copied().zip(sizes()).collect()),
            Basis::DiffId => {
                let ids = image.diff_ids.as_ref()?;
                let fit = ids.len() == image.layers.len();
                fit.then(|| ids.iter().copied().zip(sizes()).collect())
            }
            Basis::Command => {
                let commands = image.steps.iter().filter_map(|step| step.command);
                let items: Vec<_> = commands.map(|text| (normal[text as usize], 1)).collect();
                (!items.is_empty()).then_some(items)
            }
        }
    }
}
