//! Bits into bytes, the first bit in the lowest place (RFC 1951, section 3.1.1).

/// For how many pieces room is made at once.
const PIECES_AT_ONCE: usize = 512;

/// Collects bits and gives them away as bytes.
#[derive(Debug, Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits that do not fill a byte yet, and some that do.
    pending: u64,
    pending_bits: u32,
    /// Bytes given away by [`Self::take_into`].
    taken_bytes: u64,
}

impl BitWriter {
    /// Appends the lowest `count` bits of `bits`, at most 56; the higher ones must be zero.
    #[inline]
    pub(super) fn push(&mut self, bits: u64, count: u32) {
        debug_assert!(count <= 56 && bits >> count == 0);
        if self.pending_bits + count >= 64 {
            self.spill();
        }
        self.pending |= bits << self.pending_bits;
        self.pending_bits += count;
    }

    /// Appends many pieces of at most 56 bits each.
    pub(super) fn extend(&mut self, mut pieces: impl ExactSizeIterator<Item = (u64, u32)>) {
        self.spill();
        let (mut pending, mut pending_bits) = (self.pending, self.pending_bits);
        while pieces.len() > 0 {
            let mut end = self.bytes.len();
            // Seven bytes a piece at most, and one that is not complete yet.
            self.bytes.resize(end + 7 * PIECES_AT_ONCE + 8, 0);
            for (bits, count) in pieces.by_ref().take(PIECES_AT_ONCE) {
                pending |= bits << pending_bits;
                pending_bits += count;
                // Always eight bytes, of which only the complete ones count: no branch, nothing to predict.
                self.bytes[end..end + 8].copy_from_slice(&pending.to_le_bytes());
                end += (pending_bits / 8) as usize;
                pending >>= pending_bits & !7;
                pending_bits &= 7;
            }
            self.bytes.truncate(end);
        }
        (self.pending, self.pending_bits) = (pending, pending_bits);
    }

    /// Moves whole bytes out of the accumulator.
    #[inline]
    fn spill(&mut self) {
        let whole = self.pending_bits / 8;
        self.bytes
            .extend_from_slice(&self.pending.to_le_bytes()[..whole as usize]);
        // A shift by all 64 bits would be no shift at all.
        self.pending = self.pending.checked_shr(8 * whole).unwrap_or(0);
        self.pending_bits -= 8 * whole;
    }

    /// Fills the last byte with zero bits.
    pub(super) fn align(&mut self) {
        self.pending_bits = self.pending_bits.next_multiple_of(8);
        self.spill();
    }

    /// Appends whole bytes; the bits before them must have been aligned.
    pub(super) fn push_bytes(&mut self, bytes: &[u8]) {
        debug_assert_eq!(self.pending_bits % 8, 0);
        self.spill();
        self.bytes.extend_from_slice(bytes);
    }

    /// Returns how many bits were pushed since the beginning.
    pub(super) fn written_bits(&self) -> u64 {
        (self.taken_bytes + self.bytes.len() as u64) * 8 + u64::from(self.pending_bits)
    }

    /// Moves the whole bytes to the end of `out` and keeps the rest.
    pub(super) fn take_into(&mut self, out: &mut Vec<u8>) {
        self.spill();
        self.taken_bytes += self.bytes.len() as u64;
        if out.is_empty() {
            std::mem::swap(out, &mut self.bytes);
        } else {
            out.append(&mut self.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_fill_bytes_from_below() {
        let mut bits = BitWriter::default();
        let mut out = Vec::new();
        bits.push(0b101, 3);
        bits.push(0x1234_5678_9abc, 48);
        bits.push(1, 13);
        assert_eq!(bits.written_bits(), 64);
        bits.take_into(&mut out);
        let value = 0b101 | 0x1234_5678_9abc << 3 | 1 << 51;
        assert_eq!(out, u64::to_le_bytes(value));
        bits.push(1, 1);
        bits.align();
        bits.push_bytes(&[9]);
        bits.take_into(&mut out);
        assert_eq!(&out[8..], [1, 9]);
        assert_eq!(bits.written_bits(), 80);
    }
}
