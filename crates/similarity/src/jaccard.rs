//! How alike two sets are.

use std::cmp::Ordering;

use crate::ratio::{containment_ratio, jaccard_ratio};

/// A slice that is no set: its items do not strictly increase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the item at position {position} is not greater than the one before it")]
pub struct UnsortedSet {
    /// The first position, from 0, whose item is not greater than the one before it.
    pub position: usize,
}

/// Returns the Jaccard similarity of two sets, `|A ∩ B| / |A ∪ B|`.
///
/// Each slice is one set, strictly increasing. The result has no unit, lies in `0.0..=1.0` and
/// is symmetric. Two empty sets are equal, so their similarity is `1.0`.
///
/// # Errors
///
/// [`UnsortedSet`] with the first position that is not greater than the one before it, in `a` if both are unsorted.
///
/// # Examples
///
/// ```
/// let (a, b) = ([1, 2, 3], [2, 3, 4]);
/// assert_eq!(pullstudy_similarity::jaccard(&a, &b)?, 0.5);
/// # Ok::<(), pullstudy_similarity::UnsortedSet>(())
/// ```
///
/// # Source
///
/// P. Jaccard, Bull. Soc. vaud. sci. nat. 37 (1901).
pub fn jaccard<T: Ord>(a: &[T], b: &[T]) -> Result<f64, UnsortedSet> {
    weighted_jaccard(a, b, |_| 1)
}

/// Returns the Jaccard similarity of two sets by weight, `w(A ∩ B) / w(A ∪ B)`.
///
/// Each slice is one set, strictly increasing; `weight` gives the weight of an item, in whichever unit, and is asked
/// once an item. Weights are added as integers, so that no order of items changes the
/// result. Two sets that weigh nothing have similarity `1.0`.
///
/// # Errors
///
/// [`UnsortedSet`] as for [`jaccard`].
///
/// # Examples
///
/// ```
/// use pullstudy_similarity::weighted_jaccard;
///
/// let size_bytes = |layer: &&str| if *layer == "base" { 300 } else { 100 };
/// assert_eq!(weighted_jaccard(&["base", "x"], &["base", "y"], size_bytes)?, 0.6);
/// # Ok::<(), pullstudy_similarity::UnsortedSet>(())
/// ```
///
/// # Source
///
/// S. Ioffe, "Improved Consistent Sampling, Weighted Minhash and L1 Sketching", ICDM 2010, for
/// weights that are those of the items.
pub fn weighted_jaccard<T: Ord>(
    a: &[T],
    b: &[T],
    weight: impl Fn(&T) -> u64,
) -> Result<f64, UnsortedSet> {
    let overlap = Overlap::of(a, b, weight)?;
    Ok(jaccard_ratio(overlap.shared, overlap.a, overlap.b))
}

/// Returns how much of `a` is in `b`, `|A ∩ B| / |A|`.
///
/// Each slice is one set, strictly increasing. The result lies in `0.0..=1.0` and is not
/// symmetric. An empty `a` lacks nothing: `1.0`.
///
/// # Errors
///
/// [`UnsortedSet`] as for [`jaccard`].
///
/// # Examples
///
/// ```
/// assert_eq!(pullstudy_similarity::containment(&[1, 2], &[2, 3, 4])?, 0.5);
/// # Ok::<(), pullstudy_similarity::UnsortedSet>(())
/// ```
pub fn containment<T: Ord>(a: &[T], b: &[T]) -> Result<f64, UnsortedSet> {
    weighted_containment(a, b, |_| 1)
}

/// Returns how much of what `a` weighs is in `b`, `w(A ∩ B) / w(A)`.
///
/// As [`containment`], with weights as for [`weighted_jaccard`]. An `a` that weighs nothing
/// gives `1.0`.
///
/// # Errors
///
/// [`UnsortedSet`] as for [`jaccard`].
///
/// # Examples
///
/// ```
/// use pullstudy_similarity::weighted_containment;
///
/// assert_eq!(weighted_containment(&[1, 3], &[3, 4], |&item| item)?, 0.75);
/// # Ok::<(), pullstudy_similarity::UnsortedSet>(())
/// ```
pub fn weighted_containment<T: Ord>(
    a: &[T],
    b: &[T],
    weight: impl Fn(&T) -> u64,
) -> Result<f64, UnsortedSet> {
    let overlap = Overlap::of(a, b, weight)?;
    Ok(containment_ratio(overlap.shared, overlap.a))
}

/// What two sets weigh, and what they share.
#[derive(Default)]
struct Overlap {
    a: u128,
    b: u128,
    shared: u128,
}

impl Overlap {
    fn of<T: Ord>(a: &[T], b: &[T], weight: impl Fn(&T) -> u64) -> Result<Self, UnsortedSet> {
        check_increasing(a)?;
        check_increasing(b)?;
        let weight = |item: &T| u128::from(weight(item));
        let mut overlap = Self::default();
        let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            match x.cmp(y) {
                Ordering::Less => overlap.a += a.next().map_or(0, weight),
                Ordering::Greater => overlap.b += b.next().map_or(0, weight),
                Ordering::Equal => {
                    let both = a.next().map_or(0, weight);
                    b.next();
                    overlap.a += both;
                    overlap.b += both;
                    overlap.shared += both;
                }
            }
        }
        overlap.a += a.map(weight).sum::<u128>();
        overlap.b += b.map(weight).sum::<u128>();
        Ok(overlap)
    }
}

fn check_increasing<T: Ord>(set: &[T]) -> Result<(), UnsortedSet> {
    match set.windows(2).position(|pair| pair[0] >= pair[1]) {
        Some(before) => Err(UnsortedSet {
            position: before + 1,
        }),
        None => Ok(()),
    }
}
