//! Rows of a condensed matrix, shared out among threads.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Some rows of a condensed matrix, and the place of their values.
pub(crate) struct RowBlock<'a> {
    pub(crate) rows: Range<usize>,
    pub(crate) values: &'a mut [f64],
}

/// Cuts the values of a condensed matrix of `len` points into blocks of rows.
///
/// There are many more blocks than threads, because what a row costs depends on its items.
pub(crate) fn row_blocks(len: usize, values: &mut [f64]) -> Vec<RowBlock<'_>> {
    const ROWS: usize = 32;
    let mut left = values;
    let starts = (0..len).step_by(ROWS);
    let blocks = starts.map(|start| {
        let rows = start..len.min(start + ROWS);
        let length = rows.clone().map(|row| len - row - 1).sum();
        let (values, rest) = std::mem::take(&mut left).split_at_mut(length);
        left = rest;
        RowBlock { rows, values }
    });
    blocks.collect()
}

/// Has each of `threads` make a worker, which takes blocks until none is left.
pub(crate) fn for_each_block<'a, W>(
    blocks: Vec<RowBlock<'a>>,
    threads: NonZeroUsize,
    make_worker: impl Fn() -> W + Sync,
) where
    W: FnMut(RowBlock<'a>),
{
    let threads = threads.get().min(blocks.len());
    let blocks = Mutex::new(blocks.into_iter());
    let next = || blocks.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        let mut worker = make_worker();
        while let Some(block) = next() {
            worker(block);
        }
    };
    thread::scope(|scope| {
        // This thread works too: a small matrix is not worth another.
        (1..threads).for_each(|_| {
            scope.spawn(work);
        });
        work();
    });
}
