//! Rows as table, JSON and CSV.

use std::collections::BTreeMap;
use std::io::{self, Write};

use pullstudy_report::{Alignment, Column, Format, Table, WriteTableError};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

#[derive(Serialize)]
struct Row {
    image: &'static str,
    nodes: Option<u32>,
    wire_bytes: u64,
    median_seconds: f64,
    share: f64,
    reasons: BTreeMap<&'static str, u32>,
    skipped: Option<&'static str>,
}

fn rows() -> Vec<Row> {
    let row = |image, nodes, wire_bytes, median_seconds, share, skipped| Row {
        image,
        nodes,
        wire_bytes,
        median_seconds,
        share,
        reasons: BTreeMap::from([("Pulled", 4)]),
        skipped,
    };
    vec![
        row("app:1", Some(4), 53_702_097, 1.094, 0.915, None),
        row("a, \"b\"", None, 412, 161.517, 0.001, Some("too large")),
    ]
}

fn table() -> Table<Row> {
    Table::new(vec![
        Column::text("image", "image"),
        Column::text("nodes", "nodes"),
        Column::bytes("wire_bytes", "wire"),
        Column::seconds("median_seconds", "median s"),
        Column::percent("share", "wire"),
        Column::hidden("reasons"),
        Column::custom("skipped", "built", Alignment::Left, |row: &Row| {
            row.skipped
                .map_or_else(|| "yes".to_owned(), |reason| format!("no: {reason}"))
        }),
    ])
}

fn written(format: Format, rows: &[Row]) -> String {
    let mut out = Vec::new();
    table()
        .write(format, rows, &mut out)
        .expect("a vector takes all");
    String::from_utf8(out).expect("the output is text")
}

#[test]
fn tables_align_and_round() {
    let expected = "\
image   nodes     wire  median s  wire  built
-----------------------------------------------------
app:1       4  53.7 MB      1.09  92 %  yes
a, \"b\"      -    412 B       162  <1 %  no: too large
";
    assert_eq!(written(Format::Table, &rows()), expected);
}

#[test]
fn timestamps_are_shown_to_the_second() {
    let table = Table::new(vec![Column::<Value>::timestamp("pulled_at", "pulled at")]);
    let rows = [
        "2024-11-10T06:47:10.123456Z",
        "2024-11-10T06:47:10Z",
        "soon",
    ];
    let mut rows: Vec<Value> = rows.map(|text| json!({"pulled_at": text})).into();
    rows.push(json!({"pulled_at": null}));
    let mut out = Vec::new();
    table.write(Format::Table, &rows, &mut out).unwrap();
    let expected = "\
pulled at
-------------------
2024-11-10 06:47:10
2024-11-10 06:47:10
soon
-
";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn what_stays_in_files_is_in_no_table() {
    let table = Table::new(vec![
        Column::<Value>::text("image", "image"),
        Column::count("attempts", "attempts").only_in_files(),
        Column::seconds("seconds", "s").shown_as(Alignment::Right, |_| "long".to_owned()),
    ]);
    let rows = [json!({"image": "app:1", "attempts": 2, "seconds": 1.5})];
    let written = |format| {
        let mut out = Vec::new();
        table.write(format, &rows, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    assert_eq!(
        written(Format::Table),
        "image     s\n-----------\napp:1  long\n"
    );
    assert_eq!(
        written(Format::Csv),
        "image,attempts,seconds\napp:1,2,1.5\n"
    );
}

#[test]
fn a_command_names_the_formats_it_takes() {
    for &format in Format::ALL {
        assert_eq!(Format::among(Format::ALL)(format.as_str()), Ok(format));
    }
    let sentence = |text: &str| text.parse::<Format>().unwrap_err().to_string();
    assert_eq!(
        sentence("xml"),
        "\"xml\" is not a format: use table, json or csv"
    );
    #[cfg(feature = "parquet")]
    assert_eq!(
        sentence("parquet"),
        "\"parquet\" is not a format here: use table, json or csv"
    );
    let only = Format::among(&[Format::Json]);
    assert_eq!(
        only("csv").unwrap_err().to_string(),
        "\"csv\" is not a format here: use json"
    );
}

#[test]
fn json_has_exact_values_one_row_a_line() {
    let text = written(Format::Json, &rows());
    assert_eq!(text.lines().count(), 4);
    let value: Value = serde_json::from_str(&text).unwrap();
    let first = json!({
        "image": "app:1", "nodes": 4, "wire_bytes": 53_702_097, "median_seconds": 1.094,
        "share": 0.915, "reasons": {"Pulled": 4}, "skipped": null,
    });
    assert_eq!(value[0], first);
    assert_eq!(value.as_array().map(Vec::len), Some(2));
}

#[test]
fn csv_has_every_column_and_quotes_what_it_must() {
    let expected = "\
image,nodes,wire_bytes,median_seconds,share,reasons,skipped
app:1,4,53702097,1.094,0.915,\"{\"\"Pulled\"\":4}\",
\"a, \"\"b\"\"\",,412,161.517,0.001,\"{\"\"Pulled\"\":4}\",too large
";
    assert_eq!(written(Format::Csv, &rows()), expected);
}

#[test]
fn no_rows_are_an_empty_table() {
    assert_eq!(written(Format::Json, &[]), "[]\n");
    let header = "image,nodes,wire_bytes,median_seconds,share,reasons,skipped\n";
    assert_eq!(written(Format::Csv, &[]), header);
    let table = written(Format::Table, &[]);
    assert_eq!(
        table.lines().next(),
        Some("image  nodes  wire  median s  wire  built")
    );
    assert_eq!(table.lines().count(), 2);
}

struct Gone;

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_went_away_is_told_apart() {
    for &format in Format::ALL {
        let error = table().write(format, &rows(), &mut Gone).unwrap_err();
        assert!(error.is_broken_pipe(), "{format}: {error:?}");
    }
}

#[test]
fn a_column_without_its_key_is_named() {
    let table = Table::new(vec![Column::<Row>::text("tag", "tag")]);
    for format in [Format::Table, Format::Csv] {
        let error = table.write(format, &rows(), &mut Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "row 0 has no key \"tag\"");
        assert!(!error.is_broken_pipe());
    }
}

/// Serialises to what is no object, or not at all.
struct Odd(bool);

impl Serialize for Odd {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.0 {
            to.serialize_u8(1)
        } else {
            Err(serde::ser::Error::custom("no"))
        }
    }
}

#[test]
fn a_row_that_is_no_object_is_refused() {
    let table = Table::new(vec![Column::text("a", "a")]);
    for (row, has_cause) in [(Odd(true), false), (Odd(false), true)] {
        let error = table
            .write(Format::Csv, &[row], &mut Vec::new())
            .unwrap_err();
        let WriteTableError::Row { row: 0, source } = error else {
            panic!("{error:?}")
        };
        assert_eq!(source.is_some(), has_cause);
    }
}
