//! What stands beside rows and lines: names without what all of them share.

/// Returns the start that all labels share, up to a slash, or up to the colon before a tag; empty if they are all
/// the same.
pub(super) fn common_start<'a>(labels: impl IntoIterator<Item = &'a str>) -> &'a str {
    let mut labels = labels.into_iter();
    let Some(first) = labels.next() else {
        return "";
    };
    let others: Vec<&str> = labels.filter(|label| *label != first).collect();
    if others.is_empty() {
        return "";
    }
    let first = without_platform(first);
    let last_slash = first.rfind('/').unwrap_or(0);
    // The colon of a port says nothing about a tag.
    let ends = first
        .rmatch_indices(['/', ':'])
        .map(|(end, _)| end)
        .filter(|&end| end >= last_slash || first.as_bytes()[end] == b'/');
    ends.map(|end| &first[..=end])
        .find(|start| others.iter().all(|label| label.starts_with(start)))
        .unwrap_or("")
}

/// Returns an image's name without the platform that may stand behind it in brackets, with a slash of its own.
fn without_platform(label: &str) -> &str {
    label.split_once(" (").map_or(label, |(name, _)| name)
}

/// Returns the tag that all labels share, with its colon; empty if they share none, if the labels are all the same, or if a
/// platform stands behind it.
///
/// Where a [start](common_start) is cut off, too, it must be cut off before: else both may be the same letters.
pub(super) fn common_tag<'a>(labels: impl IntoIterator<Item = &'a str>) -> &'a str {
    let mut labels = labels.into_iter();
    let tag = |label: &'a str| {
        if without_platform(label) != label {
            return "";
        }
        let name = label.rfind('/').map_or(0, |slash| slash + 1);
        label[name..]
            .find(':')
            .map_or("", |colon| &label[name + colon..])
    };
    let Some(first) = labels.next() else {
        return "";
    };
    let mut others = labels.filter(|label| *label != first).peekable();
    if others.peek().is_some() && others.all(|label| tag(label) == tag(first)) {
        tag(first)
    } else {
        ""
    }
}

/// Says in a subtitle what [`common_start`] left out.
pub(super) fn subtitle(start: &str) -> Option<String> {
    if let Some(repository) = start.strip_suffix(':') {
        return Some(format!("of tags of {repository}"));
    }
    (!start.is_empty()).then(|| format!("of images under {start}"))
}

/// Returns `1 node`, `4 nodes`.
pub(super) fn nodes_text(nodes: u32) -> String {
    if nodes == 1 {
        "1 node".to_owned()
    } else {
        format!("{nodes} nodes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_share_ends_at_a_slash_or_a_tag() {
        let cases: [(&[&str], &str); 6] = [
            (&["r.io/team/app:1", "r.io/team/lib:1"], "r.io/team/"),
            (&["r.io/team/app:1", "r.io/team/app:2"], "r.io/team/app:"),
            (&["r.io:5000/app:1", "r.io:5001/app:1"], ""),
            (&["r.io:5000/a/app:1", "r.io:5000/b/app:1"], "r.io:5000/"),
            (&["r.io/app:1", "r.io/app:1"], ""),
            (&[], ""),
        ];
        for (labels, start) in cases {
            assert_eq!(common_start(labels.iter().copied()), start, "{labels:?}");
        }
    }

    #[test]
    fn a_tag_is_shared_by_all_or_by_none() {
        let cases: [(&[&str], &str); 6] = [
            (&["r.io/app:1", "r.io/lib:1"], ":1"),
            (&["r.io/app:1", "r.io/lib:2"], ""),
            (&["r.io:5000/app", "r.io:5000/lib"], ""),
            (&["r.io/app:1", "r.io/lib"], ""),
            (&["r.io/app:1", "r.io/app:1"], ""),
            (&[], ""),
        ];
        for (labels, tag) in cases {
            assert_eq!(common_tag(labels.iter().copied()), tag, "{labels:?}");
        }
    }

    #[test]
    fn a_platform_is_no_part_of_a_name() {
        let labels = ["r.io/a/b:1 (linux/amd64)", "r.io/a/b:1 (linux/arm64)"];
        let start = common_start(labels);
        assert_eq!(start, "r.io/a/b:");
        assert_eq!(common_tag(labels.map(|label| &label[start.len()..])), "");
    }

    #[test]
    fn start_and_tag_never_overlap() {
        let labels = ["localhost:1", "localhost:5000/x:1"];
        let start = common_start(labels);
        let tag = common_tag(labels.map(|label| &label[start.len()..]));
        for label in labels {
            assert!(start.len() + tag.len() <= label.len(), "{start} {tag}");
        }
    }

    proptest::proptest! {
        #[test]
        fn labels_that_differ_still_differ(labels in proptest::collection::vec("[a:/ (]{0,6}", 1..5)) {
            let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
            let start = common_start(labels.iter().copied());
            let rest: Vec<&str> = labels.iter().map(|label| &label[start.len()..]).collect();
            let tag = common_tag(rest.iter().copied());
            let cut: Vec<&str> = rest.iter().map(|label| &label[..label.len() - tag.len()]).collect();
            for (a, b) in labels.iter().zip(&cut) {
                for (c, d) in labels.iter().zip(&cut) {
                    proptest::prop_assert_eq!(a == c, b == d);
                }
            }
        }
    }

    #[test]
    fn subtitles_name_it() {
        assert_eq!(subtitle("r.io/").unwrap(), "of images under r.io/");
        assert_eq!(subtitle("r.io/app:").unwrap(), "of tags of r.io/app");
        assert_eq!(subtitle(""), None);
    }
}
