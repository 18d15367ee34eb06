//! One JSON object of a log, looked at as an event.

use crate::filled::COLLECTOR;
use pullstudy_json::KnownTexts;
use pullstudy_json::{NotJson, RawText, Scanner};

/// An event as it stands in a line: of core/v1 or of events.k8s.io/v1, the latter's fields under the former's names.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Record<'a> {
    pub(crate) metadata: Option<Metadata<'a>>,
    pub(crate) reason: Option<RawText<'a>>,
    pub(crate) message: Option<RawText<'a>>,
    pub(crate) host: Option<RawText<'a>>,
    pub(crate) reporting_component: Option<RawText<'a>>,
    pub(crate) reporting_instance: Option<RawText<'a>>,
    pub(crate) first_timestamp: Option<RawText<'a>>,
    pub(crate) last_timestamp: Option<RawText<'a>>,
    pub(crate) event_time: Option<RawText<'a>>,
    pub(crate) count: Option<u64>,
    pub(crate) series_count: Option<u64>,
    pub(crate) series_last: Option<RawText<'a>>,
    pub(crate) object: Option<ObjectReference<'a>>,
    /// Of a line that is no event but a line of a program's log.
    pub(crate) level: Option<RawText<'a>>,
    /// A line that Docker's JSON log wraps, its own JSON as a text.
    pub(crate) log: Option<RawText<'a>>,
}

/// Identity of the event itself.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Metadata<'a> {
    pub(crate) name: Option<RawText<'a>>,
    pub(crate) namespace: Option<RawText<'a>>,
    pub(crate) uid: Option<RawText<'a>>,
    pub(crate) resource_version: Option<RawText<'a>>,
}

/// What the event happened to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ObjectReference<'a> {
    pub(crate) kind: Option<RawText<'a>>,
    pub(crate) namespace: Option<RawText<'a>>,
    pub(crate) name: Option<RawText<'a>>,
    pub(crate) uid: Option<RawText<'a>>,
    pub(crate) field_path: Option<RawText<'a>>,
    /// Uid of the job that owns the object, where the exporter adds the owners. Names of jobs come again.
    pub(crate) owner_job: Option<RawText<'a>>,
}

/// The JSON value at the start of some bytes: the events in it, and how many bytes it takes.
#[derive(Debug, Default)]
pub(crate) struct Value<'a> {
    /// The value's own fields: an event, or a line of some program's log.
    top: Record<'a>,
    /// Events out of a list, or out of a watch's, an audit log's or a collector's wrapping.
    wrapped: Vec<Record<'a>>,
    pub(crate) length: usize,
}

impl<'a> Value<'a> {
    /// Looks through the first JSON value of `bytes`.
    pub(crate) fn read(bytes: &'a [u8], known: &mut KnownTexts) -> Result<Self, NotJson> {
        let mut value = Self::default();
        value.fill(&mut Scanner::new(bytes, known))?;
        Ok(value)
    }

    /// Looks through `bytes` that are one JSON value and nothing else.
    pub(crate) fn read_all(bytes: &'a [u8], known: &mut KnownTexts) -> Result<Self, NotJson> {
        let mut value = Self::default();
        value.fill_with_all(bytes, known)?;
        Ok(value)
    }

    /// Does what [`Value::read_all`] does, in place: a value has hundreds of bytes, and few lines have more. What it is
    /// after a failure does not matter to anybody.
    pub(crate) fn fill_with_all(
        &mut self,
        bytes: &'a [u8],
        known: &mut KnownTexts,
    ) -> Result<(), NotJson> {
        let mut scanner = Scanner::new(bytes, known);
        self.fill(&mut scanner)?;
        scanner.end()
    }

    #[inline]
    fn fill(&mut self, scanner: &mut Scanner<'a, '_>) -> Result<(), NotJson> {
        match scanner.peek()? {
            b'{' => read_object(scanner, &mut self.top, &mut self.wrapped)?,
            b'[' => read_items(scanner, &mut self.wrapped)?,
            _ => scanner.pass_over()?,
        }
        self.length = scanner.position();
        Ok(())
    }

    /// Returns the events in the value, none for a line of some program's log.
    pub(crate) fn events(&self) -> impl Iterator<Item = &Record<'a>> {
        std::iter::once(&self.top)
            .filter(|top| top.is_event())
            .chain(&self.wrapped)
    }

    /// Returns the value's own fields.
    pub(crate) fn top(&self) -> &Record<'a> {
        &self.top
    }
}

impl Record<'_> {
    /// An event has a reason; what has none is not about an object of Kubernetes.
    fn is_event(&self) -> bool {
        self.reason.is_some_and(|reason| !reason.is_empty())
    }

    /// Tells whether it was made of a pod's status.
    pub(crate) fn is_filled(&self) -> bool {
        let component = self.reporting_component;
        component.is_some_and(|component| component.bytes() == COLLECTOR.as_bytes())
    }
}

