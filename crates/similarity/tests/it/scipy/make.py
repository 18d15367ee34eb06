"""What SciPy makes of distances, for `../scipy_trees.rs`.

    pip install numpy==2.* scipy==1.17.1
    python make.py

writes `small.json` (given distances, many of them equal) and `thousand.json` (a thousand sets that
`../scipy_trees.rs` makes by the same rule).
"""

import json

import numpy
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform

LINKAGES = ["single", "complete", "average", "weighted", "ward"]
MASK = 2**64 - 1


class SplitMix:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)


def merges(tree):
    return [[int(left), int(right), float(height)] for left, right, height, _ in tree]


def neighbours(order, square):
    return float(sum(square[a, b] for a, b in zip(order, order[1:])))


def small(random):
    points = 2 + random.next() % 11
    pairs = points * (points - 1) // 2
    grain = [4, 10, 10**9][random.next() % 3]
    distances = numpy.array([(1 + random.next() % grain) / grain for _ in range(pairs)])
    square = squareform(distances)
    trees = {}
    for linkage in LINKAGES:
        tree = hierarchy.linkage(distances, linkage)
        height = float(tree[points // 2 - 1, 2])
        best = hierarchy.leaves_list(hierarchy.optimal_leaf_ordering(tree, distances))
        correlation = hierarchy.cophenet(tree, distances)[0]
        trees[linkage] = {
            "merges": merges(tree),
            "leaf_order": hierarchy.leaves_list(tree).tolist(),
            "by_height": hierarchy.fcluster(tree, height, "distance").tolist(),
            "by_count": [hierarchy.fcluster(tree, count, "maxclust").tolist() for count in (1, 2, 3, points)],
            "correlation": None if numpy.isnan(correlation) else float(correlation),
            "neighbours": neighbours(best, square),
        }
    return {"points": points, "distances": distances.tolist(), "trees": trees}


def thousand(random):
    """Sets of 1 to 12 out of 400 items, low ones more often, that weigh up to 2^40."""
    weights = [1 + random.next() % 2**40 for _ in range(400)]
    sets = []
    for _ in range(1000):
        length = 1 + random.next() % 12
        sets.append({min(random.next() % 400, random.next() % 400) for _ in range(length)})
    return weights, sets


def distance(weights, a, b):
    shared = sum(weights[item] for item in a & b)
    union = sum(weights[item] for item in a | b)
    return 1.0 - shared / union


def main():
    random = SplitMix(1)
    with open("small.json", "w") as file:
        problems = ",\n".join(json.dumps(small(random)) for _ in range(30))
        file.write(f"[\n{problems}\n]\n")
    weights, sets = thousand(SplitMix(2))
    pairs = ((a, b) for a in range(1000) for b in range(a + 1, 1000))
    distances = numpy.array([distance(weights, sets[a], sets[b]) for a, b in pairs])
    with open("thousand.json", "w") as file:
        trees = (merges(hierarchy.linkage(distances, linkage)) for linkage in LINKAGES)
        lines = (f'"{linkage}": {json.dumps(tree)}' for linkage, tree in zip(LINKAGES, trees))
        file.write("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
