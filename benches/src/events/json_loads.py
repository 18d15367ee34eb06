"""Reads the logs of a folder with a JSON module of Python, a line at a time, and prints the seconds it took."""

import importlib
import pathlib
import sys
import time

module, folder = sys.argv[1:]
loads = importlib.import_module(module).loads
paths = sorted(pathlib.Path(folder).rglob("events*"))

start = time.perf_counter()
count = 0
for path in paths:
    with open(path, "rb") as log:
        for line in log:
            loads(line)
            count += 1
print(time.perf_counter() - start, count)