/// Takes an object; events in known wrappings are added to `wrapped`.
#[inline]
fn read_object<'a>(
    scanner: &mut Scanner<'a, '_>,
    record: &mut Record<'a>,
    wrapped: &mut Vec<Record<'a>>,
) -> Result<(), NotJson> {
    // An audit record may hold what was asked for and what came of it: one event, of which the answer knows more.
    let (mut requested, mut answered) = (Vec::new(), Vec::new());
    scanner.object(|scanner, key| match key {
        b"items" => read_items(scanner, wrapped),
        b"object" | b"jsonPayload" | b"event" | b"_source" => read_wrapped(scanner, wrapped),
        b"requestObject" => read_wrapped(scanner, &mut requested),
        b"responseObject" => read_wrapped(scanner, &mut answered),
        _ => record.member(scanner, key),
    })?;
    wrapped.append(if answered.is_empty() {
        &mut requested
    } else {
        &mut answered
    });
    Ok(())
}

fn read_wrapped<'a>(
    scanner: &mut Scanner<'a, '_>,
    wrapped: &mut Vec<Record<'a>>,
) -> Result<(), NotJson> {
    if scanner.peek()? != b'{' {
        return scanner.pass_over();
    }
    let mut record = Record::default();
    read_object(scanner, &mut record, wrapped)?;
    if record.is_event() {
        wrapped.push(record);
    }
    Ok(())
}

fn read_items<'a>(
    scanner: &mut Scanner<'a, '_>,
    wrapped: &mut Vec<Record<'a>>,
) -> Result<(), NotJson> {
    if scanner.peek()? != b'[' {
        return scanner.pass_over();
    }
    scanner.array(|scanner| read_wrapped(scanner, wrapped))
}

impl<'a> Record<'a> {
    #[inline]
    fn member(&mut self, scanner: &mut Scanner<'a, '_>, key: &[u8]) -> Result<(), NotJson> {
        match key {
            b"metadata" => self.read_metadata(scanner)?,
            b"reason" => self.reason = scanner.string_or_other()?,
            b"message" | b"note" => self.message = scanner.string_or_other()?,
            b"source" | b"deprecatedSource" => self.read_source(scanner)?,
            b"firstTimestamp" | b"deprecatedFirstTimestamp" => {
                self.first_timestamp = scanner.string_or_other()?;
            }
            b"lastTimestamp" | b"deprecatedLastTimestamp" => {
                self.last_timestamp = scanner.string_or_other()?;
            }
            b"eventTime" => self.event_time = scanner.string_or_other()?,
            b"count" | b"deprecatedCount" => self.count = scanner.integer_or_other()?,
            b"series" => self.read_series(scanner)?,
            b"reportingComponent" | b"reportingController" => {
                self.reporting_component = scanner.string_or_other()?;
            }
            b"reportingInstance" => self.reporting_instance = scanner.string_or_other()?,
            b"involvedObject" | b"regarding" => self.read_object_reference(scanner)?,
            b"level" => self.level = scanner.string_or_other()?,
            b"log" => self.log = scanner.string_or_other()?,
            _ => scanner.pass_over()?,
        }
        Ok(())
    }

    fn read_metadata(&mut self, scanner: &mut Scanner<'a, '_>) -> Result<(), NotJson> {
        let metadata = self.metadata.insert(Metadata::default());
        scanner.object_or_other(|scanner, key| {
            match key {
                b"name" => metadata.name = scanner.string_or_other()?,
                b"namespace" => metadata.namespace = scanner.string_or_other()?,
                b"uid" => metadata.uid = scanner.string_or_other()?,
                b"resourceVersion" => metadata.resource_version = scanner.string_or_other()?,
                _ => scanner.pass_over()?,
            }
            Ok(())
        })?;
        Ok(())
    }

    fn read_source(&mut self, scanner: &mut Scanner<'a, '_>) -> Result<(), NotJson> {
        scanner.object_or_other(|scanner, key| match key {
            b"host" => {
                self.host = scanner.string_or_other()?;
                Ok(())
            }
            _ => scanner.pass_over(),
        })
    }

    fn read_series(&mut self, scanner: &mut Scanner<'a, '_>) -> Result<(), NotJson> {
        scanner.object_or_other(|scanner, key| {
            match key {
                b"count" => self.series_count = scanner.integer_or_other()?,
                b"lastObservedTime" => self.series_last = scanner.string_or_other()?,
                _ => scanner.pass_over()?,
            }
            Ok(())
        })
    }

