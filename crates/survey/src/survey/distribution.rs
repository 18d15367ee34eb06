//! How values are spread: what a survey says of sizes and counts.

use pullstudy_stats::Sample;

/// How many values there are, and how they are spread.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Distribution {
    /// How many values.
    pub n: usize,
    /// The arithmetic mean.
    pub mean: f64,
    /// The standard deviation of the whole population, with n in the denominator.
    pub sd: f64,
    /// The values at [`PERCENTILES`], by linear interpolation.
    pub percentiles: [f64; PERCENTILES.len()],
}

/// The percentiles of a [`Distribution`]: every fifth, and those beyond the 95th of which the published study made images.
pub const PERCENTILES: [f64; 24] = [
    0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0, 45.0, 50.0, 55.0, 60.0, 65.0, 70.0, 75.0,
    80.0, 85.0, 90.0, 95.0, 96.25, 97.5, 98.75, 100.0,
];

impl Distribution {
    /// Describes values; `None` where there are none.
    #[expect(
        clippy::cast_precision_loss,
        reason = "sizes beyond 2^53 bytes lose their last digits in figures, not in sums"
    )]
    pub(crate) fn of(values: impl IntoIterator<Item = u64>) -> Option<Self> {
        let values: Vec<f64> = values.into_iter().map(|value| value as f64).collect();
        let sample = Sample::new(values).ok()?;
        let at = |percent| sample.quantile(percent).expect("they lie within 0 to 100");
        Some(Self {
            n: sample.count(),
            mean: sample.mean(),
            sd: sample.population_sd(),
            percentiles: PERCENTILES.map(at),
        })
    }

    /// Returns the value at one of the [`PERCENTILES`]; nothing for any other.
    ///
    /// # Examples
    ///
    /// ```
    /// # use pullstudy_image::{Archive, ArchiveWriter, Descriptor, Digest, Manifest, MediaType, TagRecord};
    /// use pullstudy_survey::{Collection, CollectionOptions, Survey};
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
    /// // Two images, of 60,000 and 80,000 bytes.
    /// let images = Collection::read(&Archive::open(dir.path())?, &CollectionOptions::default());
    /// let bytes = Survey::of(&images, 0).image_bytes.expect("there are images");
    /// assert_eq!(bytes.percentile(75.0), Some(75_000.0));
    /// assert_eq!(bytes.percentile(76.0), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn percentile(&self, percent: f64) -> Option<f64> {
        let position = PERCENTILES.iter().position(|&known| known == percent)?;
        Some(self.percentiles[position])
    }

    /// Returns the median.
    pub fn median(&self) -> f64 {
        self.percentile(50.0).expect("it is one of the percentiles")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_interpolated_and_deviations_are_of_all_there_is() {
        let distribution = Distribution::of([4, 1, 3, 2]).unwrap();
        assert_eq!((distribution.n, distribution.mean), (4, 2.5));
        assert_eq!(distribution.median(), 2.5);
        assert_eq!(distribution.percentile(25.0), Some(1.75));
        assert_eq!(distribution.percentile(1.0), None);
        assert_eq!(distribution.sd, 1.25_f64.sqrt());
        assert_eq!(Distribution::of([]), None);
    }
}
