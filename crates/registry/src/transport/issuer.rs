//! Who signed a certificate that is not trusted: the name a person needs to find the right authority.

/// DER's tags (ITU-T X.690, section 8).
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_IDENTIFIER: u8 = 0x06;
/// The version of a certificate, which one of version 1 lacks.
const VERSION: u8 = 0xa0;

/// The identifiers of a common name (2.5.4.3) and an organisation (2.5.4.10).
const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];
const ORGANISATION: [u8; 3] = [0x55, 0x04, 0x0a];

/// Returns the common name of a certificate's issuer, else its organisation.
///
/// # Source
///
/// RFC 5280, section 4.1: a certificate begins with version, serial number, signature algorithm and issuer.
pub(super) fn issuer(certificate: &[u8]) -> Option<String> {
    let (certificate, _) = value(certificate, SEQUENCE)?;
    let (body, _) = value(certificate, SEQUENCE)?;
    let body = match value(body, VERSION) {
        Some((_, rest)) => rest,
        None => body,
    };
    let (_, _, rest) = element(body)?;
    let (_, rest) = value(rest, SEQUENCE)?;
    let (issuer, _) = value(rest, SEQUENCE)?;
    attribute(issuer, COMMON_NAME).or_else(|| attribute(issuer, ORGANISATION))
}

/// Finds an attribute of a distinguished name: a sequence of sets of pairs.
fn attribute(mut name: &[u8], identifier: [u8; 3]) -> Option<String> {
    while let Some((set, rest)) = value(name, SET) {
        name = rest;
        let (pair, _) = value(set, SEQUENCE)?;
        let (found, text) = value(pair, OBJECT_IDENTIFIER)?;
        if found == identifier {
            let (_, text, _) = element(text)?;
            let printable = |char: char| if char.is_control() { ' ' } else { char };
            return Some(
                String::from_utf8_lossy(text)
                    .chars()
                    .map(printable)
                    .collect(),
            );
        }
    }
    None
}

/// Takes the value of an element with this tag off the front.
fn value(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, value, rest) = element(bytes)?;
    (found == tag).then_some((value, rest))
}

/// Takes an element off the front: its tag, its value, and the rest.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        // Longer lengths say how many bytes they have; no certificate needs more than three.
        0x81..=0x83 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
            let length = digits
                .iter()
                .fold(0, |sum, &digit| sum << 8 | usize::from(digit));
            (length, rest)
        }
        _ => return None,
    };
    let (value, rest) = rest.split_at_checked(length)?;
    Some((tag, value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An element of DER.
    fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let value = parts.concat();
        let length = u8::try_from(value.len()).unwrap();
        [&[tag, 0x81, length], value.as_slice()].concat()
    }

    fn name(identifier: [u8; 3], text: &str) -> Vec<u8> {
        let identifier = der(OBJECT_IDENTIFIER, &[&identifier]);
        let pair = der(SEQUENCE, &[&identifier, &der(0x0c, &[text.as_bytes()])]);
        der(SEQUENCE, &[&der(SET, &[&pair])])
    }

    fn certificate(issuer: &[u8]) -> Vec<u8> {
        let version = der(VERSION, &[&[2, 1, 2]]);
        let (serial, algorithm) = (der(2, &[&[7]]), der(SEQUENCE, &[]));
        let body = der(SEQUENCE, &[&version, &serial, &algorithm, issuer]);
        der(SEQUENCE, &[&body])
    }

    #[test]
    fn the_issuer_is_named() {
        let common = certificate(&name(COMMON_NAME, "Study CA"));
        assert_eq!(issuer(&common).as_deref(), Some("Study CA"));
        let organisation = certificate(&name(ORGANISATION, "Study\n"));
        assert_eq!(issuer(&organisation).as_deref(), Some("Study "));
    }

    #[test]
    fn a_certificate_cut_anywhere_names_nobody() {
        let whole = certificate(&name(COMMON_NAME, "Study CA"));
        for end in 0..whole.len() {
            assert_eq!(issuer(&whole[..end]), None);
        }
    }
}
