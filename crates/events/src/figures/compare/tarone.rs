//! Tarone's rule: which of several tests can show anything at all.

/// Returns the largest smallest p that a test may have to be made: `alpha / K`, with the smallest K for which the
/// number of tests that can reach `alpha / K` is at most K.
///
/// Each test that is made can be significant after a correction for all that are made.
///
/// # Source
///
/// R. E. Tarone, Biometrics 46 (1990).
pub(super) fn limit(smallest_p_values: &[f64], alpha: f64) -> f64 {
    let is_enough = |divisor: &usize| {
        let limit = alpha / *divisor as f64;
        let reaching = smallest_p_values.iter().filter(|&&p| p <= limit);
        reaching.count() <= *divisor
    };
    // All tests divided by their number are enough.
    let most = smallest_p_values.len().max(1);
    let divisor = (1..most).find(is_enough).unwrap_or(most);
    alpha / divisor as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// K for which `limit` is `0.05 / K`.
    fn divisor(smallest_p_values: &[f64]) -> f64 {
        (0.05 / limit(smallest_p_values, 0.05)).round()
    }

    #[test]
    fn the_divisor_is_the_smallest_that_is_enough() {
        assert_eq!(divisor(&[]), 1.0);
        assert_eq!(divisor(&[0.9, 0.9]), 1.0);
        assert_eq!(divisor(&[0.01, 0.9, 0.9]), 1.0);
        // Two reach 0.05, none 0.025.
        assert_eq!(divisor(&[0.03, 0.03]), 2.0);
        // Three reach 0.05, two 0.025.
        assert_eq!(divisor(&[0.001, 0.02, 0.03]), 2.0);
        // Four reach 0.05, three 0.025 and 0.0167.
        assert_eq!(divisor(&[0.001, 0.001, 0.001, 0.03]), 3.0);
    }

    proptest! {
        #[test]
        fn what_is_tested_could_be_significant(
            smallest_p_values in prop::collection::vec(0.0..=0.2_f64, 0..20),
        ) {
            let limit = limit(&smallest_p_values, 0.05);
            let tested: Vec<f64> = smallest_p_values.into_iter().filter(|&p| p <= limit).collect();
            for p in &tested {
                prop_assert!(p * tested.len() as f64 <= 0.05 + 1e-12);
            }
        }
    }
}
