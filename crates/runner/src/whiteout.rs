//! Names in a layer that stand for the removal of others.

/// What a name in a layer means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meaning<'a> {
    /// The name itself.
    Entry,
    /// Remove this name, as far as lower layers made it.
    Remove(&'a [u8]),
    /// Remove all that lower layers put into the folder.
    Opaque,
    /// The bookkeeping of AUFS, which older Docker releases left in layers: nothing to unpack.
    Bookkeeping,
    /// A whiteout of no name, or of the folder itself or the one above.
    Invalid,
}

/// Reads the meaning off a name.
///
/// # Source
///
/// OCI image-spec 1.1, layer.md, "Whiteouts".
pub(crate) fn meaning(name: &[u8]) -> Meaning<'_> {
    match name.strip_prefix(b".wh.") {
        None => Meaning::Entry,
        Some(b".wh..opq") => Meaning::Opaque,
        Some(b"" | b"." | b"..") => Meaning::Invalid,
        Some(hidden) if hidden.starts_with(b".wh.") => Meaning::Bookkeeping,
        Some(hidden) => Meaning::Remove(hidden),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        assert_eq!(meaning(b"file"), Meaning::Entry);
        assert_eq!(meaning(b".wh"), Meaning::Entry);
        assert_eq!(meaning(b".wh.file"), Meaning::Remove(b"file"));
        assert_eq!(meaning(b".wh..hidden"), Meaning::Remove(b".hidden"));
        assert_eq!(meaning(b".wh..wh..opq"), Meaning::Opaque);
        assert_eq!(meaning(b".wh..wh.plnk"), Meaning::Bookkeeping);
        assert_eq!(meaning(b".wh...x"), Meaning::Remove(b"..x"));
    }

    #[test]
    fn a_whiteout_never_leads_out_of_its_folder() {
        for name in [&b".wh."[..], b".wh..", b".wh..."] {
            assert_eq!(meaning(name), Meaning::Invalid, "{}", name.escape_ascii());
        }
    }
}
