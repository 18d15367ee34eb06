//! What container images are like: their sizes, layers and commands, and what that means for pulling them.
#![forbid(unsafe_code)]
