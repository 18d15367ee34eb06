//! One log, from its first byte to its last.

use std::io::{self, Read};

use super::document::{DocumentReader, Part};
use super::health::LogHealth;
use super::lines::{Line, Lines, MAX_LINE_BYTES};
use super::log_kinds::LogKinds;
use super::log_line::{self, LineKind, RuntimeLine};
use crate::record::{Record, Value};
use pullstudy_json::KnownTexts;

/// U+FEFF in UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Takes the events of a log, one after the other.
pub(crate) trait TakeEvents {
    /// Takes the next event.
    fn take(&mut self, event: &Record<'_>);

    /// Told at the end of the log.
    fn finish(&mut self) {}
}

/// What a log holds besides its events.
pub(crate) struct LogRead {
    pub(crate) health: LogHealth,
    /// Why it could not be read to its end.
    pub(crate) failure: Option<io::Error>,
}

/// Reads a log and hands its events to `to`; `buffer` is room for lines, used by one log after the other.
pub(super) fn read(input: impl Read, to: &mut dyn TakeEvents, buffer: &mut Vec<u8>) -> LogRead {
    let mut lines = Lines::new(input, buffer);
    let mut reader = LogReader::new(to);
    let failure = loop {
        match lines.next() {
            Ok(Some(line)) => reader.take_line(line),
            Ok(None) => break None,
            Err(error) => {
                let rest = lines.rest();
                reader.take_line(Line::Whole(rest));
                break Some(error);
            }
        }
    };
    LogRead {
        health: reader.finish(),
        failure,
    }
}

/// Returns what is known of a log that could not be opened.
pub(super) fn unread(failure: io::Error) -> LogRead {
    LogRead {
        health: LogHealth::default(),
        failure: Some(failure),
    }
}

/// Where a log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Between lines that stand alone.
    Lines,
    /// In JSON that goes over many lines, or over a very long one.
    Document,
    /// In a line that is too long and no JSON.
    LongLine,
}

struct LogReader<'a> {
    to: &'a mut dyn TakeEvents,
    health: LogHealth,
    kinds: LogKinds,
    known: KnownTexts,
    place: Place,
    document: DocumentReader,
    /// The beginning of a line that a container runtime cut into several.
    carried: Vec<u8>,
    line: u64,
}

impl<'a> LogReader<'a> {
    fn new(to: &'a mut dyn TakeEvents) -> Self {
        Self {
            to,
            health: LogHealth::default(),
            kinds: LogKinds::default(),
            known: KnownTexts::default(),
            place: Place::Lines,
            document: DocumentReader::new(MAX_LINE_BYTES),
            carried: Vec::new(),
            line: 1,
        }
    }

    fn take_line(&mut self, line: Line<'_>) {
        match line {
            Line::Whole(text) => {
                self.take_whole(self.without_mark(text));
                self.line += 1;
            }
            Line::Piece(text) => self.take_piece(self.without_mark(text)),
        }
    }

