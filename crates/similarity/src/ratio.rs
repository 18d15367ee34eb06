//! From what two sets weigh to how alike they are: the one place where integers become a ratio.

/// Returns `shared / union` of two sets that weigh `a` and `b`, and 1 if both weigh nothing.
#[inline]
pub(crate) fn jaccard_ratio(shared: u128, a: u128, b: u128) -> f64 {
    part(shared, a + b - shared)
}

/// Returns the same as [`jaccard_ratio`], faster where the union fits in 64 bits.
#[inline]
pub(crate) fn jaccard_of(shared: u64, a: u64, b: u64) -> f64 {
    match (a - shared).checked_add(b) {
        // Both weigh nothing.
        Some(0) => 1.0,
        Some(union) => shared as f64 / union as f64,
        None => jaccard_ratio(shared.into(), a.into(), b.into()),
    }
}

/// Returns `shared / a`, and 1 if `a` is nothing: of nothing, nothing is missing.
#[inline]
pub(crate) fn containment_ratio(shared: u128, a: u128) -> f64 {
    part(shared, a)
}

#[inline]
fn part(of: u128, whole: u128) -> f64 {
    if whole == 0 {
        1.0
    } else {
        of as f64 / whole as f64
    }
}
