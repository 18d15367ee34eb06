//! Tests of the program from outside.

mod commands;
mod help;
mod kill;
mod mistakes;
mod program;
mod serving;
