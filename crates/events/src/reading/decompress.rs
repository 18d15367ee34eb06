//! Compressed logs, told by their first bytes.

use std::io::{self, BufReader, Read};

use flate2::read::MultiGzDecoder;

/// RFC 1952, section 2.3.1.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// RFC 8878, section 3.1.1.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Returns the log itself, whatever it is compressed with.
pub(super) fn decompressed<'a>(mut input: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut start = Vec::new();
    input
        .by_ref()
        .take(ZSTD_MAGIC.len() as u64)
        .read_to_end(&mut start)?;
    let whole = io::Cursor::new(start.clone()).chain(input);
    Ok(if start.starts_with(&GZIP_MAGIC) {
        let whole = BufReader::with_capacity(1 << 17, whole);
        Box::new(InPieces(MultiGzDecoder::new(whole)))
    } else if start == ZSTD_MAGIC {
        Box::new(InPieces(zstd::Decoder::new(whole)?))
    } else {
        Box::new(whole)
    })
}

/// So much is unpacked at once.
const PIECE_BYTES: usize = 8 << 10;

/// Gives little at once: a decoder that comes upon an error keeps to itself what it unpacked just before.
struct InPieces<R>(R);

impl<R: Read> Read for InPieces<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(PIECE_BYTES);
        self.0.read(&mut buffer[..length])
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read(bytes: &[u8]) -> io::Result<String> {
        let mut text = String::new();
        decompressed(bytes)?.read_to_string(&mut text)?;
        Ok(text)
    }

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_form_is_the_same_text() {
        assert_eq!(read(b"{}\n").unwrap(), "{}\n");
        assert_eq!(read(b"").unwrap(), "");
        assert_eq!(read(b"{").unwrap(), "{");
        let members = [gzip("{}\n"), gzip("{}\n")].concat();
        assert_eq!(read(&members).unwrap(), "{}\n{}\n");
        let frames = [
            zstd::encode_all(&b"{}\n"[..], 1).unwrap(),
            zstd::encode_all(&b"[]"[..], 1).unwrap(),
        ]
        .concat();
        assert_eq!(read(&frames).unwrap(), "{}\n[]");
    }

    #[test]
    fn what_comes_before_broken_bytes_is_unpacked() {
        // Lines that hardly compress, so that the broken bytes are read with the first ones.
        let lines = (0..20_000_u32).map(|line| format!("{:x}\n", line.wrapping_mul(2_654_435_761)));
        let text: String = lines.collect();
        let mut broken = gzip(&text);
        let middle = broken.len() / 2;
        broken[middle..].fill(0xff);
        let mut unpacked = Vec::new();
        let mut decoder = decompressed(&broken[..]).unwrap();
        let mut buffer = vec![0; 1 << 20];
        while let Ok(read @ 1..) = decoder.read(&mut buffer) {
            unpacked.extend_from_slice(&buffer[..read]);
        }
        // Broken bytes may mean something, if not what was meant.
        let both = text.bytes().zip(unpacked);
        let right = both.take_while(|(text, unpacked)| text == unpacked).count();
        assert!(right > text.len() / 3, "{right} of {}", text.len());
    }

    #[test]
    fn a_truncated_file_is_an_error() {
        let whole = gzip("{}\n");
        assert!(read(&whole[..whole.len() - 9]).is_err());
        let whole = zstd::encode_all(&b"{}\n"[..], 1).unwrap();
        assert!(read(&whole[..whole.len() - 2]).is_err());
    }
}
