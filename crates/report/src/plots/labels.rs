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

/// Returns the tag that all labels share, with its colon; empty if they share none, or the labels are all the same.
pub(super) fn common_tag<'a>(labels: impl IntoIterator<Item = &'a str>) -> &'a str {
    let mut labels = labels.into_iter();
    let tag = |label: &'a str| {
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
    fn subtitles_name_it() {
        assert_eq!(subtitle("r.io/").unwrap(), "of images under r.io/");
        assert_eq!(subtitle("r.io/app:").unwrap(), "of tags of r.io/app");
        assert_eq!(subtitle(""), None);
    }
}
