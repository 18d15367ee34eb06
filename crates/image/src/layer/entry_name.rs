//! Names in a layer that stand for the removal of others.

/// What a name in a layer means.
///
/// # Examples
///
/// ```
/// use pullstudy_image::EntryName;
///
/// assert_eq!(EntryName::of(b"motd"), EntryName::Entry);
/// assert_eq!(EntryName::of(b".wh.motd"), EntryName::Remove(b"motd"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryName<'a> {
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

impl<'a> EntryName<'a> {
    /// Reads the meaning off a name: the last part of an entry's path.
    ///
    /// # Source
    ///
    /// OCI image-spec 1.1, layer.md, "Whiteouts".
    pub fn of(name: &'a [u8]) -> Self {
        match name.strip_prefix(b".wh.") {
            None => Self::Entry,
            Some(b".wh..opq") => Self::Opaque,
            Some(b"" | b"." | b"..") => Self::Invalid,
            Some(hidden) if hidden.starts_with(b".wh.") => Self::Bookkeeping,
            Some(hidden) => Self::Remove(hidden),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        assert_eq!(EntryName::of(b"file"), EntryName::Entry);
        assert_eq!(EntryName::of(b".wh"), EntryName::Entry);
        assert_eq!(EntryName::of(b".wh.file"), EntryName::Remove(b"file"));
        assert_eq!(EntryName::of(b".wh..hidden"), EntryName::Remove(b".hidden"));
        assert_eq!(EntryName::of(b".wh..wh..opq"), EntryName::Opaque);
        assert_eq!(EntryName::of(b".wh..wh.plnk"), EntryName::Bookkeeping);
        assert_eq!(EntryName::of(b".wh...x"), EntryName::Remove(b"..x"));
    }

    #[test]
    fn a_whiteout_never_leads_out_of_its_folder() {
        for name in [&b".wh."[..], b".wh..", b".wh..."] {
            assert_eq!(
                EntryName::of(name),
                EntryName::Invalid,
                "{}",
                name.escape_ascii()
            );
        }
    }
}