    /// Editors of Windows put a mark before the first line.
    fn without_mark<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        let is_start = self.line == 1 && self.place == Place::Lines;
        let text_behind = text.strip_prefix(BYTE_ORDER_MARK).filter(|_| is_start);
        text_behind.unwrap_or(text)
    }

    fn take_whole(&mut self, text: &[u8]) {
        if self.place == Place::LongLine {
            self.place = Place::Lines;
            return;
        }
        if self.place == Place::Document
            && text.first() == Some(&b'{')
            && self.document.is_inside_object()
        {
            self.give_up_document(text);
        }
        let is_blank = text.trim_ascii().is_empty();
        self.health.lines += u64::from(!is_blank);
        match self.place {
            Place::Document => self.take_document(text, true),
            _ if is_blank => {}
            _ if matches!(text.trim_ascii(), b"{" | b"[") => self.take_document(text, true),
            _ => self.take_record_line(text),
        }
    }

    /// A part of a line that has no end yet.
    fn take_piece(&mut self, text: &[u8]) {
        let is_json = matches!(text.trim_ascii_start().first(), Some(b'{' | b'['));
        match self.place {
            Place::LongLine => {}
            Place::Lines if !is_json => {
                self.place = Place::LongLine;
                self.health.lines += 1;
                self.health.oversized_lines += 1;
                self.health.leave_out(self.line, text);
            }
            Place::Lines | Place::Document => self.take_document(text, false),
        }
    }

    fn take_record_line(&mut self, text: &[u8]) {
        let Some(line) = RuntimeLine::parse(text) else {
            return self.look_at(text);
        };
        if line.is_partial {
            // Told once, as the one line that it is.
            self.health.lines -= 1;
            self.carry(line.content);
        } else if self.carried.is_empty() {
            self.look_at(line.content);
        } else {
            self.carry(line.content);
            self.take_carried();
        }
    }

    /// Adds to the line that is put together. A byte beyond its room shows that there was more.
    fn carry(&mut self, text: &[u8]) {
        let room = MAX_LINE_BYTES + 1 - self.carried.len();
        self.carried
            .extend_from_slice(&text[..text.len().min(room)]);
    }

    fn take_carried(&mut self) {
        let carried = std::mem::take(&mut self.carried);
        if carried.len() <= MAX_LINE_BYTES {
            return self.look_at(&carried);
        }
        self.health.oversized_lines += 1;
        self.health.leave_out(self.line, &carried);
    }

    fn look_at(&mut self, text: &[u8]) {
        if text.trim_ascii().is_empty() {
            self.health.lines -= 1;
            return;
        }
        let Self {
            to,
            health,
            kinds,
            known,
            ..
        } = self;
        let kind = log_line::read(text, known, &mut |value| {
            take_value(value, *to, health, kinds)
        });
        match kind {
            LineKind::Record => return,
            LineKind::Cut => self.health.cut_lines += 1,
            LineKind::NotJson => self.health.non_json_lines += 1,
        }
        self.health.leave_out(self.line, text);
    }

    fn take_document(&mut self, text: &[u8], is_line: bool) {
        self.place = Place::Document;
        let Self {
            to,
            health,
            kinds,
            document,
            known,
            line,
            ..
        } = self;
        let mut taken = document.take(text, &mut |part| match part {
            Part::Object(text) => match Value::read_all(text, known) {
                Ok(value) => take_value(&value, *to, health, kinds),
                Err(_) => {
                    health.non_json_lines += 1;
                    health.leave_out(*line, text);
                }
            },
            Part::TooLong => {
                health.oversized_lines += 1;
                health.leave_out(*line, b"(an object too long to be read)");
            }
        });
        if is_line {
            taken = taken.and_then(|()| document.end_line());
        }
        match taken {
            Ok(()) if self.document.is_done() => self.place = Place::Lines,
            Ok(()) => {}
            Err(_) => self.give_up_document(text),
        }
    }

    /// What was open ends nowhere: a document that was cut off, or none.
    fn give_up_document(&mut self, text: &[u8]) {
        self.health.cut_lines += 1;
        self.health.leave_out(self.line, text);
        self.document.reset();
        self.place = Place::Lines;
    }

    fn finish(mut self) -> LogHealth {
        if !self.carried.is_empty() {
            self.health.lines += 1;
            self.take_carried();
        }
        if self.place == Place::Document {
            self.give_up_document(b"(the log ends within a JSON document)");
        }
        self.health.log_kinds = self.kinds.into_counts();
        self.health
    }
}

fn take_value(
    value: &Value<'_>,
    to: &mut dyn TakeEvents,
    health: &mut LogHealth,
    kinds: &mut LogKinds,
) {
    let before = health.events;
    for event in value.events() {
        health.events += 1;
        to.take(event);
    }
    if health.events == before {
        health.log_lines += 1;
        kinds.count(value.top());
    }
}
