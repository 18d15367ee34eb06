//! What makes two sightings one event.

use sha2::{Digest, Sha256};

use crate::json::RawText;
use crate::message::COMBINED;
use crate::record::Record;

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
                let repeats = hash(&[&event, message.bytes()]);
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
            let id = parse_uid(uid.bytes()).unwrap_or_else(|| hash(&[uid.bytes()]));
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
            distinct: hash(&[namespace, name, &count, bytes(metadata.resource_version)]),
            repeats: hash(&[namespace, name]),
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
        let repeats = hash(&fields.map(bytes));
        let count = record.series_count.or(record.count).unwrap_or(1);
        let last = bytes(record.series_last.or(record.last_timestamp));
        Self {
            distinct: hash(&[&repeats.to_le_bytes(), &count.to_le_bytes(), last]),
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

/// Hashes fields so that no two lists of them run together.
fn hash(fields: &[&[u8]]) -> EventId {
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

/// Reads `505c2b1d-9c9e-4c1e-a5e8-6a3d5f0f7f0e`.
fn parse_uid(text: &[u8]) -> Option<EventId> {
    if text.len() != 36 {
        return None;
    }
    text.iter()
        .enumerate()
        .try_fold(0, |id: EventId, (position, &byte)| {
            if matches!(position, 8 | 13 | 18 | 23) {
                return (byte == b'-').then_some(id);
            }
            let digit = match byte {
                b'0'..=b'9' => byte - b'0',
                b'a'..=b'f' => byte - b'a' + 10,
                _ => return None,
            };
            Some(id << 4 | EventId::from(digit))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Value;

    fn identity(line: &str) -> Identity {
        let value = Value::read_all(line.as_bytes()).unwrap();
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
