//! Sharing an image's bytes among its layers.

use crate::Split;

/// Layers that all images of a set have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SharedLayers {
    /// How many of an image's first layers.
    pub(super) count: u64,
    /// The bytes of each.
    pub(super) each_bytes: u64,
}

/// Shares `total_bytes` among `count` layers, first to last; they sum to the total exactly.
///
/// Bytes that an even share leaves over go to the first layers, one each. Returns `None` where the split leaves no
/// bytes for the layers that are neither shared nor the largest.
pub(super) fn shares(
    total_bytes: u64,
    count: u64,
    split: Split,
    shared: SharedLayers,
) -> Option<Vec<u64>> {
    let shared_bytes = shared.each_bytes.checked_mul(shared.count)?;
    let largest = largest(total_bytes, count, split);
    let rest = total_bytes
        .checked_sub(shared_bytes)?
        .checked_sub(largest.unwrap_or(0))?;
    let rest_count = count.checked_sub(shared.count)? - u64::from(largest.is_some());
    if rest_count == 0 && rest > 0 {
        return None;
    }
    let mut shares = vec![shared.each_bytes; usize::try_from(shared.count).ok()?];
    shares.extend(
        (0..rest_count).map(|index| rest / rest_count + u64::from(index < rest % rest_count)),
    );
    shares.extend(largest);
    Some(shares)
}

/// Returns the bytes of the smallest layer when nothing is shared between images.
pub(super) fn smallest_share(total_bytes: u64, count: u64, split: Split) -> u64 {
    match largest(total_bytes, count, split) {
        Some(largest) => (total_bytes - largest) / (count - 1),
        None => total_bytes / count,
    }
}

/// Returns the bytes of the one large layer; an image of a single layer has no other.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share is a rough wish, its product lies between 0 and the total, and the rest is exact again"
)]
fn largest(total_bytes: u64, count: u64, split: Split) -> Option<u64> {
    match split {
        Split::Largest(share) if count > 1 => {
            Some(((total_bytes as f64 * share) as u64).min(total_bytes))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NONE: SharedLayers = SharedLayers {
        count: 0,
        each_bytes: 0,
    };

    #[test]
    fn what_is_left_over_goes_to_the_first_layers() {
        assert_eq!(shares(11, 4, Split::Even, NONE), Some(vec![3, 3, 3, 2]));
        assert_eq!(
            shares(100, 3, Split::Largest(0.9), NONE),
            Some(vec![5, 5, 90])
        );
        assert_eq!(shares(100, 1, Split::Largest(0.9), NONE), Some(vec![100]));
        let shared = SharedLayers {
            count: 2,
            each_bytes: 10,
        };
        assert_eq!(
            shares(61, 4, Split::Even, shared),
            Some(vec![10, 10, 21, 20])
        );
        assert_eq!(shares(15, 4, Split::Even, shared), None);
    }

    proptest! {
        #[test]
        fn shares_sum_to_the_total(total in 0..u64::MAX / 4, count in 1..300_u64, share in 0.01..1.0_f64) {
            for split in [Split::Even, Split::Largest(share)] {
                let shares = shares(total, count, split, NONE).unwrap();
                prop_assert_eq!(shares.len() as u64, count);
                prop_assert_eq!(shares.iter().sum::<u64>(), total);
            }
        }

        #[test]
        fn the_smallest_share_can_be_shared(total in 0..1_u64 << 50, count in 2..300_u64, share in 0.5..0.99_f64) {
            for split in [Split::Even, Split::Largest(share)] {
                let each_bytes = smallest_share(total, count, split);
                let shared = SharedLayers { count: count / 2, each_bytes };
                let shares = shares(total, count, split, shared).unwrap();
                prop_assert_eq!(shares.iter().sum::<u64>(), total);
                prop_assert!(shares.iter().all(|share| *share >= each_bytes));
            }
        }
    }
}
