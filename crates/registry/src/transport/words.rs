//! A registry's own words about a failure.

/// They are cut here: they become part of a sentence.
const MAX_MESSAGE_CHARS: usize = 300;

/// What distribution-spec 1.1, "Error Codes", wants in the body of a failure.
#[derive(serde::Deserialize)]
struct ErrorBody {
    errors: Vec<RegistryError>,
}

/// What a registry says of a failure.
#[derive(serde::Deserialize)]
pub(super) struct RegistryError {
    /// A word of the specification, such as `DENIED`.
    pub(super) code: Option<String>,
    /// A sentence for people.
    pub(super) message: Option<String>,
}

impl RegistryError {
    /// Reads the body of a failure: the JSON that it should be, or a line of text.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let error = match serde_json::from_slice::<ErrorBody>(body) {
            Ok(body) => body.errors.into_iter().next(),
            Err(_) => plain_text(body),
        }?;
        Some(Self {
            message: error.message.map(|message| printable(&message)),
            ..error
        })
    }
}

/// Takes what is said in a line of text, as servers in front of a registry do. What looks like a page is nothing to read.
fn plain_text(body: &[u8]) -> Option<RegistryError> {
    let text = std::str::from_utf8(body).ok()?;
    let line = text.lines().next()?.trim();
    let readable = !line.is_empty() && !line.starts_with(['<', '{']);
    readable.then(|| RegistryError {
        code: None,
        message: Some(line.to_owned()),
    })
}

fn printable(message: &str) -> String {
    let plain = |char: char| if char.is_control() { ' ' } else { char };
    message.chars().map(plain).take(MAX_MESSAGE_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_cannot_break_the_line() {
        assert_eq!(printable("a\nb\u{1b}[31m"), "a b [31m");
        assert_eq!(printable(&"x".repeat(1000)).len(), MAX_MESSAGE_CHARS);
    }

    #[test]
    fn a_line_of_text_is_read_and_a_page_is_not() {
        let said = |body: &[u8]| RegistryError::read(body)?.message;
        let text = b"Client sent an HTTP request to an HTTPS server.\n";
        let expected = "Client sent an HTTP request to an HTTPS server.";
        assert_eq!(said(text).as_deref(), Some(expected));
        assert_eq!(said(b"<html>no</html>"), None);
        assert_eq!(said(b"{\"errors\":7}"), None);
        assert_eq!(said(b""), None);
    }
}
