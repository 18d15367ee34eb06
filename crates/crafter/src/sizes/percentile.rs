//! The image sizes of the published survey.

/// Percentiles of the image sizes that the published survey found, with the size in bytes at each.
///
/// The survey summed *compressed* layer sizes of images on Docker Hub and elsewhere, and its fractional values are
/// truncated here as the study's own build did.
///
/// # Source
///
/// The 19 totals of the study file of container-chonks (its tags carry them less 5,000,000 bytes).
pub const SURVEY_PERCENTILES: [(f64, u64); 19] = [
    (25.0, 53_702_097),
    (30.0, 58_049_507),
    (35.0, 71_460_665),
    (40.0, 91_388_866),
    (45.0, 108_513_992),
    (50.0, 132_399_102),
    (55.0, 163_049_655),
    (60.0, 218_665_412),
    (65.0, 271_728_773),
    (70.0, 320_018_606),
    (75.0, 392_602_448),
    (80.0, 496_514_346),
    (85.0, 687_439_577),
    (90.0, 1_181_249_324),
    (95.0, 2_775_722_493),
    (96.25, 6_841_726_027),
    (97.5, 10_907_729_561),
    (98.75, 14_973_733_095),
    (100.0, 19_039_736_629),
];

/// Returns the survey's image size in bytes at one of [`SURVEY_PERCENTILES`], or `None` at any other.
///
/// # Examples
///
/// ```
/// assert_eq!(pullstudy_crafter::survey_size_bytes(50.0), Some(132_399_102));
/// assert_eq!(pullstudy_crafter::survey_size_bytes(51.0), None);
/// ```
pub fn survey_size_bytes(percentile: f64) -> Option<u64> {
    SURVEY_PERCENTILES
        .iter()
        .find(|(known, _)| *known == percentile)
        .map(|(_, size_bytes)| *size_bytes)
}
