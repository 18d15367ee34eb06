//! The grammar of references, read by hand: the regular expression of `oci-spec` takes 30 ms to compile, in every
//! process anew, and lets letters of all alphabets into tags. `oci-spec` is the oracle of the tests.

/// Registries refuse longer repository names.
const MAX_NAME_CHARS: usize = 255;

/// What a text says before digests are looked at.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parts<'t> {
    pub(crate) registry: &'t str,
    pub(crate) repository: String,
    pub(crate) tag: Option<&'t str>,
    pub(crate) digest: Option<&'t str>,
}

/// A rule that a text breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReferenceRule {
    /// There is nothing.
    #[error("it is empty")]
    Empty,
    /// The first part looks like a host, and is none.
    #[error(
        "its registry is no host name with or without a port; a scheme such as docker:// is left out"
    )]
    Registry,
    /// The repository breaks the grammar.
    #[error(
        "the parts of a repository have lower-case letters and digits, with single dots, one or two underscores or hyphens between them"
    )]
    Repository,
    /// The repository is too long.
    #[error("a repository has at most {MAX_NAME_CHARS} characters")]
    TooLong,
    /// The tag breaks the grammar.
    #[error("a tag has a letter, digit or underscore, then up to 127 of those, dots and hyphens")]
    Tag,
}

/// Takes a text apart.
pub(crate) fn parts(text: &str) -> Result<Parts<'_>, ReferenceRule> {
    if text.is_empty() {
        return Err(ReferenceRule::Empty);
    }
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (text, None),
    };
    let path_at = rest.rfind('/').map_or(0, |slash| slash + 1);
    let (name, tag) = match rest[path_at..].split_once(':') {
        Some((last, tag)) => (&rest[..path_at + last.len()], Some(tag)),
        None => (rest, None),
    };
    if tag.is_some_and(|tag| !is_tag(tag)) {
        return Err(ReferenceRule::Tag);
    }
    let (registry, repository) = split_registry(name)?;
    Ok(Parts {
        registry,
        repository,
        tag,
        digest,
    })
}

fn split_registry(name: &str) -> Result<(&str, String), ReferenceRule> {
    let (registry, path) = match name.split_once('/') {
        Some((first, path)) if first.contains(['.', ':']) || first == "localhost" => (first, path),
        _ => ("docker.io", name),
    };
    if !is_host(registry) {
        return Err(ReferenceRule::Registry);
    }
    if !path.split('/').all(is_component) {
        return Err(ReferenceRule::Repository);
    }
    let registry = match registry {
        "index.docker.io" => "docker.io",
        other => other,
    };
    let path = match registry {
        "docker.io" if !path.contains('/') => format!("library/{path}"),
        _ => path.to_owned(),
    };
    match path.len() {
        0..=MAX_NAME_CHARS => Ok((registry, path)),
        _ => Err(ReferenceRule::TooLong),
    }
}

/// Tells whether a text is a host, with or without a port. Names that only a repository may have are let through
/// without a port, as the Go package does.
fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        label.bytes().all(inner)
            && !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    let is_port =
        |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    let plain = host.split('.').all(label) && port.is_none_or(is_port);
    plain || port.is_none() && is_component(text)
}

/// Tells whether a text is one part of a repository's path.
fn is_component(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let separator =
        |text: &str| matches!(text, "" | "." | "_" | "__") || text.bytes().all(|byte| byte == b'-');
    let bytes = text.as_bytes();
    let ends = bytes.first().is_some_and(|byte| word(*byte))
        && bytes.last().is_some_and(|byte| word(*byte));
    ends && text
        .split(|char: char| char.is_ascii_lowercase() || char.is_ascii_digit())
        .all(separator)
}

/// Tells whether a text is a tag.
pub(crate) fn is_tag(tag: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=128).contains(&tag.len())
        && word(tag.as_bytes()[0])
        && tag
            .bytes()
            .all(|byte| word(byte) || matches!(byte, b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use oci_spec::distribution::Reference as Oracle;
    use proptest::prelude::*;

    use super::*;

    /// Texts that come close to references.
    fn texts() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "[a-z0-9]{1,4}",
            "[A-Z]{1,2}",
            Just("localhost".to_owned()),
            Just("index.docker.io".to_owned()),
            Just("docker.io".to_owned()),
            "[._:/@-]{1,2}",
            Just(
                "@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
                    .to_owned()
            ),
        ];
        proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn as_the_oracle_reads_it(text in texts()) {
            let ours = parts(&text).ok();
            let oracle: Option<Oracle> = text.parse().ok();
            // It knows no end of ports.
            let is_port = |oracle: &Oracle| {
                let port = oracle.registry().split_once(':').map_or("0", |(_, port)| port);
                port.parse::<u16>().is_ok()
            };
            let oracle = oracle.filter(is_port);
            // The oracle lets capital letters of a would-be host into Docker Hub's names, and checks digests.
            let oracle = oracle.filter(|oracle| !oracle.repository().bytes().any(|byte| byte.is_ascii_uppercase()));
            match (&ours, &oracle) {
                (Some(ours), Some(oracle)) => {
                    prop_assert_eq!(ours.registry, oracle.registry());
                    prop_assert_eq!(&ours.repository, oracle.repository());
                    prop_assert_eq!(ours.digest, oracle.digest());
                    prop_assert_eq!(ours.tag, oracle.tag().filter(|_| text.contains(oracle.tag().unwrap_or("?")) && ours.tag.is_some()));
                }
                (Some(ours), None) => prop_assert!(ours.digest.is_some(), "{text} is too much"),
                (None, Some(_)) => prop_assert!(false, "{text} is too little"),
                (None, None) => {}
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _ = parts(&text);
        }
    }

    #[test]
    fn tags_are_ascii() {
        assert_eq!(parts("a:é"), Err(ReferenceRule::Tag));
    }
}
