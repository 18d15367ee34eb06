//! Several logs at once.

use std::fs::File;
use std::io::{self, Read};
use std::num::NonZero;
use std::sync::Mutex;
use std::thread;

use super::decompress::decompressed;
use super::find::{FoundLog, Source};
use super::log::{self, LogRead, TakeEvents};
use crate::place::Place;

/// A log that was read, and what took its events.
pub(crate) struct ReadLog<T> {
    pub(crate) place: Place,
    pub(crate) fits_layout: bool,
    pub(crate) taker: T,
    pub(crate) read: LogRead,
}

/// Reads all logs, each with a taker of its own, the largest first. The result is in the order of the logs.
///
/// `progress` is told of bytes of the files as they are read, from any thread.
pub(crate) fn read_all<T: TakeEvents + Send>(
    logs: Vec<FoundLog>,
    threads: NonZero<usize>,
    taker: impl Fn(u32) -> T + Sync,
    progress: &(dyn Fn(u64) + Sync),
) -> Vec<ReadLog<T>> {
    let mut waiting: Vec<(usize, FoundLog)> = logs.into_iter().enumerate().collect();
    // The last of the list is taken first.
    waiting.sort_by_key(|(_, log)| log.bytes);
    let threads = threads.get().min(waiting.len());
    let waiting = Mutex::new(waiting);
    let next = || {
        waiting
            .lock()
            .expect("no thread panics while it holds the list")
            .pop()
    };
    let work = || {
        let (mut done, mut buffer) = (Vec::new(), Vec::new());
        while let Some((position, log)) = next() {
            let number = u32::try_from(position).expect("there are fewer than 2^32 files");
            done.push((
                position,
                read_one(log, taker(number), progress, &mut buffer),
            ));
        }
        done
    };
    let mut read = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut read = work();
        for other in others {
            read.extend(
                other
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            );
        }
        read
    });
    read.sort_by_key(|&(position, _)| position);
    read.into_iter().map(|(_, log)| log).collect()
}

fn read_one<T: TakeEvents>(
    log: FoundLog,
    mut taker: T,
    progress: &(dyn Fn(u64) + Sync),
    buffer: &mut Vec<u8>,
) -> ReadLog<T> {
    let input = open(log.source).and_then(|input| decompressed(Counted { input, progress }));
    let read = match input {
        Ok(input) => log::read(input, &mut taker, buffer),
        Err(error) => log::unread(error),
    };
    taker.finish();
    ReadLog {
        place: log.place,
        fits_layout: log.fits_layout,
        taker,
        read,
    }
}

fn open(source: Source) -> io::Result<Box<dyn Read>> {
    Ok(match source {
        Source::File(path) => Box::new(File::open(path)?),
        Source::Stream(stream) => stream,
    })
}

/// Tells how much is read.
struct Counted<'a> {
    input: Box<dyn Read>,
    progress: &'a (dyn Fn(u64) + Sync),
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        (self.progress)(read as u64);
        Ok(read)
    }
}
