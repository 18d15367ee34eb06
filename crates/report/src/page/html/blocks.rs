//! What sections hold, as HTML.

use std::fmt::Write as _;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::{Compression, GzBuilder};

use crate::narrow::{short_digest, shortened};
use crate::page::escape::html as escaped;
use crate::page::page_table::{Cell, Heading};
use crate::page::section::Block;
use crate::page::{Fact, Page, PageFigure, PageTable};
use crate::units::grouped;

/// Longer cells are broken into lines: names differ anywhere.
const LONG: usize = 44;

/// Of longer ones the middle is left out.
const LONGEST: usize = 160;

/// Smaller tables can be taken in at a glance.
const FILTERED_FROM: usize = 8;

pub(super) fn write(page: &Page, block: &Block, out: &mut String) {
    match block {
        Block::Text(text) => {
            let _ = writeln!(out, "<p>{}</p>", escaped(text));
        }
        Block::Facts(facts) => write_facts(page, facts, out),
        Block::Table(table) => write_table(page, table, out),
        Block::Figure(figure) => write_figure(figure, out),
        Block::Warnings(warnings) => write_warnings(warnings, out),
    }
}

fn write_facts(page: &Page, facts: &[Fact], out: &mut String) {
    out.push_str("<dl class=\"facts\">\n");
    for fact in facts {
        let label = escaped(fact.label());
        let label = match fact.definition.as_deref().filter(|id| page.defines(id)) {
            Some(id) => format!("<a href=\"#def-{}\">{label}</a>", escaped(id)),
            None => label,
        };
        let (human, exact) = (escaped(fact.human()), exact_of(fact));
        let _ = writeln!(out, "<div><dt>{label}</dt><dd>{human}{exact}</dd></div>");
    }
    out.push_str("</dl>\n");
}

/// Says no number twice that differs in its commas only.
fn exact_of(fact: &Fact) -> String {
    let human = fact.human().replace(',', "");
    let exact = fact
        .exact
        .as_deref()
        .filter(|exact| exact.replace(',', "") != human);
    exact.map_or_else(String::new, |exact| {
        format!(" <small class=\"exact\">{}</small>", escaped(exact))
    })
}

fn write_warnings(warnings: &[String], out: &mut String) {
    let title = match warnings.len() {
        1 => "Warning".to_owned(),
        count => format!("{} warnings", grouped(count as u64)),
    };
    let _ = writeln!(
        out,
        "<div class=\"warnings\" role=\"note\">\n<strong>{title}</strong>\n<ul>"
    );
    for warning in warnings {
        let _ = writeln!(out, "<li>{}</li>", escaped(warning));
    }
    out.push_str("</ul>\n</div>\n");
}

fn write_figure(figure: &PageFigure, out: &mut String) {
    let id = escaped(&figure.id);
    let _ = writeln!(
        out,
        "<figure id=\"{id}\">\n<figcaption class=\"bar\"><span class=\"name\">{}</span>",
        escaped(&figure.caption)
    );
    out.push_str("<span class=\"tools js\">");
    if figure.forms.len() > 1 {
        for (position, (name, _)) in figure.forms.iter().enumerate() {
            let _ = write!(
                out,
                "<button type=\"button\" class=\"form\" data-form=\"{position}\" aria-pressed=\"{}\">{}</button>",
                position == 0,
                escaped(name)
            );
        }
    }
    for kind in ["svg", "png"] {
        let _ = write!(
            out,
            "<button type=\"button\" class=\"save\" data-kind=\"{kind}\" aria-label=\"{} of: {}\">{}</button>",
            kind.to_uppercase(),
            escaped(&figure.caption),
            kind.to_uppercase()
        );
    }
    out.push_str("</span></figcaption>\n");
    for (position, (name, form)) in figure.forms.iter().enumerate() {
        let label = escaped(&format!("{}, {name}", figure.caption));
        let picture = form.to_inline_svg(&format!("{}-{position}", figure.id));
        let _ = writeln!(
            out,
            "<div class=\"sheet\" tabindex=\"0\" role=\"group\" aria-label=\"{label}\" data-form=\"{position}\">{picture}</div>"
        );
    }
    out.push_str("</figure>\n");
}

