//! Crafts container images of exact wire and unpacked size.
#![forbid(unsafe_code)]

mod examine;
mod layer;
mod plan;
mod sizes;

pub use layer::{
    Codec, Content, FileSet, FileSizes, FitError, Fitted, KnownSize, LayerKey, LayerReceipt, LayerRecipe, Limit, Program,
    RecipeError, WriteLayerError,
};
pub use plan::{
    Base, BaseError, BaseImage, BaseLayer, ImagePlan, LayerPlan, LayerRole, Method, Plan, PlanError, PlanOptions,
    PlanProblem, PlanWarning, PlatformPlan, SkippedImage,
};
pub use sizes::{
    Amount, BaseName, ByteSize, FilesPerLayer, LayerCount, Measure, ParseBaseNameError, ParseByteSizeError,
    SURVEY_PERCENTILES, SizeEntry, SizesError, SizesFile, SizesNote, SizesProblem, Split, survey_size_bytes,
};
