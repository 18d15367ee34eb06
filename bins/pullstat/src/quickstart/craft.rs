//! The four images of the quickstart.

use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::path::Path;
use std::thread::available_parallelism;

use pullstudy_crafter::{
    BuildIdentity, BuildOptions, BuiltImage, LayoutSink, Method, Plan, PlanOptions, SizesFile,
    build,
};
use pullstudy_image::{ParseReferenceError, Reference};

/// The sizes: two percentiles of the published survey, at the survey's median number of layers.
const SIZES: &str = "sizes: [{percentile: 25}, {percentile: 50}]\nlayers: [{exact: 9}]\n";

/// The same two, in the order of [`SIZES`].
const PERCENTILES: [&str; 2] = ["p25", "p50"];

/// What is crafted: the content's name, which is also the repository, and how it is made.
const CONTENTS: [(&str, Method); 2] = [("zeros", Method::Published), ("random", Method::Exact)];

/// An image in the layout.
#[derive(Debug)]
pub(crate) struct CraftedImage {
    /// Content and percentile: `random p25`.
    pub(crate) label: String,
    repository: String,
    tag: String,
}

impl CraftedImage {
    fn new(content: &str, percentile: &str, image: &BuiltImage) -> Self {
        Self {
            label: format!("{content} {percentile}"),
            repository: image.reference.repository().to_owned(),
            tag: image.reference.tag_or_latest().to_owned(),
        }
    }

    /// Returns the reference under which a server at `address` has the image.
    pub(crate) fn at(&self, address: SocketAddr) -> Result<Reference, ParseReferenceError> {
        format!("{address}/{}:{}", self.repository, self.tag).parse()
    }

    /// Tells whether a reference names this image, whichever the server.
    pub(crate) fn is(&self, reference: &Reference) -> bool {
        (reference.repository(), reference.tag_or_latest()) == (&self.repository, &self.tag)
    }
}

/// Crafts the images into a layout, those of zeros first.
pub(crate) fn craft(layout: &Path, seed: u64) -> anyhow::Result<Vec<CraftedImage>> {
    let sizes = SizesFile::parse("the quickstart's sizes", SIZES)?;
    let jobs = available_parallelism()?;
    let mut images = Vec::new();
    for (content, method) in CONTENTS {
        let repository = format!("localhost/quickstart/{content}").parse()?;
        let plan = Plan::new(
            &sizes,
            &PlanOptions {
                seed,
                repository,
                method,
                base: None,
            },
        )?;
        let sink = LayoutSink::open(layout, &BuildIdentity::of(&[content, SIZES]), seed)?;
        let built = build(&plan, &sink, BuildOptions { jobs }, &|_| {})?;
        sink.complete()?;
        let pairs = PERCENTILES.iter().zip(&built);
        images
            .extend(pairs.map(|(percentile, image)| CraftedImage::new(content, percentile, image)));
    }
    Ok(images)
}

/// Returns a seed that no run had before, small enough for every JSON reader.
pub(crate) fn random_seed() -> u64 {
    // The standard library keys its hash maps with the system's random numbers.
    RandomState::new().hash_one(()) >> 11
}
