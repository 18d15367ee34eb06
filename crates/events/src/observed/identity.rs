//! What makes two sightings one event.

use sha2::{Digest, Sha256};

use crate::message::COMBINED;
use crate::record::Record;
use pullstudy_json::RawText;

/// An event's identity: its uid, or a hash of what else tells it apart.
pub(crate) type EventId = u128;

/// Identity of a sighting, and whether it is the same for all repeats of the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    /// Counts distinct events.
    pub(super) distinct: EventId,
    /// Joins the repeats of one event, of which each has a count of its own.
    pub(super) repeats: EventId,
    pub(super) has_metadata: bool,
}

impl Identity {
    /// `metadata.uid`; else namespace, name, count and resourceVersion; without metadata, all that the event says.
    ///
    /// Events that are combined are one, whose message changes: each message tells of something else.
    pub(super) fn of(record: &Record<'_>) -> Self {
        let identity = Self::of_event(record);
        match record.message {
            Some(message) if is_combined(message) => {
                let event = identity.repeats.to_le_bytes();
                let repeats = id_of(&[&event, message.bytes()]);
                Self {
                    repeats,
                    ..identity
                }
            }
            _ => identity,
        }
    }

    fn of_event(record: &Record<'_>) -> Self {
        let metadata = record.metadata.unwrap_or_default();
        if let Some(uid) = metadata.uid.filter(|uid| !uid.is_empty()) {
            let id = id_of_uid(uid.bytes());
            return Self {
                distinct: id,
                repeats: id,
                has_metadata: true,
            };
        }
        if metadata.name.is_none() {
            return Self::of_content(record);
        }
        let (namespace, name) = (bytes(metadata.namespace), bytes(metadata.name));
        let count = record.count.unwrap_or(1).to_le_bytes();
        Self {
            distinct: id_of(&[namespace, name, &count, bytes(metadata.resource_version)]),
            repeats: id_of(&[namespace, name]),
            has_metadata: true,
        }
    }

    /// Repeats differ in their count and their last timestamp.
    fn of_content(record: &Record<'_>) -> Self {
        let object = record.object.unwrap_or_default();
        let fields = [
            record.reason,
            record.message,
            record.first_timestamp,
            record.event_time,
            object.kind,
            object.namespace,
            object.name,
            object.uid,
            object.field_path,
        ];
        let repeats = id_of(&fields.map(bytes));
        let count = record.series_count.or(record.count).unwrap_or(1);
        let last = bytes(record.series_last.or(record.last_timestamp));
        Self {
            distinct: id_of(&[&repeats.to_le_bytes(), &count.to_le_bytes(), last]),
            repeats,
            has_metadata: false,
        }
    }
}

/// Tells whether a kubelet had so many like this that it put them into one event.
pub(super) fn is_combined(message: RawText<'_>) -> bool {
    message.bytes().starts_with(COMBINED.as_bytes())
}

fn bytes(raw: Option<RawText<'_>>) -> &[u8] {
    raw.map_or(&[], RawText::bytes)
}

/// Returns the identity in a uid: its digits if it has the form of one, else a hash.
pub(super) fn id_of_uid(uid: &[u8]) -> EventId {
    parse_uid(uid).unwrap_or_else(|| id_of(&[uid]))
}

/// Hashes fields so that no two lists of them run together.
pub(super) fn id_of(fields: &[&[u8]]) -> EventId {
    let mut hasher = Sha256::new();
    for field in fields {
        hasher.update((field.len() as u64).to_le_bytes());
        hasher.update(field);
    }
    let digest = hasher.finalize();
    let (first, _) = digest
        .as_slice()
        .split_first_chunk()
        .expect("SHA-256 gives 32 bytes");
    EventId::from_le_bytes(*first)
}

/// What is no digit has a bit that none of them has.
const NO_DIGIT: u8 = 0x80;

/// The value of each hexadecimal digit in small letters.
const DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        digits[b"0123456789abcdef"[value] as usize] = value as u8;
        value += 1;
    }
    digits
};

/// Reads `505c2b1d-9c9e-4c1e-a5e8-6a3d5f0f7f0e`.
fn parse_uid(text: &[u8]) -> Option<EventId> {
    let text: &[u8; 36] = text.try_into().ok()?;
    let has_hyphens = [text[8], text[13], text[18], text[23]] == [b'-'; 4];
    let (mut id, mut all) = (0, 0);
    for group in [0..8, 9..13, 14..18, 19..23, 24..36] {
        let mut digits = 0_u64;
        let bits = 4 * group.len();
        for &byte in &text[group] {
            let digit = DIGITS[usize::from(byte)];
            all |= digit;
            digits = digits << 4 | u64::from(digit & 0xf);
        }
        id = id << bits | EventId::from(digits);
    }
    (has_hyphens && all & NO_DIGIT == 0).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Value;
    use pullstudy_json::KnownTexts;

    fn identity(line: &str) -> Identity {
        let value = Value::read_all(line.as_bytes(), &mut KnownTexts::default()).unwrap();
        Identity::of(value.events().next().unwrap())
    }

    #[test]
    fn a_uid_is_all_that_matters() {
        let uid = "505c2b1d-9c9e-4c1e-a5e8-6a3d5f0f7f0e";
        let first = identity(&format!(
            r#"{{"metadata":{{"uid":"{uid}"}},"reason":"A","count":1}}"#
        ));
        let repeat = identity(&format!(
            r#"{{"metadata":{{"uid":"{uid}"}},"reason":"A","count":2}}"#
        ));
        assert_eq!(first, repeat);
        assert_eq!(first.distinct, 0x505c_2b1d_9c9e_4c1e_a5e8_6a3d_5f0f_7f0e);
        assert_ne!(
            first,
            identity(r#"{"metadata":{"uid":"505c2b1d"},"reason":"A"}"#)
        );
    }

    #[test]
    fn only_hyphens_and_digits_make_a_uid() {
        let uid = b"505c2b1d-9c9e-4c1e-a5e8-6a3d5f0f7f0e";
        for position in 0..uid.len() {
            for wrong in [b'g', b'/', b':', b'A', b'\\', 0xff] {
                let mut uid = *uid;
                uid[position] = wrong;
                assert_eq!(parse_uid(&uid), None, "{position} {wrong}");
            }
        }
        assert_eq!(parse_uid(&uid[1..]), None);
    }

    #[test]
    fn without_a_uid_repeats_are_distinct_and_belong_together() {
        let line = |count| {
            format!(
                r#"{{"metadata":{{"name":"p.1","namespace":"d"}},"reason":"A","count":{count}}}"#
            )
        };
        let (first, repeat) = (identity(&line(1)), identity(&line(2)));
        assert_ne!(first.distinct, repeat.distinct);
        assert_eq!(first.repeats, repeat.repeats);
        assert!(first.has_metadata);
    }

    #[test]
    fn without_metadata_an_event_is_what_it_says() {
        let (a, b) = (
            identity(r#"{"reason":"A","message":"x"}"#),
            identity(r#"{"reason":"A","message":"y"}"#),
        );
        assert_ne!(a.distinct, b.distinct);
        assert!(!a.has_metadata);
    }
}
