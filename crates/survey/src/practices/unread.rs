//! Files that could not be read as Dockerfiles, and why.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::instruction::ParseDockerfileError;

/// Files larger than this are not read: 1 MiB. No person writes one.
pub const LARGEST_DOCKERFILE_BYTES: u64 = 1 << 20;

/// Why a file says nothing about practices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Of which kind the reason is.
    pub reason: UnreadReason,
    /// The reason in words, with the line where there is one.
    pub message: String,
}

/// Kinds of reasons why a file says nothing about practices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum UnreadReason {
    /// The file or folder could not be opened or read.
    Unreadable,
    /// It is a link, device, pipe or socket.
    NotAFile,
    /// It is larger than [`LARGEST_DOCKERFILE_BYTES`].
    TooLarge,
    /// It is text in UTF-16 or UTF-32, which no builder reads.
    Utf16,
    /// It has zero bytes: it is no text.
    Binary,
    /// It has no instruction.
    Empty,
    /// It has no FROM: it is a part of a Dockerfile at most.
    NoStage,
    /// A line breaks the grammar.
    Syntax,
    /// It has more stages than anybody writes.
    TooManyStages,
}

impl UnreadReason {
    /// Returns the name that stands in tables and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::NotAFile => "not_a_file",
            Self::TooLarge => "too_large",
            Self::Utf16 => "utf_16",
            Self::Binary => "binary",
            Self::Empty => "empty",
            Self::NoStage => "no_from",
            Self::Syntax => "syntax",
            Self::TooManyStages => "too_many_stages",
        }
    }
}

impl Unread {
    fn new(reason: UnreadReason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
        }
    }

    pub(super) fn of_io(error: &io::Error) -> Self {
        Self::new(UnreadReason::Unreadable, error.to_string())
    }

    pub(super) fn of_parsing(error: &ParseDockerfileError) -> Self {
        let reason = match error {
            ParseDockerfileError::Syntax { .. } => UnreadReason::Syntax,
            ParseDockerfileError::Empty => UnreadReason::Empty,
            ParseDockerfileError::NoStage => UnreadReason::NoStage,
            ParseDockerfileError::TooManyStages { .. } => UnreadReason::TooManyStages,
        };
        Self::new(reason, error.to_string())
    }
}

/// Reads a file whole, unless it is too large.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Unread> {
    let failed = |error: io::Error| Unread::of_io(&error);
    let file = File::open(path).map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    if !about.is_file() {
        return Err(Unread::new(UnreadReason::NotAFile, "it is no file"));
    }
    let mut bytes = Vec::with_capacity(about.len().min(LARGEST_DOCKERFILE_BYTES) as usize);
    let mut file = file.take(LARGEST_DOCKERFILE_BYTES + 1);
    file.read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LARGEST_DOCKERFILE_BYTES {
        let size = about.len().max(bytes.len() as u64);
        let message = format!("it has {size} bytes, of at most {LARGEST_DOCKERFILE_BYTES}");
        return Err(Unread::new(UnreadReason::TooLarge, message));
    }
    Ok(bytes)
}

/// Returns the text, and whether it is UTF-8.
///
/// Builders do not look at encodings; what counts here is ASCII. Other bytes, as those of a name in Latin-1, become
/// replacement characters.
pub(super) fn text(bytes: Vec<u8>) -> Result<(String, bool), Unread> {
    let is_wide = [[0xff, 0xfe], [0xfe, 0xff]]
        .iter()
        .any(|mark| bytes.starts_with(mark));
    let ends = bytes.first().zip(bytes.get(1));
    if is_wide || matches!(ends, Some((0, 1..) | (1.., 0))) {
        return Err(Unread::new(
            UnreadReason::Utf16,
            "it is text in UTF-16 or UTF-32",
        ));
    }
    if bytes.contains(&0) {
        return Err(Unread::new(UnreadReason::Binary, "it has zero bytes"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok((text, true)),
        Err(error) => Ok((
            String::from_utf8_lossy(error.as_bytes()).into_owned(),
            false,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        let wide = |text: &str| {
            text.encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect::<Vec<_>>()
        };
        for bytes in [wide("\u{feff}FROM a"), wide("FROM a")] {
            assert_eq!(text(bytes).unwrap_err().reason, UnreadReason::Utf16);
        }
        let binary = text(b"FROM a\n\0\x01".to_vec()).unwrap_err();
        assert_eq!(binary.reason, UnreadReason::Binary);
        let latin = text(b"# Andr\xe9\nFROM a".to_vec());
        assert_eq!(latin, Ok(("# Andr\u{fffd}\nFROM a".to_owned(), false)));
    }
}
