//! What ordinary layers are like, as statistics: seven kinds of bytes, and how `gzip -6` parses each.
//!
//! # How they were measured
//!
//! A tar of `/usr` of a Debian 12 developer machine (5.6 GB, sorted by name) was compressed with gzip 1.12 at level
//! 6 to 36.6 % of its length. Every deflate block of the result was decoded into its tokens, and the blocks were
//! sorted into seven bands by the share of their bytes that was left after compression. What is kept of each band
//! are the share of the tar that lies in it, and four distributions, in parts of 1000 or 10,000 and rounded: how
//! many literals come before a match, how long the match is, how far back it reaches (nearly alike in all bands,
//! so there is one for all), and how often the commonest literal of a block occurs, the second commonest, and so
//! on. Which byte is the commonest matters to no decoder; the order is that of the whole tar.
//!
//! Bytes made from these tokens were then compressed again, with gzip 1.12 and zstd 1.5.4. In each band gzip
//! leaves within 7 % of what it left of the real bytes, and both decompressors are about as fast as over them.

/// One kind of bytes.
#[derive(Debug)]
pub(super) struct Texture {
    /// Share of an ordinary tar, in parts of 1000.
    pub(super) weight: u32,
    /// Stored bytes a byte of content takes as these tokens, in parts of 1000.
    pub(super) deflated: u32,
    /// Parts of 1000 of the matches that follow on 0, 1, .. 15 literals; the last one counts all longer runs.
    pub(super) literal_runs: [u16; 17],
    /// Mean length of those longer runs.
    pub(super) long_run: u32,
    /// Parts of 1000 of the matches in each length slot of deflate.
    pub(super) match_lengths: [u16; 29],
    /// Parts of 10,000 of the literals at the ranks of [`RANKS`]; between them they fall in a straight line.
    pub(super) literal_ranks: [u16; 18],
}

/// The ranks, from 1 for the commonest, for which [`Texture::literal_ranks`] has values.
pub(super) const RANKS: [u16; 18] = [
    1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 160, 192, 224, 256,
];

/// The bands, from the most to the least compressible.
pub(super) const TEXTURES: [Texture; 7] = [
    Texture {
        weight: 51,
        deflated: 62,
        literal_runs: [667, 200, 69, 24, 13, 9, 6, 4, 2, 2, 1, 1, 1, 0, 0, 0, 1],
        long_run: 50,
        match_lengths: [
            55, 63, 39, 38, 51, 38, 23, 20, 40, 30, 39, 22, 40, 40, 30, 38, 56, 63, 45, 28, 40, 36,
            18, 13, 18, 9, 8, 5, 52,
        ],
        literal_ranks: [
            534, 393, 333, 303, 268, 239, 188, 144, 102, 82, 49, 33, 20, 16, 12, 10, 8, 5,
        ],
    },
    Texture {
        weight: 117,
        deflated: 127,
        literal_runs: [582, 250, 87, 30, 17, 11, 7, 4, 3, 2, 1, 1, 1, 1, 0, 0, 2],
        long_run: 43,
        match_lengths: [
            72, 90, 67, 57, 70, 54, 36, 29, 57, 38, 57, 29, 55, 62, 27, 27, 39, 32, 21, 14, 17, 11,
            8, 5, 6, 4, 2, 2, 13,
        ],
        literal_ranks: [
            455, 350, 307, 282, 248, 222, 177, 144, 106, 86, 57, 39, 22, 16, 12, 9, 7, 3,
        ],
    },
    Texture {
        weight: 281,
        deflated: 218,
        literal_runs: [488, 301, 114, 35, 20, 14, 9, 5, 3, 2, 2, 1, 1, 1, 0, 0, 2],
        long_run: 39,
        match_lengths: [
            96, 108, 84, 74, 96, 64, 40, 36, 76, 41, 67, 27, 49, 42, 19, 15, 19, 13, 8, 5, 6, 3, 2,
            1, 2, 1, 0, 0, 3,
        ],
        literal_ranks: [
            426, 300, 256, 230, 200, 179, 148, 128, 98, 81, 58, 44, 27, 20, 15, 12, 9, 3,
        ],
    },
    Texture {
        weight: 242,
        deflated: 347,
        literal_runs: [402, 316, 147, 50, 27, 20, 12, 7, 4, 3, 2, 2, 1, 1, 1, 1, 4],
        long_run: 42,
        match_lengths: [
            159, 151, 116, 110, 99, 64, 44, 37, 57, 37, 30, 16, 25, 16, 9, 6, 8, 4, 3, 2, 2, 1, 1,
            0, 0, 0, 0, 0, 1,
        ],
        literal_ranks: [
            489, 312, 249, 219, 182, 158, 129, 110, 87, 73, 56, 44, 31, 24, 18, 14, 10, 3,
        ],
    },
    Texture {
        weight: 179,
        deflated: 485,
        literal_runs: [299, 299, 178, 77, 48, 30, 19, 13, 8, 6, 4, 3, 2, 2, 2, 1, 7],
        long_run: 55,
        match_lengths: [
            209, 220, 156, 116, 79, 48, 32, 24, 34, 22, 16, 10, 12, 7, 4, 3, 3, 2, 1, 1, 1, 0, 0,
            0, 0, 0, 0, 0, 0,
        ],
        literal_ranks: [
            366, 264, 223, 203, 170, 149, 121, 105, 82, 68, 51, 43, 32, 26, 22, 18, 14, 8,
        ],
    },
    Texture {
        weight: 33,
        deflated: 704,
        literal_runs: [
            168, 295, 102, 84, 56, 57, 32, 29, 21, 21, 16, 14, 11, 11, 8, 8, 68,
        ],
        long_run: 92,
        match_lengths: [
            392, 241, 115, 67, 64, 30, 16, 10, 15, 8, 9, 4, 5, 4, 4, 3, 2, 2, 1, 1, 1, 1, 2, 1, 0,
            0, 0, 0, 2,
        ],
        literal_ranks: [
            359, 282, 196, 176, 144, 118, 97, 85, 67, 58, 47, 41, 32, 28, 26, 24, 22, 16,
        ],
    },
    Texture {
        weight: 97,
        deflated: 963,
        literal_runs: [
            133, 151, 55, 32, 34, 64, 20, 14, 13, 24, 44, 13, 10, 22, 7, 5, 360,
        ],
        long_run: 526,
        match_lengths: [
            345, 168, 81, 52, 47, 28, 15, 12, 16, 30, 35, 8, 12, 11, 47, 10, 17, 14, 12, 11, 14, 7,
            3, 1, 0, 0, 0, 0, 1,
        ],
        literal_ranks: [
            62, 54, 52, 52, 50, 49, 48, 47, 46, 45, 44, 42, 40, 39, 37, 36, 34, 26,
        ],
    },
];

