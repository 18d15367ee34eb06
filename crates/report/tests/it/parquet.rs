//! Rows as Parquet, read back.

use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as PhysicalType};
use parquet::data_type::AsBytes;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row as Read};
use pullstudy_report::{Alignment, Column, Format, Table, WriteTableError};
use serde::Serialize;
use serde_json::{Value, json};

#[derive(Serialize)]
struct Row {
    image: Option<String>,
    nodes: Option<u32>,
    pulled_at: Option<&'static str>,
    pull_seconds: Option<f64>,
    image_size_bytes: Option<u64>,
    share: f64,
    pod_uid: &'static str,
    attempts: u32,
    reasons: Vec<&'static str>,
}

fn row() -> Row {
    Row {
        image: Some("ghcr.io/app:1".to_owned()),
        nodes: Some(4),
        pulled_at: Some("2024-11-10T06:47:10.123456Z"),
        pull_seconds: Some(77.2865),
        image_size_bytes: Some(19_034_736_629),
        share: 0.5,
        pod_uid: "8a1f",
        attempts: 1,
        reasons: vec!["Pulled"],
    }
}

fn nothing() -> Row {
    Row {
        image: None,
        nodes: None,
        pulled_at: None,
        pull_seconds: None,
        image_size_bytes: None,
        share: 0.0,
        pod_uid: "é \"\n",
        attempts: 0,
        reasons: Vec::new(),
    }
}

fn table() -> Table<Row> {
    Table::new(vec![
        Column::text("image", "image"),
        Column::count("nodes", "nodes"),
        Column::timestamp("pulled_at", "pulled at"),
        Column::seconds("pull_seconds", "pull s")
            .shown_as(Alignment::Right, |_| "shown only in tables".to_owned()),
        Column::bytes("image_size_bytes", "size"),
        Column::percent("share", "share"),
        Column::hidden("pod_uid"),
        Column::count("attempts", "").only_in_files(),
        Column::text("reasons", "reasons"),
    ])
}

fn written<R: Serialize>(table: &Table<R>, rows: &[R]) -> Vec<u8> {
    let mut out = Vec::new();
    table
        .write(Format::Parquet, rows, &mut out)
        .expect("a vector takes all");
    out
}

fn reader(file: Vec<u8>) -> SerializedFileReader<bytes::Bytes> {
    SerializedFileReader::new(bytes::Bytes::from(file)).expect("it is a Parquet file")
}

fn fields(row: Read) -> Vec<Field> {
    row.into_columns()
        .into_iter()
        .map(|(_, field)| field)
        .collect()
}

