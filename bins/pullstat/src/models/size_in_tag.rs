//! Sizes that tags tell, as those of crafted images do: `9-layers-size-48702097-bytes`.

/// Returns the unpacked bytes that a reference's tag names.
pub(crate) fn unpacked_bytes(image: &str) -> Option<u64> {
    let (_, size) = image.rsplit_once("size-")?;
    size.strip_suffix("-bytes")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_sizes_count() {
        for (image, bytes) in [
            ("r.io/chonks:9-layers-size-48702097-bytes", Some(48_702_097)),
            ("chonks:size-0-bytes", Some(0)),
            ("chonks:size-1.5-bytes", None),
            ("chonks:size-12", None),
            ("r.io/size-5-bytes/app:1", None),
        ] {
            assert_eq!(unpacked_bytes(image), bytes, "{image}");
        }
    }
}
