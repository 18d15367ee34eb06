//! `Link` headers, by which a registry says where a list goes on.

/// Finds the target of the first link with relation `next` in the value of a `Link` header.
///
/// The target is returned as it stands there: an address of its own, or one relative to the page's. Texts that are no
/// `Link` header are read as far as they are, and never panic.
///
/// # Examples
///
/// ```
/// use pullstudy_registry::next_link;
///
/// let value = r#"</v2/a/b/tags/list?last=1.0&n=2>; rel="next""#;
/// assert_eq!(next_link(value), Some("/v2/a/b/tags/list?last=1.0&n=2"));
/// assert_eq!(next_link(r#"<first>; rel="prev", <third>; rel="last Next"; title="a, <b>""#), Some("third"));
/// assert_eq!(next_link("<elsewhere>; rel=alternate"), None);
/// ```
///
/// # Source
///
/// RFC 8288, sections 3 and B.2 ("Parsing a Link Header Field").
pub fn next_link(value: &str) -> Option<&str> {
    let mut rest = value;
    while let Some((link, after)) = parse_link(rest) {
        if link.is_next {
            return Some(link.target);
        }
        rest = after;
    }
    None
}

struct Link<'a> {
    target: &'a str,
    is_next: bool,
}

/// Reads one link: `<target>`, its parameters, and the comma behind them.
fn parse_link(text: &str) -> Option<(Link<'_>, &str)> {
    let text = text.trim_start_matches(|char: char| char.is_ascii_whitespace() || char == ',');
    let (target, mut rest) = text.strip_prefix('<')?.split_once('>')?;
    let mut relation = None;
    loop {
        rest = rest.trim_ascii_start();
        let Some(after) = rest.strip_prefix(';') else {
            break;
        };
        let (name, value, after) = parse_parameter(after);
        // Of several `rel` parameters, the first counts (section 3.3).
        if relation.is_none() && name.eq_ignore_ascii_case("rel") {
            relation = Some(value);
        }
        rest = after;
    }
    let link = Link {
        target: target.trim_ascii(),
        is_next: relation.is_some_and(|relation| names_next(&relation)),
    };
    // What stands between the parameters and the next comma is no link; the links behind it are.
    let after = rest.find(',').map_or("", |comma| &rest[comma + 1..]);
    Some((link, after))
}

/// Reads a parameter behind its semicolon: a name, and a value that may be quoted or missing.
fn parse_parameter(text: &str) -> (&str, String, &str) {
    let end = text.find([';', ',', '=']).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let name = name.trim_ascii();
    let Some(value) = rest.strip_prefix('=') else {
        return (name, String::new(), rest);
    };
    let value = value.trim_ascii_start();
    if let Some(quoted) = value.strip_prefix('"') {
        let (value, rest) = parse_quoted(quoted);
        return (name, value, rest);
    }
    let end = value.find([';', ',']).unwrap_or(value.len());
    (name, value[..end].trim_ascii().to_owned(), &value[end..])
}

/// Reads up to the closing quote; a backslash takes the next character as it is. Without a closing quote, all is value.
fn parse_quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((position, char)) = chars.next() {
        match char {
            '"' => return (value, &text[position + 1..]),
            '\\' => value.extend(chars.next().map(|(_, char)| char)),
            _ => value.push(char),
        }
    }
    (value, "")
}

/// A relation may be several, parted by spaces, in whatever case.
fn names_next(relation: &str) -> bool {
    let mut names = relation.split_ascii_whitespace();
    names.any(|name| name.eq_ignore_ascii_case("next"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn links_as_registries_write_them() {
        // Columns: header, target of `next`.
        let cases = [
            // distribution, Docker Hub, ghcr.io
            (
                r#"</v2/library/busybox/tags/list?last=1.36&n=100>; rel="next""#,
                Some("/v2/library/busybox/tags/list?last=1.36&n=100"),
            ),
            // Quay
            (
                r#"</v2/a/b/tags/list?n=50&next_page=gAAAAABm%3D%3D>; rel="next""#,
                Some("/v2/a/b/tags/list?n=50&next_page=gAAAAABm%3D%3D"),
            ),
            // Harbor lists the page before, too
            (
                r#"</v2/a/b/tags/list?n=2&last=a>; rel="prev" , </v2/a/b/tags/list?n=2&last=c>; rel="next""#,
                Some("/v2/a/b/tags/list?n=2&last=c"),
            ),
            (
                "<https://ghcr.io/v2/a/b/tags/list?n=0&last=x>;rel=next",
                Some("https://ghcr.io/v2/a/b/tags/list?n=0&last=x"),
            ),
            ("  <a>  ;  REL = \"NEXT\"  ", Some("a")),
            ("<a>; title; rel=next", Some("a")),
            ("<a>; title=\"x\\\"; rel=next\", <b>; rel=next", Some("b")),
            ("<a,b;c>; rel=next", Some("a,b;c")),
            ("<>; rel=next", Some("")),
            ("<a>; rel=prev; rel=next", None),
            ("<a>; rel=nextish", None),
            ("<a>; title=\"rel=next\"", None),
            ("<a>", None),
            ("<a; rel=next", None),
            ("a; rel=next", None),
            (",,,<a>; rel=next", Some("a")),
            ("<a> nonsense, <b>; rel=next", Some("b")),
            ("<a>; rel=\"next", Some("a")),
            ("", None),
        ];
        for (header, target) in cases {
            assert_eq!(next_link(header), target, "{header}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "[<>;,=\" a\\\\é]{0,60}|.{0,200}") {
            let _ = next_link(&text);
        }

        #[test]
        fn a_link_is_found_behind_any_others(
            others in prop::collection::vec(("[a-z/?=&]{0,12}", "[a-m]{1,6}", "[a-z,;<> ]{0,9}"), 0..4),
            target in "[a-z0-9/?=&.:-]{1,30}",
        ) {
            let mut header: String = others
                .iter()
                .map(|(target, rel, title)| format!("<{target}>; rel=\"{rel}\"; title=\"{title}\", "))
                .collect();
            header.push_str(&format!("<{target}>; rel=\"next\""));
            prop_assert_eq!(next_link(&header), Some(target.as_str()));
        }
    }
}