    fn read_object_reference(&mut self, scanner: &mut Scanner<'a, '_>) -> Result<(), NotJson> {
        let object = self.object.insert(ObjectReference::default());
        scanner.object_or_other(|scanner, key| {
            match key {
                b"kind" => object.kind = scanner.string_or_other()?,
                b"namespace" => object.namespace = scanner.string_or_other()?,
                b"name" => object.name = scanner.string_or_other()?,
                b"uid" => object.uid = scanner.string_or_other()?,
                b"fieldPath" => object.field_path = scanner.string_or_other()?,
                b"labels" | b"annotations" => scanner.pass_over_again()?,
                b"ownerReferences" => object.owner_job = read_owner_job(scanner)?,
                _ => scanner.pass_over()?,
            }
            Ok(())
        })?;
        Ok(())
    }
}

fn read_owner_job<'a>(scanner: &mut Scanner<'a, '_>) -> Result<Option<RawText<'a>>, NotJson> {
    if scanner.peek()? != b'[' {
        scanner.pass_over()?;
        return Ok(None);
    }
    let mut job = None;
    scanner.array(|scanner| {
        let (mut kind, mut uid) = (None, None);
        scanner.object_or_other(|scanner, key| {
            match key {
                b"kind" => kind = scanner.string_or_other()?,
                b"uid" => uid = scanner.string_or_other()?,
                _ => scanner.pass_over()?,
            }
            Ok(())
        })?;
        if kind.is_some_and(|kind| kind.bytes() == b"Job") {
            job = uid;
        }
        Ok(())
    })?;
    Ok(job)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(line: &str) -> Vec<(String, String)> {
        let value = Value::read_all(line.as_bytes(), &mut KnownTexts::default()).unwrap();
        let text =
            |raw: Option<RawText<'_>>| raw.map_or_else(String::new, |raw| raw.text().into_owned());
        value
            .events()
            .map(|event| (text(event.reason), text(event.message)))
            .collect()
    }

    const EVENT: &str = r#"{"reason":"Pulling","message":"Pulling image \"app:1\""}"#;

    #[test]
    fn events_come_out_of_every_wrapping() {
        let event = EVENT;
        let one = vec![("Pulling".to_owned(), "Pulling image \"app:1\"".to_owned())];
        for line in [
            event.to_owned(),
            format!(r#"{{"type":"ADDED","object":{event}}}"#),
            format!(r#"{{"kind":"EventList","items":[{event}]}}"#),
            format!(r#"{{"type":"ADDED","object":{{"kind":"List","items":[{event}]}}}}"#),
            format!(
                r#"{{"kind":"Event","verb":"create","requestObject":{event},"responseObject":{event}}}"#
            ),
            format!(r#"{{"kind":"Event","verb":"create","requestObject":{event}}}"#),
            format!(r#"[{event}]"#),
        ] {
            assert_eq!(events(&line), one, "{line}");
        }
        assert_eq!(
            events(&format!(r#"{{"items":[{event},{event}]}}"#)).len(),
            2
        );
    }

    #[test]
    fn both_apis_say_the_same() {
        let line = r#"{"reason":"Pulled","note":"n","regarding":{"kind":"Pod","name":"p","fieldPath":"spec.containers{c}"},
            "deprecatedSource":{"component":"kubelet","host":"node-1"},"deprecatedCount":3,"eventTime":null,
            "deprecatedFirstTimestamp":"a","deprecatedLastTimestamp":"b","series":{"count":4,"lastObservedTime":"c"}}"#;
        let value = Value::read_all(line.as_bytes(), &mut KnownTexts::default()).unwrap();
        let event = value.events().next().unwrap();
        assert_eq!(event.message.unwrap().bytes(), b"n");
        assert_eq!(event.host.unwrap().bytes(), b"node-1");
        assert_eq!((event.count, event.series_count), (Some(3), Some(4)));
        assert_eq!(event.series_last.unwrap().bytes(), b"c");
        assert_eq!(
            event.object.unwrap().field_path.unwrap().bytes(),
            b"spec.containers{c}"
        );
        assert_eq!(event.event_time, None);
    }

    #[test]
    fn what_has_no_reason_is_no_event() {
        for line in [
            r#"{"level":"info","message":"x"}"#,
            "{}",
            "3",
            "\"x\"",
            "[]",
            "[1]",
            r#"{"items":{}}"#,
        ] {
            assert_eq!(events(line), [], "{line}");
        }
    }

    #[test]
    fn the_job_that_owns_a_pod_is_known() {
        let line = r#"{"reason":"Pulled","involvedObject":{"ownerReferences":[{"kind":"X","uid":"x"},{"kind":"Job","uid":"j"}]}}"#;
        let value = Value::read_all(line.as_bytes(), &mut KnownTexts::default()).unwrap();
        let job = value.events().next().unwrap().object.unwrap().owner_job;
        assert_eq!(job.unwrap().bytes(), b"j");
    }
}
