//! Rows as a Parquet file: one typed column a key.

use std::io::Write;
use std::sync::Arc;
use std::time::SystemTime;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as PhysicalType};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};
use serde::Serialize;
use serde_json::Value;

use crate::column::{Column, Kind, plain};
use crate::table::{WriteTableError, io_error, object, value};

/// Rows of a row group: of all rows, only so many are in memory a second time.
const GROUP_ROWS: usize = 65_536;

/// The key of the file's metadata that says in which version of our format it is.
const FORMAT_VERSION: (&str, &str) = ("pullstudy.format_version", "1");

/// A file in the making. The writer of the crate wants an output that can be sent to other threads, and ours
/// need not; so it writes to memory, and each row group goes out from there.
type File = SerializedFileWriter<Vec<u8>>;

/// Writes rows as a Parquet file with a column for each of `columns`.
pub(crate) fn write<R: Serialize>(
    columns: &[Column<R>],
    rows: &[R],
    out: &mut dyn Write,
) -> Result<(), WriteTableError> {
    let metadata = KeyValue::new(FORMAT_VERSION.0.to_owned(), FORMAT_VERSION.1.to_owned());
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_key_value_metadata(Some(vec![metadata]))
        .build();
    let schema = schema(columns).map_err(failed)?;
    let mut file = File::new(Vec::new(), schema, Arc::new(properties)).map_err(failed)?;
    for (position, group) in rows.chunks(GROUP_ROWS).enumerate() {
        let values = values(columns, group, position * GROUP_ROWS)?;
        write_group(&mut file, &values).map_err(failed)?;
        let written = file.inner_mut();
        out.write_all(written).map_err(io_error)?;
        written.clear();
    }
    let rest = file.into_inner().map_err(failed)?;
    out.write_all(&rest)
        .and_then(|()| out.flush())
        .map_err(io_error)
}

fn failed(source: ParquetError) -> WriteTableError {
    WriteTableError::Parquet {
        source: Box::new(source),
    }
}

fn schema<R>(columns: &[Column<R>]) -> Result<TypePtr, ParquetError> {
    let fields: Result<Vec<TypePtr>, ParquetError> = columns.iter().map(field).collect();
    let schema = Type::group_type_builder("rows").with_fields(fields?);
    schema.build().map(Arc::new)
}

fn field<R>(column: &Column<R>) -> Result<TypePtr, ParquetError> {
    let (physical, logical) = match column.kind() {
        Kind::Text => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Count | Kind::Bytes => (PhysicalType::INT64, None),
        Kind::Seconds | Kind::Usd | Kind::Percent => (PhysicalType::DOUBLE, None),
        Kind::Timestamp => {
            let is_utc = true;
            let micros = LogicalType::timestamp(is_utc, TimeUnit::MICROS);
            (PhysicalType::INT64, Some(micros))
        }
    };
    let field = Type::primitive_type_builder(column.key(), physical)
        .with_logical_type(logical)
        .with_repetition(Repetition::OPTIONAL);
    field.build().map(Arc::new)
}

/// The values of one column that are there, and for each row whether one is.
#[derive(Debug, Default)]
struct Values<T> {
    present: Vec<T>,
    /// 1 where there is a value, 0 for null: a definition level.
    levels: Vec<i16>,
}

impl<T> Values<T> {
    fn push(&mut self, value: Option<T>) {
        self.levels.push(value.is_some().into());
        self.present.extend(value);
    }
}

/// The values of one column, by how Parquet keeps them.
enum ColumnValues {
    Texts(Values<ByteArray>),
    Integers(Values<i64>),
    Floats(Values<f64>),
}

impl ColumnValues {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Texts(Values::default()),
            Kind::Count | Kind::Bytes | Kind::Timestamp => Self::Integers(Values::default()),
            Kind::Seconds | Kind::Usd | Kind::Percent => Self::Floats(Values::default()),
        }
    }

    /// Adds a value; an error says what it should have been.
    fn push(&mut self, kind: Kind, value: &Value) -> Result<(), &'static str> {
        let is_null = value.is_null();
        match self {
            Self::Texts(texts) => {
                texts.push((!is_null).then(|| ByteArray::from(plain(value).into_bytes())));
            }
            Self::Integers(integers) if kind == Kind::Timestamp => {
                let micros = value.as_str().and_then(micros);
                integers.push(or_null(micros, is_null, "a timestamp of UTC since 1970")?);
            }
            Self::Integers(integers) => {
                let integer = value.as_i64();
                integers.push(or_null(integer, is_null, "an integer of 64 bits")?);
            }
            Self::Floats(floats) => {
                floats.push(or_null(value.as_f64(), is_null, "a number")?);
            }
        }
        Ok(())
    }
}

fn or_null<T>(
    value: Option<T>,
    is_null: bool,
    expected: &'static str,
) -> Result<Option<T>, &'static str> {
    if value.is_some() || is_null {
        Ok(value)
    } else {
        Err(expected)
    }
}

fn micros(text: &str) -> Option<i64> {
    let moment = humantime::parse_rfc3339(text).ok()?;
    let since = moment.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_micros()).ok()
}

/// Turns rows into columns, one row's object at a time.
fn values<R: Serialize>(
    columns: &[Column<R>],
    rows: &[R],
    first: usize,
) -> Result<Vec<ColumnValues>, WriteTableError> {
    let kinds = columns.iter().map(Column::kind);
    let mut all: Vec<ColumnValues> = kinds.map(ColumnValues::of).collect();
    for (row, value_of_row) in (first..).zip(rows) {
        let object = object((row, value_of_row))?;
        for (column, values) in columns.iter().zip(&mut all) {
            let value = value(&object, row, column.key())?;
            values
                .push(column.kind(), value)
                .map_err(|expected| WriteTableError::Kind {
                    row,
                    key: column.key().to_owned(),
                    expected,
                })?;
        }
    }
    Ok(all)
}

fn write_group(file: &mut File, columns: &[ColumnValues]) -> Result<(), ParquetError> {
    let mut group = file.next_row_group()?;
    for values in columns {
        let Some(column) = group.next_column()? else {
            break;
        };
        match values {
            ColumnValues::Texts(values) => write_column::<ByteArrayType>(column, values)?,
            ColumnValues::Integers(values) => write_column::<Int64Type>(column, values)?,
            ColumnValues::Floats(values) => write_column::<DoubleType>(column, values)?,
        }
    }
    group.close()?;
    Ok(())
}

fn write_column<T: DataType>(
    mut column: SerializedColumnWriter<'_>,
    values: &Values<T::T>,
) -> Result<(), ParquetError> {
    let writer = column.typed::<T>();
    writer.write_batch(&values.present, Some(&values.levels), None)?;
    column.close()
}
