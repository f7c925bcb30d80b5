"""One fit of the `implicit` package's ALS, for `bench recommendations`: CPU seconds an iteration.

Usage: implicit_als.py PAIRS FACTORS ITERATIONS REGULARIZATION ALPHA

PAIRS holds little-endian 32-bit numbers: users, items, pairs, users + 1 offsets, then the pairs' items. Prints one number.
"""
import os
import resource
import sys

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402
import scipy.sparse as sp  # noqa: E402
from implicit.als import AlternatingLeastSquares  # noqa: E402


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main():
    path, factors, iterations = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    numbers = np.fromfile(path, "<i4")
    users, items, pairs = numbers[:3]
    offsets, columns = numbers[3:4 + users], numbers[4 + users:]
    matrix = sp.csr_matrix((np.ones(pairs, np.float32), columns, offsets), shape=(users, items))
    model = AlternatingLeastSquares(factors=factors, iterations=iterations, regularization=float(sys.argv[4]),
                                    alpha=float(sys.argv[5]), num_threads=1, random_state=7)
    start = cpu_seconds()
    model.fit(matrix, show_progress=False)
    print((cpu_seconds() - start) / iterations)


if __name__ == "__main__":
    main()
