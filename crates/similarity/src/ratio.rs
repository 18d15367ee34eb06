//! From what two sets weigh to how alike they are: the one place where integers become a ratio.

/// Returns `shared / union` of two sets that weigh `a` and `b`, and 1 if both weigh nothing.
#[inline]
pub(crate) fn jaccard_ratio(shared: u128, a: u128, b: u128) -> f64 {
    part(shared, a + b - shared)
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
