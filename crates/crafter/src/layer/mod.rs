//! One layer, to the byte: its tar, its stored form, and the hashes of both, made in a single pass.
//!
//! [`LayerRecipe`] says what a layer is to be, [`LayerRecipe::fit`] finds sizes that go together, and
//! [`LayerRecipe::write`] streams the layer out.

mod fit;
mod program;
mod recipe;

pub use fit::{FitError, Fitted, KnownSize, Limit};
pub use program::Program;
pub use recipe::{Codec, Content, FileSet, FileSizes, LayerKey, LayerReceipt, LayerRecipe, RecipeError, WriteLayerError};
