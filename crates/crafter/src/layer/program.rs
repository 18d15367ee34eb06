//! The built-in program: a static executable that ends with status 0 at once.

/// The built-in program of an architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Program {
    /// For x86-64, `amd64` in an image config.
    Amd64,
    /// For AArch64, `arm64` in an image config.
    Arm64,
}

impl Program {
    /// Where the program lies in the layer, relative to its root: what an image's entrypoint names after a `/`.
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
        todo!()
    }

    /// Returns the length of [`Self::bytes`], which counts as unpacked bytes of the layer it lies in.
    pub fn size_bytes(self) -> u64 {
        todo!()
    }
}
