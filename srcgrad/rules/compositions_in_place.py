# mypy: disable-error-code="no-untyped-def,no-untyped-call"
# ruff: noqa: D103 (what a function does is what the one that it defines does)
"""Functions that are called for what they change, as stores: their definitions.

In and out: see ``definitions``. Invariant: as in ``compositions``; what is changed is the first
argument, in the order of the function that is defined.
"""

import numpy as np

from .definitions import define, is_pair
from .selections import vector_length


@define(np.add.at, indices=is_pair)
def add_at_pairs(a, indices, b):
    rows, columns = np.take(np.arange(a.shape[0]), indices[0]), indices[1]
    _ = vector_length(rows) + vector_length(columns)
    values = np.zeros_like(a[rows, columns]) + b
    for k in range(rows.size):
        a[rows[k], columns[k]] += values[k]


@define(np.add.at)
def add_at(a, indices, b):
    places = np.take(np.arange(a.shape[0]), indices)
    _ = vector_length(places)
    values = np.zeros_like(a[places]) + b
    for k in range(places.size):
        a[places[k]] += values[k]


@define(np.subtract.at)
def subtract_at(a, indices, b):
    places = np.take(np.arange(a.shape[0]), indices)
    _ = vector_length(places)
    values = np.zeros_like(a[places]) + b
    for k in range(places.size):
        a[places[k]] -= values[k]


@define(np.copyto)
def copyto(dst, src):
    dst[...] = src


@define(np.fill_diagonal)
def fill_diagonal(a, val):
    rows, columns = a.shape
    for k in range(min(rows, columns)):
        a[k, k] = val


@define(np.put)
def put(a, ind, v):
    _ = vector_length(a)
    places = np.take(np.arange(a.size), ind)
    values = np.zeros_like(a[places]) + v
    for k in range(places.size):
        a[places[k]] = values[k]


@define(np.putmask)
def putmask(a, mask, values):
    a[...] = np.where(mask, values, a)
