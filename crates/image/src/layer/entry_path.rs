//! Paths of entries.

/// Splits an entry's path into the folder and the name in it.
///
/// `.` and `..` are resolved by the letter, as in Go's `filepath.Clean`, never above the root; links are not
/// looked at. The root itself has no name.
///
/// # Examples
///
/// ```
/// use pullstudy_image::split_entry_path;
///
/// assert_eq!(split_entry_path(b"/a/../etc//motd"), Some((b"etc".to_vec(), b"motd".to_vec())));
/// assert_eq!(split_entry_path(b"./"), None);
/// ```
pub fn split_entry_path(path: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut names: Vec<&[u8]> = Vec::new();
    for name in path_names(path) {
        if name == b".." {
            names.pop();
        } else {
            names.push(name);
        }
    }
    let name = names.pop()?;
    Some((names.join(&b'/'), name.to_vec()))
}

/// Returns the names in a path, without empty ones and `.`; `..` is among them.
pub fn path_names(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/')
        .filter(|name| !name.is_empty() && *name != b".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_paths_are_cleaned_by_the_letter() {
        let split = |path: &str| {
            split_entry_path(path.as_bytes())
                .map(|(folder, name)| [folder, name].map(|part| String::from_utf8(part).unwrap()))
        };
        assert_eq!(split("a/b/c"), Some(["a/b".into(), "c".into()]));
        assert_eq!(split("/a//b/./"), Some(["a".into(), "b".into()]));
        assert_eq!(split("a/../../b"), Some(["".into(), "b".into()]));
        assert_eq!(split("a/.."), None);
        assert_eq!(split("./"), None);
    }
}
