//! The end of a layer, where the wire bytes are met exactly.

use std::ops::RangeInclusive;

use super::segment::Segment;

/// The last stretch of a tar with its holes filled twice: with noise and with zeros.
///
/// Up to some place the noise is taken and stored as it is, from there on the zeros, compressed. Moving that place
/// by a byte moves the wire bytes by about a byte, over the whole range of what the stretch can take.
pub(super) struct Landing {
    segment: Segment,
    noise: Vec<u8>,
    zeros: Vec<u8>,
}

impl Landing {
    /// `segment` has its holes filled with noise.
    pub(super) fn new(mut segment: Segment) -> Self {
        let noise = segment.bytes().to_vec();
        segment.clear_holes();
        let zeros = segment.bytes().to_vec();
        Self {
            segment,
            noise,
            zeros,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.noise.len()
    }

    /// Returns the segment with noise before `place` and zeros from there on.
    pub(super) fn mixed(&mut self, place: usize) -> &Segment {
        let range = self.segment.range();
        let bytes = &mut self.segment.window_mut()[range];
        bytes[..place].copy_from_slice(&self.noise[..place]);
        bytes[place..].copy_from_slice(&self.zeros[place..]);
        &self.segment
    }

    pub(super) fn segment(&self) -> &Segment {
        &self.segment
    }
}

/// Where to change from noise to zeros, and what is missing then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) place: usize,
    pub(super) padding_bytes: u64,
}

/// Finds the last place at which the cost is within `wire_bytes` and the difference can be padded.
///
/// `cost` gives the wire bytes of each of the `places`; it may waver by a few bytes as it rises. Returns
/// `None` if not even the first place is cheap enough.
pub(super) fn find_place(
    places: RangeInclusive<usize>,
    wire_bytes: u64,
    mut cost: impl FnMut(usize) -> u64,
    can_pad: impl Fn(u64) -> bool,
) -> Option<Place> {
    let mut fits = |place| wire_bytes.checked_sub(cost(place));
    let (mut low, mut high) = (*places.start(), places.end() + 1);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        match fits(middle) {
            Some(_) => low = middle,
            None => high = middle,
        }
    }
    (*places.start()..=low).rev().find_map(|place| {
        let padding_bytes = fits(place).filter(|padding| can_pad(*padding))?;
        Some(Place {
            place,
            padding_bytes,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_place_that_can_be_padded_is_found() {
        let cost = |place: usize| 100 + place as u64 + (place % 3) as u64;
        let place =
            |target| find_place(0..=50, target, cost, |padding| padding == 0 || padding >= 8);
        assert_eq!(
            place(100),
            Some(Place {
                place: 0,
                padding_bytes: 0
            })
        );
        assert_eq!(place(99), None);
        assert_eq!(place(101), None, "1 to 7 bytes cannot be padded");
        assert_eq!(place(1000).map(|found| found.place), Some(50));
    }
}
