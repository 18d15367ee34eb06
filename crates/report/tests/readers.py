"""Reads a file of tests/it/parquet.rs with the readers people have; fails where one sees something else."""

import datetime
import sys

import duckdb
import pandas
import polars
import pyarrow.parquet

path = sys.argv[1]
moment = datetime.datetime(2024, 11, 10, 6, 47, 10, 123456, tzinfo=datetime.timezone.utc)
columns = ["image", "nodes", "pulled_at", "pull_seconds", "image_size_bytes", "share", "pod_uid", "attempts", "reasons"]
first = ["ghcr.io/app:1", 4, moment, 77.2865, 19034736629, 0.5, "8a1f", 1, '["Pulled"]']
second = [None, None, None, None, None, 0.0, 'é "\n', 0, "[]"]


def same(reader, seen, expected):
    if seen != expected:
        sys.exit(f"{reader} reads {seen}, not {expected}")


arrow = pyarrow.parquet.read_table(path)
types = ["string", "int64", "timestamp[us, tz=UTC]", "double", "int64", "double", "string", "int64", "string"]
same("pyarrow", arrow.column_names, columns)
same("pyarrow", [str(field.type) for field in arrow.schema], types)
same("pyarrow", [list(row.values()) for row in arrow.to_pylist()], [first, second])
same("pyarrow", pyarrow.parquet.read_metadata(path).metadata[b"pullstudy.format_version"], b"1")

frame = pandas.read_parquet(path, dtype_backend="numpy_nullable")
types = ["string", "Int64", "datetime64[us, UTC]", "Float64", "Int64", "Float64", "string", "Int64", "string"]
same("pandas", list(frame.columns), columns)
same("pandas", [str(kind).replace("ns", "us") for kind in frame.dtypes], types)
same("pandas", frame.iloc[0].tolist(), first)
same("pandas", frame.isna().iloc[1].tolist(), [value is None for value in second])

frame = polars.read_parquet(path)
types = ["String", "Int64", "Datetime(time_unit='us', time_zone='UTC')", "Float64", "Int64", "Float64", "String", "Int64", "String"]
same("polars", frame.columns, columns)
same("polars", [str(kind) for kind in frame.dtypes], types)
same("polars", [list(row) for row in frame.rows()], [first, second])

described = duckdb.sql(f"describe select * from '{path}'").fetchall()
types = ["VARCHAR", "BIGINT", "TIMESTAMP WITH TIME ZONE", "DOUBLE", "BIGINT", "DOUBLE", "VARCHAR", "BIGINT", "VARCHAR"]
same("duckdb", [row[:2] for row in described], list(zip(columns, types)))
# Only Python's view of a time zone needs another package; its epoch does not.
rows = duckdb.sql(f"select * replace (epoch_us(pulled_at) as pulled_at) from '{path}'").fetchall()
micros = int(moment.timestamp() * 1_000_000)
same("duckdb", rows, [tuple([*first[:2], micros, *first[3:]]), tuple(second)])
