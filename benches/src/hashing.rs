//! The limit: how fast these cores can do the hashing that exact images cannot do without.

use std::hint::black_box;
use std::thread;
use std::time::Instant;

use sha2::{Digest as _, Sha256};

/// Bytes hashed at a time: the size of chunk the generator works in, so that both are as warm in the cache.
const CHUNK_BYTES: usize = 128 << 10;

/// Returns bytes a second at which `cores` threads together hash every byte `times` times.
///
/// Once for a layer that is stored as it is (diff_id and digest are one); twice for a compressed layer.
pub(crate) fn bytes_per_second(cores: usize, times: usize, bytes_per_core: u64) -> f64 {
    let start = Instant::now();
    thread::scope(|scope| {
        for core in 0..cores {
            // Or the compiler may find the work useless and leave it out.
            scope.spawn(move || black_box(hash(core, times, bytes_per_core)));
        }
    });
    (cores as u64 * bytes_per_core) as f64 / start.elapsed().as_secs_f64()
}

fn hash(core: usize, times: usize, bytes: u64) -> Vec<[u8; 32]> {
    let chunk: Vec<u8> = (0..CHUNK_BYTES)
        .map(|byte| (byte * 31 + core) as u8)
        .collect();
    let mut hashers = vec![Sha256::new(); times];
    for _ in 0..bytes / CHUNK_BYTES as u64 {
        for hasher in &mut hashers {
            hasher.update(&chunk);
        }
    }
    hashers
        .into_iter()
        .map(|hasher| hasher.finalize().into())
        .collect()
}
