//! The built-in program: a static executable that ends with status 0 at once.

/// Size of an ELF64 file header, `e_ehsize`.
const FILE_HEADER_BYTES: u64 = 64;
/// Size of an ELF64 program header, `e_phentsize`.
const PROGRAM_HEADER_BYTES: u64 = 56;
/// One segment to load, one that asks for a stack without execute permission.
const PROGRAM_HEADERS: u64 = 2;
const CODE_OFFSET: u64 = FILE_HEADER_BYTES + PROGRAM_HEADERS * PROGRAM_HEADER_BYTES;
/// Where the file is mapped: any address does that is a multiple of the largest page.
const LOAD_ADDRESS: u64 = 0x40_0000;
/// arm64 kernels may be built with pages of 64 KiB.
const LARGEST_PAGE_BYTES: u64 = 0x1_0000;

/// `mov edi, 0` as `xor edi, edi`; `mov eax, 231`; `syscall`. 231 is `exit_group` on x86-64.
const AMD64_CODE: [u8; 9] = [0x31, 0xff, 0xb8, 0xe7, 0x00, 0x00, 0x00, 0x0f, 0x05];
/// `mov x0, #0`; `mov x8, #94`; `svc #0`. 94 is `exit_group` in the table most newer architectures share.
const ARM64_CODE: [u8; 12] = [
    0x00, 0x00, 0x80, 0xd2, // movz x0, #0
    0xc8, 0x0b, 0x80, 0xd2, // movz x8, #94
    0x01, 0x00, 0x00, 0xd4, // svc #0
];

/// The built-in program of an architecture: a static executable that ends with status 0 at once.
///
/// It is an ELF64 file of two program headers and three instructions, made here byte by byte, so that an image
/// runs without any other file.
///
/// # Examples
///
/// ```
/// use pullstudy_crafter::Program;
///
/// let program = Program::for_architecture("amd64").expect("amd64 has a program");
/// assert!(program.bytes().starts_with(b"\x7fELF"));
/// assert_eq!(program.size_bytes(), 185);
/// ```
///
/// # Source
///
/// System V ABI, chapter 4 "Object Files" (ELF header) and 5 "Program Loading"; the AMD64 and AArch64 supplements
/// (`e_machine` 62 and 183); Linux `arch/x86/entry/syscalls/syscall_64.tbl` and
/// `include/uapi/asm-generic/unistd.h` (numbers of `exit_group`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Program {
    /// For x86-64, `amd64` in an image config.
    Amd64,
    /// For AArch64, `arm64` in an image config.
    Arm64,
}

impl Program {
    /// Where the program lies in its layer, relative to the root; an image's entrypoint is this after a `/`.
    pub const PATH: &'static str = "bin/exit0";

    /// Returns the program for an OCI architecture (`amd64`, `arm64`), or `None` where there is none.
    pub fn for_architecture(architecture: &str) -> Option<Self> {
        match architecture {
            "amd64" => Some(Self::Amd64),
            "arm64" => Some(Self::Arm64),
            _ => None,
        }
    }

    /// Returns the bytes of the executable file.
    pub fn bytes(self) -> Vec<u8> {
        let mut file = Vec::new();
        self.push_file_header(&mut file);
        push_program_headers(&mut file, CODE_OFFSET + self.code().len() as u64);
        file.extend_from_slice(self.code());
        file
    }

    /// Returns the length of [`Self::bytes`], which counts as unpacked bytes of the layer it lies in.
    pub fn size_bytes(self) -> u64 {
        CODE_OFFSET + self.code().len() as u64
    }

    const fn code(self) -> &'static [u8] {
        match self {
            Self::Amd64 => &AMD64_CODE,
            Self::Arm64 => &ARM64_CODE,
        }
    }

    fn push_file_header(self, file: &mut Vec<u8>) {
        let machine: u16 = match self {
            Self::Amd64 => 62,  // EM_X86_64
            Self::Arm64 => 183, // EM_AARCH64
        };
        file.extend_from_slice(b"\x7fELF");
        // ELFCLASS64, ELFDATA2LSB, EV_CURRENT, ELFOSABI_NONE, then padding to 16 bytes.
        file.extend_from_slice(&[2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        push_u16(file, 2); // e_type: ET_EXEC
        push_u16(file, machine);
        push_u32(file, 1); // e_version
        push_u64(file, LOAD_ADDRESS + CODE_OFFSET); // e_entry
        push_u64(file, FILE_HEADER_BYTES); // e_phoff
        push_u64(file, 0); // e_shoff: no sections
        push_u32(file, 0); // e_flags
        push_u16(file, FILE_HEADER_BYTES as u16); // e_ehsize
        push_u16(file, PROGRAM_HEADER_BYTES as u16); // e_phentsize
        push_u16(file, PROGRAM_HEADERS as u16); // e_phnum
        push_u16(file, 64); // e_shentsize
        push_u16(file, 0); // e_shnum
        push_u16(file, 0); // e_shstrndx
    }
}

/// One `PT_LOAD` of the whole file, readable and executable, and a `PT_GNU_STACK` that is not executable.
fn push_program_headers(file: &mut Vec<u8>, file_bytes: u64) {
    push_u32(file, 1); // p_type: PT_LOAD
    push_u32(file, 5); // p_flags: PF_R | PF_X
    for field in [
        0,
        LOAD_ADDRESS,
        LOAD_ADDRESS,
        file_bytes,
        file_bytes,
        LARGEST_PAGE_BYTES,
    ] {
        push_u64(file, field); // p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_align
    }
    push_u32(file, 0x6474_e551); // p_type: PT_GNU_STACK
    push_u32(file, 6); // p_flags: PF_R | PF_W
    for field in [0, 0, 0, 0, 0, 16] {
        push_u64(file, field);
    }
}

fn push_u16(file: &mut Vec<u8>, value: u16) {
    file.extend_from_slice(&value.to_le_bytes());
}

fn push_u32(file: &mut Vec<u8>, value: u32) {
    file.extend_from_slice(&value.to_le_bytes());
}

fn push_u64(file: &mut Vec<u8>, value: u64) {
    file.extend_from_slice(&value.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn u16_at(file: &[u8], offset: usize) -> u16 {
        u16::from_le_bytes(file[offset..offset + 2].try_into().unwrap())
    }

    fn u64_at(file: &[u8], offset: usize) -> u64 {
        u64::from_le_bytes(file[offset..offset + 8].try_into().unwrap())
    }

    #[test]
    fn both_files_say_what_they_are() {
        for (program, machine) in [(Program::Amd64, 62), (Program::Arm64, 183)] {
            let file = program.bytes();
            assert_eq!(file.len() as u64, program.size_bytes());
            assert_eq!(u16_at(&file, 18), machine, "e_machine");
            assert_eq!(
                u64_at(&file, 24),
                u64_at(&file, 64 + 16) + CODE_OFFSET,
                "e_entry lies behind the headers"
            );
            assert_eq!(
                u64_at(&file, 64 + 32),
                program.size_bytes(),
                "p_filesz covers the file"
            );
            assert_eq!(
                u64_at(&file, 64 + 16) % u64_at(&file, 64 + 48),
                0,
                "p_vaddr and p_offset agree modulo p_align"
            );
        }
    }

    #[test]
    fn other_architectures_have_no_program() {
        assert_eq!(Program::for_architecture("arm64"), Some(Program::Arm64));
        assert_eq!(Program::for_architecture("riscv64"), None);
    }
}
