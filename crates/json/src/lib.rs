//! JSON looked through once: wanted values are taken, all else is checked and passed over.
//!
//! Logs of events and archives of manifests are read for a dozen of the hundred values in each document. A [`Scanner`]
//! goes forward through bytes in memory and hands out what is asked for; strings that nobody wants are searched for their
//! end and nothing else, which is about twice as fast as decoding all of them.
//!
//! It accepts what serde_json accepts, except that escapes, control characters and what is no UTF-8 are not looked at in
//! strings that are passed over.
//!
//! ```
//! use pullstudy_json::{KnownTexts, NotJson, Scanner};
//!
//! let text = br#"{"kind": "Pod", "metadata": {"labels": {"a": "b"}, "uid": "7f"}, "count": 3}"#;
//! let mut known = KnownTexts::default();
//! let mut scanner = Scanner::new(text, &mut known);
//! let (mut kind, mut count) = (None, None);
//! scanner.object(|scanner, key| {
//!     match key {
//!         b"kind" => kind = scanner.string_or_other()?.map(|raw| raw.text().into_owned()),
//!         b"count" => count = scanner.integer_or_other()?,
//!         _ => scanner.pass_over()?,
//!     }
//!     Ok(())
//! })?;
//! scanner.end()?;
//! assert_eq!((kind.as_deref(), count), (Some("Pod"), Some(3)));
//! # Ok::<(), NotJson>(())
//! ```
//!
//! # Errors
//!
//! [`NotJson`] with the position of the first byte that cannot be.
//!
//! # Links
//!
//! [Why there is such a scanner](https://github.com/pullstudy/pullstudy/blob/main/docs/architecture.md#why-a-json-scanner), and what it saves.
#![forbid(unsafe_code)]

mod known_texts;
mod scanner;

pub use known_texts::KnownTexts;
pub use scanner::{NotJson, RawText, Scanner};
