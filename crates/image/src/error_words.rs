//! Errors, told with their causes.

use std::error::Error;

/// Puts an error and its causes into one line, the outermost first.
///
/// Errors of these libraries do not repeat their cause in their own message; who shows one to people wants both.
///
/// # Examples
///
/// ```
/// let error = pullstudy_image::Archive::open("/does/not/exist").unwrap_err();
/// let words = pullstudy_image::in_words(&error);
/// assert!(words.starts_with("failed to read /does/not/exist: "), "{words}");
/// ```
pub fn in_words(error: &(impl Error + ?Sized)) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}
