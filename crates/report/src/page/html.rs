//! A page as one HTML document.

mod blocks;

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest as _, Sha256};

use super::escape::html as escaped;
use super::{Page, Section};
use crate::plots::Figure;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

pub(super) fn rendered(page: &Page) -> String {
    let mut out = String::new();
    write_head(page, &mut out);
    out.push_str("<body>\n<a class=\"skip\" href=\"#content\">Skip to the content</a>\n");
    write_navigation(page, &mut out);
    out.push_str("<main id=\"content\">\n");
    write_header(page, &mut out);
    for section in &page.sections {
        write_section(page, section, &mut out);
    }
    write_definitions(page, &mut out);
    out.push_str("</main>\n");
    if !page.footer.is_empty() {
        let _ = writeln!(out, "<footer><p>{}</p></footer>", escaped(&page.footer));
    }
    let _ = write!(out, "<script>{SCRIPT}</script>\n</body>\n</html>\n");
    out
}

/// The policy lets the page load nothing, and run nothing but its own script: a name that slipped through unescaped could
/// do nothing.
fn write_head(page: &Page, out: &mut String) {
    let title = escaped(&page.title);
    let script = BASE64.encode(Sha256::digest(SCRIPT));
    let figures = Figure::stylesheet();
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'sha256-{script}'; img-src data: blob:; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>{STYLE}{figures}</style>\n</head>\n"
    );
}

/// On a phone the script folds it away, and on a wide screen it stays in view.
fn write_navigation(page: &Page, out: &mut String) {
    out.push_str(
        "<nav aria-label=\"Sections\">\n<div class=\"rail\">\n<details open>\n\
         <summary>Sections</summary>\n<ol>\n",
    );
    for section in &page.sections {
        write_item(section.id(), &section.title, out);
    }
    if !page.definitions.is_empty() {
        write_item("definitions", "Definitions", out);
    }
    out.push_str(
        "</ol>\n</details>\n\
         <button type=\"button\" class=\"js\" id=\"theme\">Dark</button>\n</div>\n</nav>\n",
    );
}

fn write_item(id: &str, title: &str, out: &mut String) {
    let (id, title) = (escaped(id), escaped(title));
    let _ = writeln!(out, "<li><a href=\"#{id}\">{title}</a></li>");
}

fn write_header(page: &Page, out: &mut String) {
    let _ = writeln!(out, "<header>\n<h1>{}</h1>", escaped(&page.title));
    if let Some(verdict) = &page.verdict {
        let kind = verdict.kind().as_str();
        let class = kind.replace(',', "").replace(' ', "-");
        let _ = writeln!(
            out,
            "<p class=\"verdict {class}\"><strong>{kind}</strong> {}</p>",
            escaped(verdict.text())
        );
    }
    for lead in &page.lead {
        let _ = writeln!(out, "<p class=\"lead\">{}</p>", escaped(lead));
    }
    out.push_str("</header>\n");
}

fn write_section(page: &Page, section: &Section, out: &mut String) {
    let (id, title) = (escaped(section.id()), escaped(&section.title));
    let _ = writeln!(
        out,
        "<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{title}</h2>"
    );
    for block in &section.blocks {
        blocks::write(page, block, out);
    }
    out.push_str("</section>\n");
}

fn write_definitions(page: &Page, out: &mut String) {
    if page.definitions.is_empty() {
        return;
    }
    out.push_str(
        "<section id=\"definitions\" aria-labelledby=\"definitions-title\">\n\
         <h2 id=\"definitions-title\">Definitions</h2>\n<dl class=\"definitions\">\n",
    );
    for definition in &page.definitions {
        let _ = writeln!(
            out,
            "<dt id=\"def-{}\">{}</dt><dd>{}{}</dd>",
            escaped(definition.id()),
            escaped(&definition.term),
            escaped(&definition.text),
            ways_back(page, definition.id())
        );
    }
    out.push_str("</dl>\n</section>\n");
}

/// Links to the sections that use a word: who came from there goes back.
fn ways_back(page: &Page, definition: &str) -> String {
    let uses = |section: &&Section| section.terms().any(|term| term == definition);
    let links = page.sections.iter().filter(uses).map(|section| {
        let (id, title) = (escaped(section.id()), escaped(&section.title));
        format!("<a href=\"#{id}\">{title}</a>")
    });
    let links: Vec<String> = links.collect();
    if links.is_empty() {
        return String::new();
    }
    format!(" <small class=\"used\">In: {}</small>", links.join(", "))
}
