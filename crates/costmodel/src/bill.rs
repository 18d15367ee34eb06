//! Node-seconds to money.

/// Seconds in an hour, by which machines are paid.
pub(crate) const SECONDS_PER_HOUR: f64 = 3600.0;

/// Returns what nodes cost for so many seconds, all of them together, in USD: `node_seconds / 3600 × usd_per_hour`.
///
/// Clouds bill by the second with a minimum of a minute or so for each machine; that minimum is not part of it, because
/// nodes that pull run longer than the pull.
///
/// # Examples
///
/// ```
/// // One node for an hour, or four for a quarter of it.
/// assert_eq!(pullstudy_costmodel::node_cost_usd(3600.0, 5.09), 5.09);
/// assert_eq!(pullstudy_costmodel::node_cost_usd(4.0 * 900.0, 5.09), 5.09);
/// ```
#[must_use]
pub fn node_cost_usd(node_seconds: f64, usd_per_hour: f64) -> f64 {
    node_seconds / SECONDS_PER_HOUR * usd_per_hour
}
