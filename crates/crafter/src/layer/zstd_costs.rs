//! What libzstd makes of textures, known beforehand.
//!
//! For each level and texture, the length of a frame of libzstd 1.5.7 over 130,048 bytes was divided by what the
//! same tokens take in a deflate block of their own codes; the means of 15 such frames, in parts of 1000. They hold
//! for shorter frames, too, where they are a little high. Other versions of libzstd may differ by more than
//! [`MARGIN`] one day: writing a layer then fails, which tests of every level would show.

use super::texture::TEXTURES;

/// By level from 1 on, and texture.
const SHARES_OF_DEFLATE: [[u64; TEXTURES.len()]; 22] = [
    [1653, 1361, 1282, 1262, 1260, 1096, 1044],
    [1707, 1370, 1240, 1173, 1153, 1062, 1036],
    [1551, 1294, 1203, 1163, 1152, 1060, 1030],
    [1564, 1298, 1186, 1117, 1079, 1027, 1019],
    [1186, 1038, 1002, 1003, 1015, 1017, 1002],
    [1116, 1006, 986, 998, 1013, 1017, 1002],
    [1093, 996, 982, 997, 1013, 1017, 1002],
    [1041, 975, 975, 996, 1013, 1017, 1002],
    [999, 962, 970, 995, 1013, 1017, 1002],
    [975, 954, 968, 994, 1013, 1017, 1002],
    [980, 956, 969, 995, 1013, 1017, 1000],
    [957, 953, 968, 995, 1013, 1017, 1000],
    [1040, 974, 973, 995, 1013, 1017, 1000],
    [973, 944, 947, 955, 965, 981, 999],
    [945, 937, 945, 955, 965, 981, 999],
    [942, 934, 943, 955, 965, 982, 999],
    [937, 934, 943, 955, 965, 982, 999],
    [934, 933, 943, 955, 965, 982, 999],
    [939, 932, 943, 954, 965, 982, 999],
    [931, 931, 942, 954, 965, 982, 999],
    [931, 931, 942, 954, 965, 982, 999],
    [931, 931, 942, 954, 965, 982, 999],
];

/// Added to the shares: the means above must not be exceeded in the long run.
const MARGIN: u64 = 15;
/// A frame's own header and checksum, and the descriptions of its codes.
const FRAME_BYTES: u64 = 60;
/// Charged once a layer: single frames may take more than the mean.
pub(super) const RESERVE_BYTES: u64 = 1500;

/// Returns what a segment of a texture is charged, whose tokens take `deflated_bytes` as a deflate block.
pub(super) fn frame_cost_bytes(level: u8, texture: usize, deflated_bytes: u64) -> u64 {
    deflated_bytes * (share_of_deflate(level, texture) + MARGIN) / 1000 + FRAME_BYTES
}

/// Returns the wire bytes that a byte of a texture takes.
pub(super) fn mean_cost(level: u8, texture: usize) -> f64 {
    let deflated = f64::from(TEXTURES[texture].deflated) / 1000.0;
    deflated * (share_of_deflate(level, texture) + MARGIN) as f64 / 1000.0
}

fn share_of_deflate(level: u8, texture: usize) -> u64 {
    SHARES_OF_DEFLATE[usize::from(level) - 1][texture]
}
