//! The rules that Kubernetes has for names, labels, quantities and paths.

use std::path::{Component, Path};

use super::error::DeployError;

/// Of a label of RFC 1123, and of the value of a Kubernetes label.
pub(super) const MOST_LABEL_BYTES: usize = 63;

/// Checks a name that has to be a label of RFC 1123.
pub(super) fn check_label(what: &'static str, text: &str) -> Result<(), DeployError> {
    check_label_of(what, text, MOST_LABEL_BYTES)
}

/// Checks a name that must leave room for what is put behind it.
pub(super) fn check_label_of(
    what: &'static str,
    text: &str,
    most: usize,
) -> Result<(), DeployError> {
    if text.len() <= most && is_label(text) {
        return Ok(());
    }
    let text = text.to_owned();
    Err(DeployError::Name { what, text, most })
}

fn is_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// Takes `KEY=VALUE` apart, as the labels of nodes are written.
pub(super) fn node_label(text: &str) -> Result<(String, String), DeployError> {
    let parts = text.split_once('=');
    match parts.filter(|(key, value)| is_label_key(key) && is_label_value(value)) {
        Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
        None => Err(DeployError::NodeSelector {
            text: text.to_owned(),
        }),
    }
}

/// `[PREFIX/]NAME`: the prefix is a DNS name, the name reads like a value that is not empty.
fn is_label_key(text: &str) -> bool {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    let is_dns_name = |prefix: &str| prefix.len() <= 253 && prefix.split('.').all(is_label);
    prefix.is_none_or(is_dns_name) && !name.is_empty() && is_label_value(name)
}

fn is_label_value(text: &str) -> bool {
    let outer = |byte: &u8| byte.is_ascii_alphanumeric();
    let inner = |byte: &u8| outer(byte) || b"-_.".contains(byte);
    let bytes = text.as_bytes();
    text.len() <= MOST_LABEL_BYTES
        && bytes.iter().all(inner)
        && bytes.first().is_none_or(outer)
        && bytes.last().is_none_or(outer)
}

/// Checks the size of a volume: digits, a point perhaps, and a unit.
pub(super) fn check_quantity(text: &str) -> Result<(), DeployError> {
    let end = text.find(|char: char| !char.is_ascii_digit() && char != '.');
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    const UNITS: [&str; 13] = [
        "", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei",
    ];
    let number: Option<f64> = number.parse().ok();
    if number.is_some_and(|number| number > 0.0) && UNITS.contains(&unit) {
        return Ok(());
    }
    let text = text.to_owned();
    Err(DeployError::Quantity { text })
}

/// Checks a path on a node and returns it as the API wants it.
pub(super) fn host_path(what: &'static str, path: &Path) -> Result<String, DeployError> {
    let plain = |part| !matches!(part, Component::ParentDir);
    let text = path.to_str();
    let text =
        text.filter(|text| !text.contains(char::is_control) && !text.contains(char::is_whitespace));
    match text.filter(|_| path.is_absolute() && path.components().all(plain)) {
        Some(text) => Ok(text.to_owned()),
        None => Err(DeployError::HostPath {
            what,
            path: path.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_follow_rfc_1123() {
        let long = "a".repeat(64);
        for good in ["a", "0", "pull-study", &long[1..]] {
            assert!(check_label("the name", good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a_b", "a.b", "ä", &long] {
            assert!(check_label("the name", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn labels_of_nodes_have_a_key_and_perhaps_a_value() {
        for good in [
            "disk=ssd",
            "node.kubernetes.io/instance-type=n1-standard-16",
            "a=",
            "A_b.c=1",
        ] {
            assert!(node_label(good).is_ok(), "{good}");
        }
        for bad in [
            "disk", "=ssd", "a/=b", "/a=b", "a=b=c", "a b=c", "a=-b", "B.x/a=b", "a/b/c=d",
        ] {
            assert!(node_label(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_volume_has_a_size() {
        for good in ["10Gi", "0.5Ti", "1000000", "20G"] {
            assert!(check_quantity(good).is_ok(), "{good}");
        }
        for bad in [
            "", "0", "0Gi", "-1Gi", "Gi", "10GB", "10 Gi", "1e3", "1.2.3Gi", "10m",
        ] {
            assert!(check_quantity(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn paths_on_nodes_are_absolute() {
        assert!(host_path("the folder", Path::new("/etc/containerd/certs.d")).is_ok());
        for bad in ["etc", "", "/etc/../root", "/a b", "/a\nb"] {
            assert!(host_path("the folder", Path::new(bad)).is_err(), "{bad:?}");
        }
    }
}