fn write_table(page: &Page, table: &PageTable, out: &mut String) {
    write_bar(table, out);
    let caption = escaped(&table.caption);
    let _ = writeln!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{caption}\">\n\
         <table>\n<caption class=\"unseen\">{caption}</caption>"
    );
    write_heading(page, table, out);
    write_rows(table, out);
    out.push_str("</table>\n</div>\n");
    if let Some(cut) = table.cut() {
        let _ = writeln!(
            out,
            "<p class=\"cut\">{cut} CSV has all, with every column.</p>"
        );
    }
    let _ = writeln!(
        out,
        "<script type=\"application/gzip\" class=\"csv\">{}</script>\n</div>",
        BASE64.encode(compressed(&table.csv))
    );
}

/// The caption stays where it is when the table is scrolled; those who hear the page have it from the table itself.
fn write_bar(table: &PageTable, out: &mut String) {
    let (id, caption) = (escaped(&table.id), escaped(&table.caption));
    let _ = write!(
        out,
        "<div class=\"table\" id=\"{id}\">\n\
         <div class=\"bar\"><span class=\"name\" aria-hidden=\"true\">{caption}</span><span class=\"tools js\">"
    );
    if table.shown_rows().len() >= FILTERED_FROM {
        let _ = write!(
            out,
            "<output class=\"count\" aria-live=\"polite\"></output>\
             <input type=\"search\" class=\"filter\" placeholder=\"Filter\" \
             aria-label=\"Filter: {caption}\" autocomplete=\"off\">"
        );
    }
    if table
        .shown_rows()
        .iter()
        .flatten()
        .any(|cell| cell.exact != shown(cell))
    {
        let _ = write!(
            out,
            "<button type=\"button\" class=\"digits\" aria-pressed=\"false\" \
             aria-label=\"Exact values of: {caption}\">Exact</button>"
        );
    }
    let _ = writeln!(
        out,
        "<button type=\"button\" class=\"save\" data-kind=\"csv\" aria-label=\"CSV of: {caption}\">CSV</button>\
         </span></div>"
    );
}

fn write_heading(page: &Page, table: &PageTable, out: &mut String) {
    out.push_str("<thead><tr>");
    for heading in &table.headings {
        let text = escaped(&heading.text);
        let definition = table.definition(&heading.key);
        let link = definition.filter(|id| page.defines(id)).map(|id| {
            let id = escaped(id);
            format!(
                "<a class=\"what\" href=\"#def-{id}\" aria-label=\"definition of {text}\">?</a>"
            )
        });
        let _ = write!(
            out,
            "<th scope=\"col\"{}><span class=\"head\"><button type=\"button\" class=\"sort\" \
             title=\"{}\">{text}</button>{}</span></th>",
            class(heading),
            escaped(&heading.key),
            link.unwrap_or_default()
        );
    }
    out.push_str("</tr></thead>\n");
}

fn write_rows(table: &PageTable, out: &mut String) {
    out.push_str("<tbody>\n");
    for row in table.shown_rows() {
        out.push_str("<tr>");
        for (heading, cell) in table.headings.iter().zip(row) {
            write_cell(heading, cell, out);
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n");
}

/// The exact value stands where the pointer finds it, and where the script sorts by it, unless the cell shows all of it.
fn write_cell(heading: &Heading, cell: &Cell, out: &mut String) {
    let shown = shown(cell);
    let class = match shown.chars().count() > LONG {
        true => " class=\"long\"",
        false => class(heading),
    };
    let human = escaped(&shown);
    let _ = if cell.exact == shown {
        write!(out, "<td{class}>{human}</td>")
    } else {
        let exact = escaped(&cell.exact);
        write!(out, "<td{class} title=\"{exact}\">{human}</td>")
    };
}

fn shown(cell: &Cell) -> String {
    match cell.human.chars().count() > LONG {
        true => shortened(&short_digest(&cell.human), LONGEST),
        false => cell.human.clone(),
    }
}

fn class(heading: &Heading) -> &'static str {
    if heading.is_right { " class=\"n\"" } else { "" }
}

/// Compresses without a moment or a name, so that the same rows are the same bytes.
fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzBuilder::new().write(Vec::new(), Compression::best());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("a vector takes all that is written")
}