#[test]
fn columns_are_typed_by_kind_and_may_all_be_null() {
    let reader = reader(written(&table(), &[]));
    let schema = reader.metadata().file_metadata().schema();
    let micros = LogicalType::timestamp(true, TimeUnit::MICROS);
    let expected = [
        ("image", PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
        ("nodes", PhysicalType::INT64, None),
        ("pulled_at", PhysicalType::INT64, Some(micros)),
        ("pull_seconds", PhysicalType::DOUBLE, None),
        ("image_size_bytes", PhysicalType::INT64, None),
        ("share", PhysicalType::DOUBLE, None),
        (
            "pod_uid",
            PhysicalType::BYTE_ARRAY,
            Some(LogicalType::String),
        ),
        ("attempts", PhysicalType::INT64, None),
        (
            "reasons",
            PhysicalType::BYTE_ARRAY,
            Some(LogicalType::String),
        ),
    ];
    assert_eq!(schema.get_fields().len(), expected.len());
    for (field, (name, physical, logical)) in schema.get_fields().iter().zip(expected) {
        let info = field.get_basic_info();
        assert_eq!(field.name(), name);
        assert_eq!(field.get_physical_type(), physical, "{name}");
        assert_eq!(info.logical_type_ref(), logical.as_ref(), "{name}");
        assert_eq!(info.repetition(), Repetition::OPTIONAL, "{name}");
    }
}

#[test]
fn values_and_nulls_come_back() {
    let reader = reader(written(&table(), &[row(), nothing()]));
    let rows: Vec<Vec<Field>> = reader
        .get_row_iter(None)
        .unwrap()
        .map(|row| fields(row.unwrap()))
        .collect();
    let text = |text: &str| Field::Str(text.to_owned());
    let expected = [
        vec![
            text("ghcr.io/app:1"),
            Field::Long(4),
            Field::TimestampMicros(1_731_221_230_123_456),
            Field::Double(77.2865),
            Field::Long(19_034_736_629),
            Field::Double(0.5),
            text("8a1f"),
            Field::Long(1),
            text("[\"Pulled\"]"),
        ],
        vec![
            Field::Null,
            Field::Null,
            Field::Null,
            Field::Null,
            Field::Null,
            Field::Double(0.0),
            text("é \"\n"),
            Field::Long(0),
            text("[]"),
        ],
    ];
    assert_eq!(rows, expected);
}

#[test]
fn a_file_says_in_which_format_it_is() {
    let reader = reader(written(&table(), &[]));
    let metadata = reader.metadata().file_metadata();
    let pairs = metadata.key_value_metadata().unwrap();
    let version = pairs
        .iter()
        .find(|pair| pair.key == "pullstudy.format_version");
    assert_eq!(version.unwrap().value.as_deref(), Some("1"));
    assert_eq!(metadata.num_rows(), 0);
}

#[derive(Serialize)]
struct Number {
    number: u32,
}

/// Keeps what is written, and the largest piece of it.
#[derive(Default)]
struct Pieces {
    all: Vec<u8>,
    largest: usize,
}

impl Write for Pieces {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.largest = self.largest.max(piece.len());
        self.all.write(piece)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn many_rows_go_out_group_by_group() {
    let rows: Vec<Number> = (0..200_000).map(|number| Number { number }).collect();
    let table = Table::new(vec![Column::count("number", "number")]);
    let mut out = Pieces::default();
    table.write(Format::Parquet, &rows, &mut out).unwrap();
    assert!(
        out.largest < out.all.len() / 2,
        "{} in one piece",
        out.largest
    );
    let reader = reader(out.all);
    assert_eq!(reader.num_row_groups(), 4);
    let read = reader.get_row_iter(None).unwrap();
    for (row, number) in read.zip(0..) {
        assert_eq!(fields(row.unwrap()), [Field::Long(number)]);
    }
}

#[test]
fn a_value_of_another_kind_is_named() {
    let cases: [(Column<Value>, Value, &str); 4] = [
        (
            Column::count("nodes", "nodes"),
            json!({"nodes": 4.5}),
            "key \"nodes\" of row 1 is not an integer of 64 bits",
        ),
        (
            Column::bytes("bytes", "bytes"),
            json!({"bytes": u64::MAX}),
            "key \"bytes\" of row 1 is not an integer of 64 bits",
        ),
        (
            Column::seconds("seconds", "s"),
            json!({"seconds": "1.5s"}),
            "key \"seconds\" of row 1 is not a number",
        ),
        (
            Column::timestamp("at", "at"),
            json!({"at": "yesterday"}),
            "key \"at\" of row 1 is not a timestamp of UTC since 1970",
        ),
    ];
    for (column, bad, sentence) in cases {
        let good = json!({"nodes": null, "bytes": null, "seconds": null, "at": null});
        let table = Table::new(vec![column]);
        let written = table.write(Format::Parquet, &[good, bad], &mut Vec::new());
        let error = written.unwrap_err();
        assert!(matches!(error, WriteTableError::Kind { row: 1, .. }));
        assert_eq!(error.to_string(), sentence);
    }
}

#[test]
#[ignore = "needs a Python with pandas, pyarrow, polars and duckdb: name it in PULLSTUDY_PYTHON"]
fn pandas_polars_and_duckdb_read_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pulls.parquet");
    std::fs::write(&file, written(&table(), &[row(), nothing()])).unwrap();
    let python = std::env::var_os("PULLSTUDY_PYTHON").unwrap_or_else(|| "python3".into());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers.py");
    let output = Command::new(python)
        .arg(script)
        .arg(&file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(output.stderr.as_bytes());
    assert!(
        output.status.success(),
        "{said}\npython3 -m venv FOLDER && FOLDER/bin/pip install pandas pyarrow polars duckdb"
    );
}
