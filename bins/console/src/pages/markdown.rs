//! `reference`: all commands of a program as one page of its documentation.

use std::fmt::Write as _;
use std::io::Write;

use clap::builder::StyledStr;
use clap::{Arg, Command};

use super::closing::Closing;

/// Print a page in Markdown that tells all commands and options
#[derive(Debug, clap::Args)]
pub struct ReferenceArgs {}

/// Prints the page of `program`.
///
/// # Errors
///
/// It cannot be printed.
pub fn reference(
    ReferenceArgs {}: &ReferenceArgs,
    program: Command,
    results: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut program = program.disable_help_subcommand(true);
    program.build();
    let mut page = String::new();
    chapter(&mut page, &program, "", 1);
    Ok(results.write_all(page.as_bytes())?)
}

/// Writes what there is to say of a command, then those below it.
fn chapter(page: &mut String, command: &Command, above: &str, level: usize) {
    let name = format!("{above}{}", command.get_name());
    heading(page, &name, level);
    if level == 1 {
        page.push_str("<!-- Written by `cargo xtask reference` from the program itself. -->\n\n");
    }
    let about = command.get_long_about().or(command.get_about());
    if let Some(about) = about {
        paragraphs(page, &about.to_string());
    }
    usage(page, command);
    options(page, command);
    closing(page, &Closing::of(command));
    let shown = command
        .get_subcommands()
        .filter(|command| !command.is_hide_set());
    for command in shown {
        chapter(page, command, &format!("{name} "), level + 1);
    }
}

fn heading(page: &mut String, name: &str, level: usize) {
    let gap = if page.is_empty() { "" } else { "\n" };
    push(page, format_args!("{gap}{} {name}\n\n", "#".repeat(level)));
}

fn usage(page: &mut String, command: &Command) {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim();
    push(page, format_args!("```text\n{usage}\n```\n"));
}

fn options(page: &mut String, command: &Command) {
    let mut shown = command
        .get_arguments()
        .filter(|arg| !arg.is_hide_set() && !matches!(arg.get_id().as_str(), "help" | "version"))
        .peekable();
    if shown.peek().is_some() {
        page.push('\n');
    }
    shown.for_each(|arg| option(page, arg));
}

/// Writes an item: how it is typed, what it does, what it is if it is not given, what it can be.
fn option(page: &mut String, arg: &Arg) {
    let short = arg.get_short().map(|short| format!("-{short}, "));
    let typed = format!("{}{arg}", short.unwrap_or_default());
    push(page, format_args!("- `{typed}`"));
    let help = arg
        .get_long_help()
        .or(arg.get_help())
        .map(StyledStr::to_string);
    let help = escaped(&help.unwrap_or_default()).replace("\n\n", "\n\n  ");
    push(page, format_args!(": {}", help.trim()));
    if let Some(default) = default(arg) {
        let stop = if help.trim().ends_with(['.', '!', '?']) {
            ""
        } else {
            "."
        };
        push(page, format_args!("{stop} Default: `{default}`."));
    }
    page.push('\n');
    possible_values(page, arg);
}

fn default(arg: &Arg) -> Option<String> {
    let values = arg.get_default_values();
    let hidden = arg.is_hide_default_value_set() || !arg.get_action().takes_values();
    (!hidden && !values.is_empty()).then(|| {
        let words: Vec<_> = values.iter().map(|value| value.to_string_lossy()).collect();
        words.join(" ")
    })
}

fn possible_values(page: &mut String, arg: &Arg) {
    if !arg.get_action().takes_values() || arg.is_hide_possible_values_set() {
        return;
    }
    let values = arg.get_possible_values();
    for value in values.iter().filter(|value| !value.is_hide_set()) {
        push(page, format_args!("  - `{}`", value.get_name()));
        if let Some(help) = value.get_help() {
            push(page, format_args!(": {}", escaped(&help.to_string())));
        }
        page.push('\n');
    }
}

fn closing(page: &mut String, closing: &Closing) {
    for remark in &closing.remarks {
        page.push('\n');
        page.push_str(&escaped(remark));
        page.push('\n');
    }
    if !closing.examples.is_empty() {
        push(
            page,
            format_args!("\n```text\n{}\n```\n", closing.examples.join("\n")),
        );
    }
    if let Some(codes) = &closing.exit_codes {
        push(page, format_args!("\nExit codes: {codes}.\n"));
    }
}

fn paragraphs(page: &mut String, text: &str) {
    push(page, format_args!("{}\n\n", escaped(text).trim_end()));
}

fn push(page: &mut String, text: std::fmt::Arguments<'_>) {
    page.write_fmt(text)
        .expect("a String takes all that is written");
}

/// Keeps words as they are typed where Markdown would take them for marks; code is left alone.
fn escaped(text: &str) -> String {
    let mut in_code = false;
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        in_code ^= char == '`';
        if !in_code && matches!(char, '<' | '*' | '_' | '[') {
            out.push('\\');
        }
        out.push(char);
    }
    out
}

#[cfg(test)]
mod tests {
    use clap::ArgAction;

    use super::*;

    #[test]
    fn a_page_tells_commands_options_defaults_values_and_examples() {
        let copy = Command::new("copy")
            .about("Copy a <thing> of `<thing>`")
            .arg(Arg::new("from").help("What"))
            .arg(
                Arg::new("jobs")
                    .short('j')
                    .long("jobs")
                    .default_value("4")
                    .help("How many"),
            )
            .arg(
                Arg::new("how")
                    .long("how")
                    .value_parser(["slow", "fast"])
                    .help("How."),
            )
            .arg(
                Arg::new("dry")
                    .long("dry")
                    .action(ArgAction::SetTrue)
                    .help("Not"),
            )
            .after_help("Example:\n  tool copy a\n\nExit codes: 0 done");
        let program = Command::new("tool").about("A tool").subcommand(copy);
        let mut page = Vec::new();
        reference(&ReferenceArgs {}, program, &mut page).unwrap();
        let page = String::from_utf8(page).unwrap();
        let expected = "## tool copy\n\nCopy a \\<thing> of `<thing>`\n\n\
            ```text\ntool copy [OPTIONS] [from]\n```\n\n\
            - `[from]`: What\n\
            - `-j, --jobs <jobs>`: How many. Default: `4`.\n\
            - `--how <how>`: How.\n  - `slow`\n  - `fast`\n\
            - `--dry`: Not\n\n\
            ```text\ntool copy a\n```\n\nExit codes: 0 done.\n";
        assert!(page.ends_with(expected), "{page}");
    }
}
