//! Layers, read: inflated, and walked entry by entry.

mod decompressor;
mod entry_name;
mod entry_path;
mod tar_entry;
mod tar_stream;

pub use decompressor::Decompressor;
pub use entry_name::EntryName;
pub use entry_path::{path_names, split_entry_path};
pub use tar_entry::{TarEntry, TarEntryKind};
pub use tar_stream::{TarContentError, TarError, TarStream};
