//! One layer, to the byte: its tar, its stored form, and the hashes of both, made in a single pass.
//!
//! [`LayerRecipe`] says what a layer is to be, [`LayerRecipe::fit`] finds sizes that go together, and
//! [`LayerRecipe::write`] streams the layer out.

mod deflate;
mod file_sizes;
mod fit;
mod gzip;
mod landing;
mod limits;
mod noise;
mod outlet;
mod packer;
mod painter;
mod program;
mod recipe;
mod segment;
mod steering;
mod tar_stream;
mod texture;
mod token_model;
mod tokenizer;
mod writer;
mod zstd_costs;
mod zstd_frames;

pub use fit::{FitError, Fitted, KnownSize, Limit};
pub use program::Program;
pub use recipe::{
    Codec, Content, FileSet, FileSizes, LayerKey, LayerReceipt, LayerRecipe, RecipeError,
    WriteLayerError,
};
