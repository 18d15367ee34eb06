//! Which distribution an image is of.

/// Returns `ID` and `VERSION_ID` of an os-release: `debian 12`. Rolling distributions have no version.
///
/// # Source
///
/// os-release(5).
pub(super) fn name(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let id = value(text, "ID")?;
    Some(match value(text, "VERSION_ID") {
        Some(version) => format!("{id} {version}"),
        None => id,
    })
}

fn value(text: &str, key: &str) -> Option<String> {
    let of = |line: &str| {
        let value = line.trim().strip_prefix(key)?.strip_prefix('=')?;
        Some(value.trim_matches(['"', '\'']).to_owned())
    };
    text.lines().find_map(of).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_and_missing_values_are_read() {
        let debian = b"PRETTY_NAME=\"Debian\"\nVERSION_ID=\"12\"\nID=debian\n";
        assert_eq!(name(debian), Some("debian 12".to_owned()));
        assert_eq!(name(b"ID='arch'\nID_LIKE=x"), Some("arch".to_owned()));
        assert_eq!(name(b"NAME=x"), None);
        assert_eq!(name(b"ID=\xff"), None);
    }
}
