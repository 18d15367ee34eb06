//! `man`: a page of the manual for each command, for packagers.

use std::fs;
use std::io;
use std::path::PathBuf;

use anyhow::Context;
use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::closing::Closing;
use crate::write_whole;

/// Write a page of the manual for each command into a folder
#[derive(Debug, clap::Args)]
pub struct ManArgs {
    /// The folder; it is made if it is not there
    folder: PathBuf,
}

/// Writes the pages of `program`: `program.1`, `program-command.1` and so on.
///
/// # Errors
///
/// A page cannot be written.
pub fn man(args: &ManArgs, program: Command) -> anyhow::Result<()> {
    let folder = &args.folder;
    fs::create_dir_all(folder).with_context(|| format!("failed to make {}", folder.display()))?;
    let mut program = program.disable_help_subcommand(true);
    program.build();
    each_command(&program, &mut |command| {
        let name = command.get_display_name().unwrap_or(command.get_name());
        write_whole(&folder.join(format!("{name}.1")), &page(command)?)
    })
}

/// Calls `write` with a command that is not hidden, and with those below it.
fn each_command(
    command: &Command,
    write: &mut impl FnMut(&Command) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    write(command)?;
    command
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .try_for_each(|command| each_command(command, write))
}

fn page(command: &Command) -> io::Result<Vec<u8>> {
    let closing = Closing::of(command);
    let source = format!("pullstudy {}", env!("CARGO_PKG_VERSION"));
    // Left to the generator, examples would be filled into a paragraph.
    let man = Man::new(command.clone().after_help(None))
        .source(source)
        .manual("pullstudy");
    let mut page = Vec::new();
    man.render(&mut page)?;
    page.extend(sections(&closing).to_roff().into_bytes());
    Ok(page)
}

/// Returns the sections that follow the options.
fn sections(closing: &Closing) -> Roff {
    let mut roff = Roff::new();
    if !closing.remarks.is_empty() {
        roff.control("SH", ["NOTES"]);
    }
    for remark in &closing.remarks {
        roff.control("PP", []);
        roff.text([roman(remark)]);
    }
    if !closing.examples.is_empty() {
        roff.control("SH", ["EXAMPLES"]);
        roff.control("nf", []);
        for line in &closing.examples {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
    }
    if let Some(codes) = &closing.exit_codes {
        roff.control("SH", ["EXIT STATUS"]);
        roff.text([roman(codes)]);
    }
    roff
}

#[cfg(test)]
mod tests {
    use clap::{Arg, Command};

    use super::*;

    #[test]
    fn each_command_that_is_not_hidden_has_a_page_with_its_examples_line_by_line() {
        let copy = Command::new("copy")
            .about("Copy")
            .arg(Arg::new("from"))
            .after_help("Examples:\n  tool copy a\n  tool copy b\n\nExit codes: 0 done");
        let program = Command::new("tool")
            .about("A tool")
            .subcommand(copy)
            .subcommand(Command::new("secret").hide(true));
        let dir = tempfile::tempdir().unwrap();
        let args = ManArgs {
            folder: dir.path().join("man1"),
        };
        man(&args, program).unwrap();
        let pages = fs::read_dir(&args.folder).unwrap().count();
        assert_eq!(pages, 2);
        let page = fs::read_to_string(args.folder.join("tool-copy.1")).unwrap();
        assert!(
            page.contains(".nf\ntool copy a\ntool copy b\n.fi"),
            "{page}"
        );
        assert!(page.contains(".SH \"EXIT STATUS\"\n0 done"), "{page}");
    }
}
