//! Reading a figure back.

use pullstudy_report::Figure;
use roxmltree::{Document, Node};

/// What a test asks of a picture.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) texts: Vec<String>,
    pub(crate) parts: Vec<Part>,
    size: (f64, f64),
    rectangles: Vec<[f64; 4]>,
}

/// A part with a tooltip.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) class: String,
    pub(crate) tooltip: String,
    /// Left and right end of the first rectangle.
    pub(crate) extent: Option<(f64, f64)>,
    pub(crate) dots: usize,
}

fn number(node: Node<'_, '_>, name: &str) -> f64 {
    let text = node.attribute(name).expect("the attribute is there");
    text.parse().expect("the attribute is a number")
}

fn is(name: &'static str) -> impl Fn(&Node<'_, '_>) -> bool {
    move |node| node.has_tag_name(("http://www.w3.org/2000/svg", name))
}

fn rectangle(node: Node<'_, '_>) -> Option<[f64; 4]> {
    // The background is 100 % wide.
    node.attribute("x")
        .map(|_| ["x", "y", "width", "height"].map(|name| number(node, name)))
}

impl Picture {
    /// Parses a figure, which fails unless it is well-formed XML.
    pub(crate) fn of(figure: &Figure) -> Self {
        let svg = figure.to_svg();
        let document = Document::parse(&svg).expect("the figure is well-formed XML");
        let root = document.root_element();
        let all = |name| root.descendants().filter(is(name));
        assert_eq!(root.attribute("aria-label"), Some(figure.description()));
        Self {
            texts: all("text")
                .map(|node| node.text().unwrap_or_default().to_owned())
                .collect(),
            parts: all("g").filter_map(part).collect(),
            size: (number(root, "width"), number(root, "height")),
            rectangles: all("rect").filter_map(rectangle).collect(),
        }
    }

    pub(crate) fn has_text(&self, text: &str) -> bool {
        self.texts.iter().any(|other| other == text)
    }

    pub(crate) fn of_class(&self, class: &str) -> Vec<&Part> {
        self.parts
            .iter()
            .filter(|part| part.class == class)
            .collect()
    }

    /// Whether every rectangle lies within the picture.
    pub(crate) fn holds_its_rectangles(&self) -> bool {
        let (width, height) = self.size;
        self.rectangles.iter().all(|&[x, y, w, h]| {
            x >= 0.0 && y >= 0.0 && w > 0.0 && h > 0.0 && x + w <= width + 2.0 && y + h <= height
        })
    }
}

fn part(group: Node<'_, '_>) -> Option<Part> {
    let class = group.attribute("class")?.strip_prefix("tt ")?.to_owned();
    let title = group.children().find(is("title"))?;
    let first = group.descendants().filter(is("rect")).find_map(rectangle);
    Some(Part {
        class,
        tooltip: title.text()?.to_owned(),
        extent: first.map(|[x, _, width, _]| (x, x + width)),
        dots: group.descendants().filter(is("circle")).count(),
    })
}
