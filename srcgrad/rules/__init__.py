"""Derivative rules: tables of one-line rules, and what looks them up.

The tables register themselves when they are imported, which importing this package does.
"""

from . import (
    arrays,
    compositions,
    compositions_in_place,
    compositions_of_matrices,
    compositions_of_numbers,
    compositions_of_polynomials,
    compositions_of_samples,
    contractions,
    decompositions,
    linalg,
    network,
    overlaps,
    patterns,
    scalar,
    sequences,
    short_forms,
    sorting,
    special,
)

patterns.verify_rules()

__all__ = [
    "arrays",
    "compositions",
    "compositions_in_place",
    "compositions_of_matrices",
    "compositions_of_numbers",
    "compositions_of_polynomials",
    "compositions_of_samples",
    "contractions",
    "decompositions",
    "linalg",
    "network",
    "overlaps",
    "patterns",
    "scalar",
    "sequences",
    "short_forms",
    "sorting",
    "special",
]
