//! Integration tests of the engine `local`.

mod escape;
mod layouts;
mod overlay;
mod peers;
mod tars;
mod trees;