/// Parts of 1000 of all matches in each distance slot of deflate.
pub(super) const MATCH_DISTANCES: [u16; 30] = [
    4, 1, 0, 16, 5, 21, 12, 16, 43, 19, 35, 27, 47, 28, 41, 30, 44, 32, 48, 35, 53, 39, 58, 44, 51,
    38, 57, 43, 65, 49,
];

/// Matches of three bytes reach back 4096 at most: beyond, gzip writes literals (`TOO_FAR` in its deflate.c).
pub(super) const SHORT_MATCH_DISTANCES: usize = 24;

/// Parts of 1024 of the matches that reach exactly as far as the match before.
pub(super) const REPEATED_DISTANCES: u64 = 102;

/// All bytes, from the commonest literal of the tar to the rarest.
pub(super) const COMMONEST_BYTES: [u8; 256] = [
    0, 1, 232, 32, 72, 15, 116, 137, 2, 8, 101, 115, 4, 76, 117, 139, 73, 3, 97, 65, 114, 5, 16,
    255, 105, 111, 49, 141, 112, 100, 68, 69, 233, 48, 64, 110, 108, 131, 80, 12, 40, 57, 10, 99,
    7, 77, 6, 128, 56, 24, 36, 192, 104, 9, 235, 102, 41, 96, 132, 83, 50, 133, 67, 109, 144, 84,
    52, 44, 120, 46, 45, 13, 95, 224, 11, 208, 20, 51, 98, 53, 14, 88, 160, 193, 78, 103, 121, 66,
    240, 70, 54, 17, 82, 248, 136, 21, 79, 119, 216, 254, 61, 118, 18, 71, 55, 199, 184, 200, 28,
    85, 34, 209, 58, 19, 47, 60, 176, 107, 39, 25, 198, 33, 59, 124, 22, 195, 75, 168, 152, 43, 42,
    23, 246, 218, 27, 129, 182, 74, 37, 29, 194, 26, 86, 250, 122, 253, 252, 92, 87, 210, 91, 251,
    35, 31, 247, 201, 249, 196, 125, 89, 90, 38, 30, 211, 140, 148, 106, 62, 81, 215, 197, 212,
    219, 93, 63, 123, 239, 130, 236, 190, 187, 230, 242, 244, 185, 134, 186, 135, 237, 188, 228,
    180, 243, 126, 231, 113, 127, 172, 241, 156, 202, 226, 238, 183, 191, 225, 234, 229, 164, 214,
    217, 220, 223, 204, 206, 142, 143, 207, 245, 203, 227, 149, 189, 138, 222, 153, 94, 181, 213,
    167, 145, 178, 155, 221, 169, 161, 175, 179, 151, 147, 205, 146, 177, 154, 170, 150, 159, 162,
    171, 166, 163, 165, 173, 157, 174, 158,
];
