//! Uids that look like a cluster's, and are the same for the same names.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// Returns a UUID that depends on nothing but its two arguments.
///
/// `seed` stands for one run of an experiment and must differ between runs (put the run's start into
/// it): readers take events with equal uids for one event. `name` tells the objects of a run apart.
/// The UUID has version 8, so that nobody takes it for a random one.
///
/// # Examples
///
/// ```
/// use pullstudy_events::derive_uid;
///
/// let uid = derive_uid("quickstart 1731219229", "default/pull-0");
/// assert_eq!(uid.len(), 36);
/// assert_eq!(uid, derive_uid("quickstart 1731219229", "default/pull-0"));
/// assert_ne!(uid, derive_uid("quickstart 1731219230", "default/pull-0"));
/// ```
///
/// # Source
///
/// RFC 9562, section 5.8 and appendix B.2 (a UUID of version 8 from SHA-256).
#[must_use]
pub fn derive_uid(seed: &str, name: &str) -> String {
    let mut hasher = Sha256::new();
    // The length keeps apart ("ab", "c") and ("a", "bc").
    hasher.update((seed.len() as u64).to_be_bytes());
    hasher.update(seed);
    hasher.update(name);
    let hash = hasher.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    hyphenated(bytes)
}

fn hyphenated(bytes: [u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (position, byte) in bytes.into_iter().enumerate() {
        if matches!(position, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        write!(text, "{byte:02x}").expect("writing to a string does not fail");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_form_of_version_8() {
        let uid = derive_uid("seed", "name");
        let lengths: Vec<usize> = uid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert!(
            uid.split('-').nth(2).unwrap().starts_with('8'),
            "version of {uid}"
        );
        assert!(
            uid.split('-')
                .nth(3)
                .unwrap()
                .starts_with(['8', '9', 'a', 'b']),
            "variant of {uid}"
        );
    }

    #[test]
    fn seed_and_name_do_not_run_into_each_other() {
        assert_ne!(derive_uid("ab", "c"), derive_uid("a", "bc"));
    }
}
