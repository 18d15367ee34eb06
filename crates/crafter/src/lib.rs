//! Crafts container images of exact wire and unpacked size.
#![forbid(unsafe_code)]

mod layer;

pub use layer::{
    Codec, Content, FileSet, FileSizes, FitError, Fitted, KnownSize, LayerKey, LayerReceipt, LayerRecipe, Limit, Program,
    RecipeError, WriteLayerError,
};
