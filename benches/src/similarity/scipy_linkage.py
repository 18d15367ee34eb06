"""Clusters the sets of a file, one a line, with SciPy, and prints the seconds of the matrix and of the tree.

`weighted` gives every item a weight of its own, so that no two distances are equal by chance; the tree then is the
only one, and is written for comparison in both cases.
"""

import sys
import time

import numpy
from scipy import sparse
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform

kind, path, tree = sys.argv[1:]
with open(path) as file:
    rows = [line.split() for line in file]

start = time.perf_counter()
numbers = {}
indices, starts = [], [0]
for row in rows:
    indices.extend({numbers.setdefault(item, len(numbers)) for item in row})
    starts.append(len(indices))
ones = numpy.ones(len(indices))
sets = sparse.csr_matrix((ones, indices, starts), shape=(len(rows), len(numbers)))
if kind == "weighted":
    # As in made.rs.
    weights = numpy.array([int(item) * 2654435761 % 2**32 + 1 for item in numbers], dtype=float)
else:
    weights = numpy.ones(len(numbers))
shared = (sets.multiply(weights).tocsr() @ sets.T).toarray()
sizes = sets @ weights
union = sizes[:, None] + sizes[None, :] - shared
distances = 1 - shared / union
numpy.fill_diagonal(distances, 0)
condensed = squareform(distances, checks=False)
matrix_seconds = time.perf_counter() - start

start = time.perf_counter()
merges = hierarchy.linkage(condensed, "average")
tree_seconds = time.perf_counter() - start

numpy.savetxt(tree, merges[:, :3], fmt=["%d", "%d", "%.17g"])
print(matrix_seconds, tree_seconds)
