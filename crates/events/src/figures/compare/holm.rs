//! The correction of Holm for several tests.

/// Returns p values corrected for being several, in the order of the input: not above `alpha` are those, and only
/// those, that may be called significant together.
///
/// # Source
///
/// S. Holm, Scandinavian Journal of Statistics 6 (1979).
pub(super) fn adjusted(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&i, &j| p_values[i].total_cmp(&p_values[j]));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut largest = 0.0_f64;
    for (rank, &position) in order.iter().enumerate() {
        let tests_left = (p_values.len() - rank) as f64;
        largest = largest.max((tests_left * p_values[position]).min(1.0));
        adjusted[position] = largest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn agrees_with_r() {
        // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") is 0.03 0.06 0.06 0.02.
        let corrected = adjusted(&[0.01, 0.04, 0.03, 0.005]);
        for (actual, expected) in corrected.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((actual - expected).abs() < 1e-12, "{corrected:?}");
        }
        assert_eq!(adjusted(&[0.2]), [0.2]);
        assert_eq!(adjusted(&[0.9, 0.8]), [1.0, 1.0]);
        assert_eq!(adjusted(&[]), [0.0; 0]);
    }

    proptest! {
        #[test]
        fn a_correction_never_lowers_p_and_keeps_the_order(
            p_values in prop::collection::vec(0.0..=1.0_f64, 1..20),
        ) {
            let corrected = adjusted(&p_values);
            for i in 0..p_values.len() {
                prop_assert!(corrected[i] >= p_values[i] && corrected[i] <= 1.0);
                for j in 0..p_values.len() {
                    prop_assert!(p_values[i] > p_values[j] || corrected[i] <= corrected[j]);
                }
            }
        }
    }
}
