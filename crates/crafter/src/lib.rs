//! Crafts container images of exact wire and unpacked size.
#![forbid(unsafe_code)]

mod annotation;
mod build;
mod examine;
mod layer;
mod plan;
mod sizes;
mod verify;

pub use annotation::{
    ANNOTATION_COMPRESSOR, ANNOTATION_CONTENT, ANNOTATION_CRAFTER_VERSION, ANNOTATION_MEASURE, ANNOTATION_RATIO,
    ANNOTATION_ROLE, ANNOTATION_SEED, ANNOTATION_TAR_BYTES, ANNOTATION_UNPACKED_BYTES, ANNOTATION_WIRE_BYTES,
};
pub use build::{
    BuildError, BuildIdentity, BuildOptions, BuildProgress, BuiltImage, BuiltPlatform, ImageSink, LayoutSink,
    OpenLayoutSinkError, RecipeFingerprint, build,
};
pub use layer::{
    Codec, Content, FileSet, FileSizes, FitError, Fitted, KnownSize, LayerKey, LayerReceipt, LayerRecipe, Limit, Program,
    RecipeError, WriteLayerError,
};
pub use plan::{
    Base, BaseError, BaseImage, BaseLayer, ImagePlan, LayerPlan, LayerRole, Method, Plan, PlanError, PlanOptions,
    PlanProblem, PlanWarning, PlatformPlan, SkippedImage, TagPattern,
};
pub use sizes::{
    Amount, BaseName, ByteSize, FilesPerLayer, LayerCount, Measure, ParseBaseNameError, ParseByteSizeError,
    SURVEY_PERCENTILES, SizeEntry, SizesError, SizesFile, SizesNote, SizesProblem, Split, survey_size_bytes,
};
pub use verify::{
    Check, Mismatch, VerifiedImage, VerifyOptions, VerifyProgress, VerifyReport, VerifyTarget, verify,
};
