//! The tar of a layer, as a stream of headers, holes for content, and padding.

use sha2::{Digest, Sha256};

use super::file_sizes::{Shares, Sizes};
use super::program::Program;
use super::recipe::{LARGEST_UNPACKED_BYTES, LayerRecipe};
use super::segment::Segment;

/// The unit of a tar (POSIX.1-2017, pax, "ustar Interchange Format").
const BLOCK_BYTES: u64 = 512;
/// Two blocks of zeros end an archive.
const END_BYTES: u64 = 2 * BLOCK_BYTES;
/// The name field of a header holds this many bytes; longer names would need further headers.
const NAME_BYTES: usize = 100;
/// A slash, 16 digits of the key, a hyphen, and up to ten digits of the file's number.
const FILE_NAME_BYTES: usize = 1 + 16 + 1 + 10;
/// The longest folder of payload files.
pub(super) const LONGEST_PREFIX_BYTES: usize = NAME_BYTES - FILE_NAME_BYTES;

/// What a tar consists of, as far as its length and its cost go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TarLength {
    /// Length of the tar.
    pub(super) bytes: u64,
    /// Number of headers, of the payload files and of the program.
    pub(super) headers: u64,
}

impl TarLength {
    pub(super) fn of(recipe: &LayerRecipe, shares: &Shares) -> Self {
        let payload_headers = recipe.files.count;
        let mut bytes = END_BYTES
            + payload_headers * BLOCK_BYTES
            + shares.padded_bytes(payload_bytes(recipe), BLOCK_BYTES);
        if let Some(program) = recipe.program {
            bytes += BLOCK_BYTES + program.size_bytes().next_multiple_of(BLOCK_BYTES);
        }
        Self {
            bytes,
            headers: payload_headers + u64::from(recipe.program.is_some()),
        }
    }
}

/// Sizes beyond the limits of recipes, which [`LayerRecipe::check`] refuses, are cut off rather than overflow.
fn payload_bytes(recipe: &LayerRecipe) -> u64 {
    recipe
        .unpacked_bytes
        .min(LARGEST_UNPACKED_BYTES)
        .saturating_sub(recipe.program.map_or(0, Program::size_bytes))
}

/// What comes next in the tar.
enum Part {
    Fixed { bytes: Vec<u8>, is_header: bool },
    Content(u64),
}

/// Produces the tar of a recipe from its beginning to its end.
pub(super) struct TarStream {
    /// Folder and key: what the names of all payload files begin with.
    stem: String,
    program: Option<Program>,
    sizes: Sizes,
    next_file: u64,
    ended: bool,
    /// Parts that have begun or wait, the next one last.
    waiting: Vec<Part>,
}

impl TarStream {
    pub(super) fn new(recipe: &LayerRecipe, shares: &Shares) -> Self {
        // The names carry the key, so that layers of zeros, too, have diff_ids of their own.
        let key = Sha256::digest(recipe.key.as_bytes());
        let digits: String = key[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            stem: format!("{}/{digits}", recipe.files.prefix),
            program: recipe.program,
            sizes: shares.sizes(payload_bytes(recipe)),
            next_file: 0,
            ended: false,
            waiting: Vec::new(),
        }
    }

    /// Appends the next `bytes` bytes of the tar to `segment`; less at the end of the tar.
    pub(super) fn fill(&mut self, segment: &mut Segment, bytes: usize) {
        let mut missing = bytes;
        while missing > 0 {
            let Some(part) = self.next_part() else { return };
            missing -= match part {
                Part::Fixed { bytes, is_header } => {
                    self.push_fixed(segment, &bytes, is_header, missing)
                }
                Part::Content(content) => self.push_hole(segment, content, missing),
            };
        }
    }

    fn push_fixed(
        &mut self,
        segment: &mut Segment,
        bytes: &[u8],
        is_header: bool,
        room: usize,
    ) -> usize {
        let taken = bytes.len().min(room);
        if is_header {
            segment.push_header(&bytes[..taken]);
        } else {
            segment.push_fixed(&bytes[..taken]);
        }
        if taken < bytes.len() {
            self.wait_for(bytes[taken..].to_vec());
        }
        taken
    }

