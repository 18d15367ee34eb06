//! Parts of JSON that come again and again, remembered so as not to be looked through again.

/// What differs in its first bytes has a slot of its own, by and large.
const SLOTS: usize = 64;

/// So many bytes choose the slot. Shorter texts are looked through faster than they are remembered.
const START_BYTES: usize = 64;

/// Longer texts are not remembered.
const MAX_TEXT_BYTES: usize = 16 << 10;

/// Objects that were looked through: the labels and annotations of a pod stand in each of its events.
#[derive(Debug, Default)]
pub struct KnownTexts {
    slots: Vec<Slot>,
}

#[derive(Debug, Clone, Default)]
struct Slot {
    text: Vec<u8>,
    /// How deep it stood: it may stand there or higher up. Deeper, it might be nested deeper than is allowed.
    depth: u32,
}

impl KnownTexts {
    /// Returns the length of the known object that `text` begins with.
    #[inline]
    pub fn recall(&self, text: &[u8], depth: u32) -> Option<usize> {
        let slot = self.slots.get(slot_of(text)?)?;
        let is_known = !slot.text.is_empty() && depth <= slot.depth && text.starts_with(&slot.text);
        is_known.then_some(slot.text.len())
    }

    /// Remembers the object of `length` bytes that `text` begins with.
    pub fn remember(&mut self, text: &[u8], length: usize, depth: u32) {
        let Some(slot) = slot_of(text).filter(|_| length <= MAX_TEXT_BYTES) else {
            return;
        };
        self.slots.resize_with(SLOTS, Slot::default);
        let slot = &mut self.slots[slot];
        slot.text.clear();
        slot.text.extend_from_slice(&text[..length]);
        slot.depth = depth;
    }
}

/// A bad choice costs time and nothing else: no care is taken of who might want it.
#[inline]
fn slot_of(text: &[u8]) -> Option<usize> {
    let start: &[u8; START_BYTES] = text.first_chunk()?;
    let (words, _) = start.as_chunks();
    let mix = |state: u64, word: &[u8; 8]| {
        (state.rotate_left(5) ^ u64::from_le_bytes(*word)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    };
    let hash = words.iter().fold(0, mix);
    Some((hash >> 32) as usize % SLOTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_remembered_whole_is_known() {
        let mut known = KnownTexts::default();
        let labels = format!("{{\"a\":\"{}\"}}", "x".repeat(80));
        let text = format!("{labels},\"b\":1}}");
        assert_eq!(known.recall(text.as_bytes(), 1), None);
        known.remember(text.as_bytes(), labels.len(), 1);
        assert_eq!(known.recall(text.as_bytes(), 1), Some(labels.len()));
        assert_eq!(
            known.recall(text.as_bytes(), 2),
            None,
            "it may not stand deeper"
        );
        let other = text.replace("x\"", "y\"");
        assert_eq!(known.recall(other.as_bytes(), 1), None);
        assert_eq!(known.recall(&labels.as_bytes()[..80], 1), None);
        assert_eq!(known.recall(b"{}", 1), None);
    }
}
