//! A trace that grows over several studies, whatever became of the one before.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// How much is searched for a line end at a time.
const BLOCK_BYTES: u64 = 64 << 10;

/// Opens a file for appending lines, and keeps other writers out until it is closed; none if there is one already.
/// A last line without an end was torn by a kill, and is cut off.
pub(crate) fn open_for_append(path: &Path) -> io::Result<Option<File>> {
    let mut file = open_locked(path)?;
    if let Some(file) = &mut file {
        cut_torn_line(file)?;
    }
    Ok(file)
}

/// Opens a file, or makes it, and leaves what is in it; nothing if another process has it.
pub(crate) fn open_locked(path: &Path) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    let file = options
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Takes away what follows the last line end, and writes from there on.
pub(crate) fn cut_torn_line(file: &mut File) -> io::Result<()> {
    let end = end_of_last_line(file)?;
    file.set_len(end)?;
    file.seek(SeekFrom::Start(end))?;
    Ok(())
}

fn end_of_last_line(file: &mut File) -> io::Result<u64> {
    let mut end = file.metadata()?.len();
    while end > 0 {
        let start = end.saturating_sub(BLOCK_BYTES);
        let mut block = Vec::new();
        file.seek(SeekFrom::Start(start))?;
        file.by_ref().take(end - start).read_to_end(&mut block)?;
        if let Some(position) = block.iter().rposition(|&byte| byte == b'\n') {
            return Ok(start + position as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;

    #[test]
    fn whole_lines_stay_and_a_torn_one_goes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("trace.jsonl");
        let long = "x".repeat(200_000);
        for (before, kept) in [
            (String::new(), ""),
            ("one\n".into(), "one\n"),
            ("one\ntwo\nthr".into(), "one\ntwo\n"),
            (format!("one\n{long}"), "one\n"),
            (long.clone(), ""),
        ] {
            fs::write(&path, &before).unwrap();
            open_for_append(&path)
                .unwrap()
                .unwrap()
                .write_all(b"next\n")
                .unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), format!("{kept}next\n"));
        }
    }

    #[test]
    fn there_is_one_writer_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("trace.jsonl");
        let first = open_for_append(&path).unwrap();
        assert!(open_for_append(&path).unwrap().is_none());
        drop(first);
        assert!(open_for_append(&path).unwrap().is_some());
    }
}