    fn push_hole(&mut self, segment: &mut Segment, content: u64, room: usize) -> usize {
        let taken = usize::try_from(content).unwrap_or(usize::MAX).min(room);
        segment.push_hole(taken);
        if content > taken as u64 {
            self.waiting.push(Part::Content(content - taken as u64));
        }
        taken
    }

    fn next_part(&mut self) -> Option<Part> {
        if let Some(part) = self.waiting.pop() {
            return Some(part);
        }
        if let Some(program) = self.program.take() {
            self.wait_for_padding(program.size_bytes());
            self.wait_for(program.bytes());
            return Some(header(Program::PATH, 0o755, program.size_bytes()));
        }
        if let Some(size_bytes) = self.sizes.next() {
            let name = format!("{}-{:06}", self.stem, self.next_file);
            self.next_file += 1;
            self.wait_for_padding(size_bytes);
            if size_bytes > 0 {
                self.waiting.push(Part::Content(size_bytes));
            }
            return Some(header(&name, 0o644, size_bytes));
        }
        if self.ended {
            return None;
        }
        self.ended = true;
        self.wait_for(vec![0; END_BYTES as usize]);
        self.waiting.pop()
    }

    fn wait_for_padding(&mut self, size_bytes: u64) {
        let padding = size_bytes.next_multiple_of(BLOCK_BYTES) - size_bytes;
        if padding > 0 {
            self.wait_for(vec![0; padding as usize]);
        }
    }

    fn wait_for(&mut self, bytes: Vec<u8>) {
        self.waiting.push(Part::Fixed {
            bytes,
            is_header: false,
        });
    }
}

/// Makes the header of a regular file of root's, with the mtime 0.
///
/// The GNU form, because it says how sizes of 8 GiB and more are written (base 256), and GNU tar, Go's archive/tar
/// and the crate `tar` all read it.
fn header(path: &str, mode: u32, size_bytes: u64) -> Part {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Regular);
    header
        .set_path(path)
        .expect("recipes are checked for paths that fit");
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size_bytes);
    header.set_cksum();
    Part::Fixed {
        bytes: header.as_bytes().to_vec(),
        is_header: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::{Codec, Content, FileSet, FileSizes, LayerKey};

    fn recipe(unpacked_bytes: u64, count: u64) -> LayerRecipe {
        LayerRecipe {
            key: LayerKey::new([5; 32]),
            program: Some(Program::Arm64),
            files: FileSet {
                count,
                sizes: FileSizes::Lognormal,
                prefix: "a/b".to_owned(),
            },
            unpacked_bytes,
            wire_bytes: None,
            content: Content::Zeros,
            codec: Codec::None,
        }
    }

    fn read(recipe: &LayerRecipe, step: usize) -> Segment {
        let mut tar = TarStream::new(recipe, &Shares::new(recipe));
        let mut segment = Segment::default();
        let mut before = usize::MAX;
        while segment.len() != before {
            before = segment.len();
            tar.fill(&mut segment, step);
        }
        segment.clear_holes();
        segment
    }

    #[test]
    fn the_length_is_known_beforehand_and_the_steps_do_not_matter() {
        let recipe = recipe(70_000, 9);
        let (one, many) = (read(&recipe, 1 << 20), read(&recipe, 100));
        assert_eq!(one.bytes(), many.bytes());
        assert_eq!(
            TarLength::of(&recipe, &Shares::new(&recipe)),
            TarLength {
                bytes: one.len() as u64,
                headers: 10
            }
        );
    }

    #[test]
    fn sizes_of_eight_gib_and_more_are_written_in_base_256() {
        let size_bytes = 9 << 30;
        let Part::Fixed { bytes, .. } = header("data/large", 0o644, size_bytes) else {
            panic!("a header is fixed")
        };
        assert_eq!(
            bytes[124], 0x80,
            "the highest bit of the size field marks base 256"
        );
        assert_eq!(
            tar::Header::from_byte_slice(&bytes).size().unwrap(),
            size_bytes
        );
    }

    #[test]
    fn names_differ_between_keys_that_share_most_of_their_bytes() {
        let name = |key| {
            let recipe = LayerRecipe {
                key: LayerKey::new(key),
                ..recipe(1000, 1)
            };
            read(&recipe, 1 << 20).bytes()[1024..1124].to_vec()
        };
        let mut other = [5; 32];
        other[31] = 6;
        assert_ne!(name([5; 32]), name(other));
    }
}
