//! A page as GitHub-flavoured Markdown.

use std::fmt::Write as _;

use super::escape::markdown as escaped;
use super::section::Block;
use super::{Fact, Page, PageFigure, PageTable, Section};

/// More rows than this are for the page, not for a comment.
const ROWS: usize = 20;

pub(super) fn rendered(page: &Page) -> String {
    let mut text = format!("# {}\n", escaped(&page.title));
    if let Some(verdict) = &page.verdict {
        let kind = verdict.kind().as_str();
        let _ = write!(text, "\n> **{kind}**: {}\n", escaped(verdict.text()));
    }
    for lead in &page.lead {
        let _ = write!(text, "\n{}\n", escaped(lead));
    }
    for section in &page.sections {
        write_section(section, &mut text);
    }
    write_definitions(page, &mut text);
    if !page.footer.is_empty() {
        let _ = write!(text, "\n{}\n", escaped(&page.footer));
    }
    text
}

fn write_section(section: &Section, text: &mut String) {
    let _ = write!(text, "\n## {}\n", escaped(&section.title));
    for block in &section.blocks {
        text.push('\n');
        match block {
            Block::Text(paragraph) => {
                let _ = writeln!(text, "{}", escaped(paragraph));
            }
            Block::Facts(facts) => facts.iter().for_each(|fact| write_fact(fact, text)),
            Block::Table(table) => write_table(table, text),
            Block::Figure(figure) => write_figure(figure, text),
            Block::Warnings(warnings) => {
                for warning in warnings {
                    let _ = writeln!(text, "- ⚠ {}", escaped(warning));
                }
            }
        }
    }
}

fn write_fact(fact: &Fact, text: &mut String) {
    let _ = writeln!(
        text,
        "- {}: {}",
        escaped(fact.label()),
        escaped(fact.human())
    );
}

fn write_figure(figure: &PageFigure, text: &mut String) {
    let _ = writeln!(text, "*{}*", escaped(&figure.caption));
    if let Some((_, first)) = figure.forms.first() {
        let _ = write!(text, "\n{}\n", escaped(&first.alt()));
    }
}

fn write_table(table: &PageTable, text: &mut String) {
    let _ = write!(text, "*{}*\n\n", escaped(&table.caption));
    let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let headings = table.headings.iter();
    *text += &row(headings
        .clone()
        .map(|heading| escaped(&heading.text))
        .collect());
    let rules = headings.map(|heading| if heading.is_right { "---:" } else { "---" });
    *text += &row(rules.map(str::to_owned).collect());
    let shown = table.shown_rows();
    for cells in shown.iter().take(ROWS) {
        *text += &row(cells.iter().map(|cell| escaped(&cell.human)).collect());
    }
    let (told, all) = (shown.len().min(ROWS), table.rows.len());
    if told < all {
        let _ = write!(text, "\nThe first {told} of {all} rows.\n");
    }
}

/// Only of the words that were used.
fn write_definitions(page: &Page, text: &mut String) {
    let used: Vec<&str> = page.sections.iter().flat_map(Section::terms).collect();
    let definitions = page.definitions.iter();
    let mut used = definitions
        .filter(|definition| used.contains(&definition.id()))
        .peekable();
    if used.peek().is_none() {
        return;
    }
    text.push_str("\n<details><summary>Definitions</summary>\n\n");
    for definition in used {
        let (term, meaning) = (escaped(&definition.term), escaped(&definition.text));
        let _ = writeln!(text, "- **{term}**: {meaning}");
    }
    text.push_str("\n</details>\n");
}
