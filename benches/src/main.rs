//! Benchmarks of pullstudy, beside its peers and the machine's own limits: `cargo xtask bench [NAME]...`.

mod figure;
mod hashing;
mod machine;
mod process;
mod report;

fn main() {}
