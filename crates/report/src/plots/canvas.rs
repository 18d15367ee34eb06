//! Drawing: a thin layer over kuva's scene, with the figures' common look.

use std::fmt::Write;

use kuva::render::color::Color;
use kuva::render::render::{PathData, Primitive, Scene, TextAnchor};

use super::axis::Axis;
use super::figure::Figure;

/// The first font that is there is used; all are narrower than the last named one.
pub(super) const FONTS: &str = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";

/// Black enough to read, soft enough to look at.
pub(super) const INK: &str = "#1f2933";
/// For what explains: subtitles, notes, ticks.
pub(super) const GREY: &str = "#5b6770";
/// For the frame of the picture.
pub(super) const RULE: &str = "#9aa5b1";
/// For grid lines.
pub(super) const GRID: &str = "#e4e7eb";

pub(super) const TITLE_SIZE: u32 = 16;
pub(super) const TEXT_SIZE: u32 = 12;
pub(super) const SMALL_SIZE: u32 = 11;

/// Length of a tick, and of the gap between it and its label.
const TICK_PX: f64 = 5.0;

/// Where a text stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) size: u32,
    pub(super) color: &'static str,
    pub(super) is_bold: bool,
    pub(super) anchor: Anchor,
}

impl Style {
    pub(super) const fn new(size: u32, color: &'static str, anchor: Anchor) -> Self {
        Self {
            size,
            color,
            is_bold: false,
            anchor,
        }
    }

    pub(super) const fn bold(self) -> Self {
        Self {
            is_bold: true,
            ..self
        }
    }
}

/// A rectangle: left, top, width, height, in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Area(
    pub(super) f64,
    pub(super) f64,
    pub(super) f64,
    pub(super) f64,
);

/// A picture in the making.
#[derive(Debug)]
pub(super) struct Canvas {
    scene: Scene,
    title: String,
    description: String,
}

impl Canvas {
    /// Starts a picture on white; `title` and `description` are what a screen reader says.
    pub(super) fn new((width, height): (f64, f64), title: &str, description: &str) -> Self {
        let mut scene = Scene::new(width, height);
        scene.font_family = Some(FONTS.to_owned());
        scene.text_color = Some(INK.to_owned());
        Self {
            scene,
            title: without_control(title),
            description: without_control(description),
        }
    }

    pub(super) fn finish(self) -> Figure {
        Figure::new(self.scene, self.title, self.description)
    }

    /// Draws what `draw` draws as one part with a tooltip. `class` tells kinds of parts apart.
    pub(super) fn part(
        &mut self,
        class: &'static str,
        tooltip: &str,
        draw: impl FnOnce(&mut Self),
    ) {
        self.scene.add(Primitive::GroupStart {
            transform: None,
            title: Some(without_control(tooltip)),
            // kuva lets parts of the class `tt` answer to the pointer.
            extra_attrs: Some(format!("class=\"tt {class}\"")),
        });
        draw(self);
        self.scene.add(Primitive::GroupEnd);
    }

    pub(super) fn text(&mut self, content: &str, place: (f64, f64), style: Style) {
        self.rotated(content, place, style, None);
    }

    /// Writes a text upwards.
    pub(super) fn upright(&mut self, content: &str, place: (f64, f64), style: Style) {
        self.rotated(content, place, style, Some(-90.0));
    }

    fn rotated(&mut self, content: &str, (x, y): (f64, f64), style: Style, rotate: Option<f64>) {
        self.scene.add(Primitive::Text {
            x,
            y,
            content: without_markup(content),
            size: style.size,
            anchor: match style.anchor {
                Anchor::Start => TextAnchor::Start,
                Anchor::Middle => TextAnchor::Middle,
                Anchor::End => TextAnchor::End,
            },
            rotate,
            bold: style.is_bold,
            color: Some(Color::from(style.color)),
        });
    }

    pub(super) fn fill(&mut self, Area(x, y, width, height): Area, color: &str, opacity: f64) {
        self.scene.add(Primitive::Rect {
            x,
            y,
            width,
            height,
            fill: Color::from(color),
            stroke: None,
            stroke_width: None,
            opacity: (opacity < 1.0).then_some(opacity),
        });
    }

    /// Fills rectangles, all of one colour, whose corners are whole pixels; many take little room in a file.
    pub(super) fn mosaic(&mut self, areas: &[Area], color: &str) {
        let mut d = String::new();
        for Area(x, y, width, height) in areas {
            // Writing to a string does not fail.
            let _ = write!(d, "M{x} {y}h{width}v{height}h-{width}z");
        }
        self.scene.add(Primitive::Path(Box::new(PathData {
            d,
            fill: Some(Color::from(color)),
            stroke: Color::None,
            stroke_width: 0.0,
            opacity: None,
            stroke_dasharray: None,
        })));
    }

    /// Draws straight lines of one colour; many take little room in a file.
    pub(super) fn strokes(
        &mut self,
        lines: impl Iterator<Item = [(f64, f64); 2]>,
        color: &str,
        stroke_width: f64,
    ) {
        let mut d = String::new();
        for [(x1, y1), (x2, y2)] in lines {
            // Writing to a string does not fail.
            let _ = write!(d, "M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}");
        }
        if d.is_empty() {
            return;
        }
        self.scene.add(Primitive::Path(Box::new(PathData {
            d,
            fill: None,
            stroke: Color::from(color),
            stroke_width,
            opacity: None,
            stroke_dasharray: None,
        })));
    }

