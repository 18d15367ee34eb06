//! Archives in outline: what images are made of, without the documents that say so.
//!
//! A survey of fifty thousand images wants a tenth of what their documents hold. Here only that is taken; of published
//! files in one pass over the text. A document with anything unusual in it is read by [`ArchivedDocument`] and
//! [`ArchivedConfig`] after all, so that there is one judgement of what a document is.
//!
//! [`ArchivedDocument`]: super::ArchivedDocument
//! [`ArchivedConfig`]: super::ArchivedConfig

mod commands;
mod config;
mod manifest;
mod published;
mod repository;
mod shared_texts;
mod threads;

pub use config::{ConfigOutline, StepOutline, StepsWanted};
pub use manifest::LayerOutline;
pub use repository::{ImageOutline, RepositoryOutline, RootOutline, TagOutline};
