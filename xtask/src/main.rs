//! The project's own chores: setup, test, bench, ci.

fn main() {}