    /// Draws what `draw` draws without soft edges, between which the background would show.
    pub(super) fn crisp(&mut self, draw: impl FnOnce(&mut Self)) {
        self.scene.add(Primitive::GroupStart {
            transform: None,
            title: None,
            extra_attrs: Some("shape-rendering=\"crispEdges\"".to_owned()),
        });
        draw(self);
        self.scene.add(Primitive::GroupEnd);
    }

    pub(super) fn frame(&mut self, Area(x, y, width, height): Area, color: &str, stroke_px: f64) {
        self.scene.add(Primitive::Rect {
            x,
            y,
            width,
            height,
            fill: Color::None,
            stroke: Some(Color::from(color)),
            stroke_width: Some(stroke_px),
            opacity: None,
        });
    }

    pub(super) fn line(
        &mut self,
        (x1, y1): (f64, f64),
        (x2, y2): (f64, f64),
        color: &str,
        stroke_width: f64,
    ) {
        self.scene.add(Primitive::Line {
            x1,
            y1,
            x2,
            y2,
            stroke: Color::from(color),
            stroke_width,
            stroke_dasharray: None,
        });
    }

    pub(super) fn dots(&mut self, places: &[(f64, f64)], radius: f64, color: &str) {
        self.scene.add(Primitive::CircleBatch {
            cx: places.iter().map(|&(x, _)| x).collect(),
            cy: places.iter().map(|&(_, y)| y).collect(),
            r: radius,
            fill: Color::from(color),
            fill_opacity: Some(0.6),
            stroke: Some(Color::from("#ffffff")),
            stroke_width: Some(0.6),
        });
    }

    /// Draws a line through all places.
    pub(super) fn path(&mut self, places: &[(f64, f64)], color: &str, stroke_width: f64) {
        self.through(places, color, stroke_width, None);
    }

    /// Draws a dashed line through all places.
    pub(super) fn dashes(&mut self, places: &[(f64, f64)], color: &str, stroke_width: f64) {
        self.through(places, color, stroke_width, Some("5 4".to_owned()));
    }

    fn through(
        &mut self,
        places: &[(f64, f64)],
        color: &str,
        stroke_width: f64,
        stroke_dasharray: Option<String>,
    ) {
        if places.len() > 1 {
            self.scene.add(Primitive::PolyLine {
                points: places.to_vec(),
                stroke: Color::from(color),
                stroke_width,
                stroke_dasharray,
            });
        }
    }

    /// Draws dots that hide what is behind them.
    pub(super) fn marks(&mut self, places: &[(f64, f64)], radius: f64, color: &str) {
        self.scene.add(Primitive::CircleBatch {
            cx: places.iter().map(|&(x, _)| x).collect(),
            cy: places.iter().map(|&(_, y)| y).collect(),
            r: radius,
            fill: Color::from(color),
            fill_opacity: None,
            stroke: Some(Color::from("#ffffff")),
            stroke_width: Some(0.8),
        });
    }

    /// Draws grid lines of an upright axis from `left`, where it stands, to `right`, and its labels.
    pub(super) fn y_axis(&mut self, axis: &Axis, ends: (f64, f64)) {
        for tick in axis.ticks() {
            self.y_tick(&tick.label, axis.px(tick.value), ends);
        }
    }

    /// Draws one grid line, and its label to the left.
    pub(super) fn y_tick(&mut self, label: &str, y: f64, (left, right): (f64, f64)) {
        self.line((left, y), (right, y), GRID, 1.0);
        let style = Style::new(SMALL_SIZE, GREY, Anchor::End);
        self.text(label, (left - TICK_PX, y + 4.0), style);
    }

    /// Draws grid lines from `top` to `bottom`, which is where the axis stands, ticks and labels.
    pub(super) fn x_axis(&mut self, axis: &Axis, (top, bottom): (f64, f64), label: &str) {
        for tick in axis.ticks() {
            let x = axis.px(tick.value);
            self.line((x, top), (x, bottom), GRID, 1.0);
            self.line((x, bottom), (x, bottom + TICK_PX), RULE, 1.0);
        }
        self.x_labels(axis, bottom + 2.0 * TICK_PX + f64::from(SMALL_SIZE) * 0.7);
        let (left, right) = axis.ends_px();
        self.line((left, bottom), (right, bottom), RULE, 1.0);
        let below = bottom + AXIS_LABEL_PX;
        self.text(
            label,
            ((left + right) / 2.0, below),
            Style::new(TEXT_SIZE, INK, Anchor::Middle),
        );
    }

    /// Writes the labels of an axis on one line.
    pub(super) fn x_labels(&mut self, axis: &Axis, y: f64) {
        let style = Style::new(SMALL_SIZE, GREY, Anchor::Middle);
        for tick in axis.ticks() {
            self.text(&tick.label, (axis.px(tick.value), y), style);
        }
    }
}

/// From the axis down to the line on which its label stands.
const AXIS_LABEL_PX: f64 = 38.0;

/// kuva typesets what stands between dollar signs; a name with a dollar is a name.
fn without_markup(text: &str) -> String {
    without_control(text).replace('$', "\\$")
}

/// XML 1.0 has no place for control characters, escaped or not.
fn without_control(text: &str) -> String {
    text.replace(
        |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'),
        "\u{fffd}",
    )
}
