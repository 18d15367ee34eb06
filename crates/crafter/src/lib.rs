//! Crafts container images of exact wire and unpacked size, for measuring what pulling them costs.
//!
//! - [`SizesFile`]: which images are wanted, in container-crafter's words and more. Every mistake in one becomes a
//!   sentence that names file, line, key and remedy.
//! - [`Plan`]: every layer of every image to the byte, before anything is made.
//! - [`build()`]: makes them, layer by layer in parallel, into an [`ImageSink`]: a layout ([`LayoutSink`], which goes on
//!   after a kill where it was), a registry, or nowhere.
//! - [`verify()`]: recomputes what images say of themselves, and reports every mismatch.
//! - [`LayerRecipe`]: one layer, its sizes and its bytes, for those who need no whole image.
//!
//! What images say of how they were made stands in annotations and labels: [`ANNOTATION_SEED`] and its neighbours.
//! No network: a base from a registry is read through [`pullstudy_image::BlobSource`].
//!
//! ```
//! use pullstudy_crafter::{
//!     BuildIdentity, BuildOptions, LayoutSink, Method, Plan, PlanOptions, SizesFile, VerifyOptions, VerifyTarget,
//!     build, verify,
//! };
//! use pullstudy_image::Layout;
//!
//! let text = "sizes: [{total: 1MB}]\nlayers: [{exact: 9}]\nratio: 2.6";
//! let sizes = SizesFile::parse("sizes.yaml", text)?;
//! let repository = "localhost/study".parse()?;
//! let plan = Plan::new(&sizes, &PlanOptions { seed: 42, repository, method: Method::Exact, base: None })?;
//!
//! let dir = tempfile::tempdir()?;
//! let sink = LayoutSink::open(dir.path(), &BuildIdentity::of(&[text]), plan.seed)?;
//! let images = build(&plan, &sink, BuildOptions { jobs: 2.try_into()? }, &|_| ())?;
//! sink.complete()?;
//! assert_eq!(images[0].reference.to_string(), "localhost/study:9-layers-size-1000000-bytes");
//! assert_eq!(images[0].platforms[0].wire_bytes, 1_000_000);
//!
//! let layout = Layout::open(dir.path())?;
//! let targets = VerifyTarget::all_of(&layout)?;
//! let report = verify(&layout, &targets, VerifyOptions { jobs: 2.try_into()? }, &|_| ());
//! assert_eq!(report.mismatches, []);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Errors
//!
//! [`SizesError`] holds every mistake of a sizes file at once, [`PlanError`] what no plan can satisfy; [`BuildError`] and
//! [`OpenLayoutSinkError`] are about where images go. What [`verify()`] finds is a result, not an error.
//!
//! # Links
//!
//! [Sizes files](https://github.com/pullstudy/pullstudy/blob/main/docs/sizes.md) has every key. The program is [`crafter`](https://crates.io/crates/pullstudy-crafter-cli).
#![forbid(unsafe_code)]

mod annotation;
mod build;
mod examine;
mod layer;
mod plan;
mod sizes;
mod verify;

pub use annotation::{
    ANNOTATION_COMPRESSOR, ANNOTATION_CONTENT, ANNOTATION_CRAFTER_VERSION, ANNOTATION_MEASURE,
    ANNOTATION_RATIO, ANNOTATION_RECIPE, ANNOTATION_ROLE, ANNOTATION_SEED, ANNOTATION_TAR_BYTES,
    ANNOTATION_UNPACKED_BYTES, ANNOTATION_WIRE_BYTES,
};
pub use build::{
    BuildError, BuildIdentity, BuildOptions, BuildProgress, BuiltImage, BuiltPlatform, ImageSink,
    LayoutSink, OpenLayoutSinkError, RecipeFingerprint, build,
};
pub use layer::{
    Codec, Content, FileSet, FileSizes, FitError, Fitted, KnownSize, LayerKey, LayerReceipt,
    LayerRecipe, Limit, Program, RecipeError, WriteLayerError,
};
pub use plan::{
    Base, BaseError, BaseImage, BaseLayer, ImagePlan, LayerPlan, LayerRole, Method, Plan,
    PlanError, PlanOptions, PlanProblem, PlanWarning, PlatformPlan, SkippedImage, TagPattern,
};
pub use sizes::{
    Amount, BaseName, FilesPerLayer, LayerCount, ListedLayer, Measure, ParseBaseNameError,
    SURVEY_PERCENTILES, SizeEntry, SizesError, SizesFile, SizesNote, SizesProblem, Split,
    survey_size_bytes,
};
pub use verify::{
    Check, Mismatch, VerifiedImage, VerifyOptions, VerifyProgress, VerifyReport, VerifyTarget,
    verify,
};
