"""Memory that a loop uses up: the array that the loop makes takes it, where nobody can tell."""

import ast

import numba
import numpy as np
import pytest
from numba import types
from oracles import check_gradient, run_text

from srcgrad.backend.emit import emit
from srcgrad.pipeline import derive
from srcgrad.program import Assign, For, If, Program, Return, Store, verify
from srcgrad.transform.lower import lower
from srcgrad.transform.lowering.in_place import in_place

X = np.array([0.4, -1.1, 0.9, 1.6])


def block(nodes):
    return tuple(statement(n) for n in nodes)


def statement(node):
    """A statement of the form that loops have."""
    match node:
        case ast.For(target=ast.Name(id=counter), iter=ast.Call(args=args), body=body):
            start, stop = args if len(args) == 2 else (ast.Constant(0), args[0])
            return For(counter, start, stop, ast.Constant(1), block(body))
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=index)], value=value):
            return Store(name, index, value)
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return Assign(name, value)
        case ast.If(test=test, body=body, orelse=orelse):
            return If(test, block(body), block(orelse))
        case ast.Return(value=value):
            return Return(value)
    raise AssertionError(ast.dump(node))


def program(*texts):
    """A program of ``x``; its arrays are ``a``, ``b`` and ``c``, of the rank of their shape."""
    text = "\n".join(texts)
    kinds = {"i": types.int64, "j": types.int64, "n": types.int64, "t": types.float64}
    kinds |= {"x": types.Array(types.float64, 1, "C")}
    rank = 2 if "np.empty((" in text else 1
    kinds |= {name: types.Array(types.float64, rank, "C") for name in "abc"}
    return Program("f", ("x",), block(ast.parse(text).body), kinds)


MAKE = "a = np.empty(x.shape[0], np.float64)\nb = np.empty(x.shape[0], np.float64)"
FILL = "for i in range(x.shape[0]):\n    a[i] = x[i] * 2.0"
USE = "for i in range(x.shape[0]):\n    b[i] = np.sin(a[i])"

TAKEN = {
    "used up": (MAKE, FILL, USE, "return b"),
    "read twice in a round": (
        MAKE,
        FILL,
        "for i in range(x.shape[0]):\n    t = a[i]\n    b[i] = t * a[i]\n    b[i] = b[i] + t",
        "return b",
    ),
    "extents": (MAKE, FILL, USE.replace("x.shape[0]", "a.shape[0]"), "return b"),
    "one after the other": (
        MAKE,
        FILL,
        USE,
        "c = np.empty(x.shape[0], np.float64)",
        "for i in range(x.shape[0]):\n    c[i] = b[i] - x[i]",
        "return c",
    ),
    "columns": (
        MAKE.replace("x.shape[0]", "(3, x.shape[0])"),
        "for j in range(3):\n    for i in range(x.shape[0]):\n        a[j, i] = x[i] * j",
        "for i in range(x.shape[0]):\n    for j in range(3):\n        b[j, i] = a[j, i] ** 2",
        "return b",
    ),
    "in each round": (
        "t = 0.0",
        "for j in range(3):\n    "
        + "\n".join((MAKE, FILL, USE, "t = t + b[j]")).replace("\n", "\n    "),
        "return t",
    ),
}


@pytest.mark.parametrize("name", TAKEN)
def test_taken(name):
    before = program(*TAKEN[name])
    after = in_place(before)
    made = emit(before, [], "loops").count("np.empty"), emit(after, [], "loops").count("np.empty")
    assert made == ((3, 1) if name == "one after the other" else (2, 1))
    results = [run_text(emit(p, [], "loops"))(X.copy()) for p in (before, after)]
    np.testing.assert_array_equal(*results)


STAYS = {
    "read afterwards": (MAKE, FILL, USE, "t = a[0]", "return b"),
    "read later in the round": (MAKE, FILL, USE + "\n    t = a[i]", "return b"),
    "returned": (MAKE, FILL, USE, "return a, b"),
    "of a neighbour": (
        MAKE,
        FILL,
        "for i in range(x.shape[0]):\n    b[i] = a[i] * a[i - 1]",
        "return b",
    ),
    "in another order": (
        MAKE.replace("x.shape[0]", "(3, 3)"),
        "for j in range(3):\n    for i in range(3):\n        a[j, i] = x[i] * j",
        "for j in range(3):\n    for i in range(3):\n        b[j, i] = a[i, j]",
        "return b",
    ),
    "again and again": (
        MAKE,
        FILL,
        "for j in range(2):\n    for i in range(x.shape[0]):\n        b[i] = np.sin(a[i])",
        "return b",
    ),
    "from below zero": (MAKE, FILL, USE.replace("range(", "range(-2, "), "return b"),
    "another extent": (
        MAKE,
        "n = 3",
        MAKE.replace("x.shape[0]", "n").splitlines()[0].replace("a =", "c ="),
        "n = 4",
        "for i in range(3):\n    c[i] = x[i]",
        "for i in range(3):\n    b[i] = c[i]",
        "return b",
    ),
    "extents that change": (
        "n = 3",
        "a = np.empty(n, np.float64)",
        "for i in range(n):\n    a[i] = x[i]",
        "n = 4",
        "b = np.empty(n, np.float64)",
        "for i in range(3):\n    b[i] = a[i]",
        "return b",
    ),
    "a row at a time": (
        MAKE.replace("x.shape[0]", "(3, 3)"),
        "for i in range(3):\n    for j in range(3):\n        a[i, j] = x[i] * j",
        "for i in range(3):\n    b[i] = a[i]",
        "return b",
    ),
    "of the round before": (
        "t = 0.0",
        "for j in range(3):\n    "
        + "\n".join((MAKE.splitlines()[0], FILL)).replace("\n", "\n    ")
        + "\n    if j > 0:\n        t = t + b[0]\n    "
        + "\n".join((MAKE.splitlines()[1], USE)).replace("\n", "\n    "),
        "return t",
    ),
}


@pytest.mark.parametrize("name", STAYS)
def test_stays(name):
    before = program(*STAYS[name])
    assert in_place(before) == before


# From the function on


def log_sum(x):
    top = np.max(x)
    return np.log(np.sum(np.exp(x - top))) + top


def powers(x):
    y = np.exp(x)
    z = y * x
    w = np.sin(z)
    return np.sum(w * z) / np.sum(y)


@pytest.mark.parametrize("f", [log_sum, powers], ids=lambda f: f.__name__)
def test_on_and_off(f):
    check_gradient(f, X, compiled=False)
    first, *_ = derive(f, None, True, (numba.typeof(X),)).programs
    on, off = (lower(first, reclaim=flag) for flag in (True, False))
    verify(on)
    texts = [emit(p, [], "loops") for p in (on, off)]
    assert texts[0].count("np.empty") < texts[1].count("np.empty")
    (value, parts), (other, expected) = (run_text(t)(X.copy()) for t in texts)
    np.testing.assert_allclose(value, other, rtol=1e-14)
    np.testing.assert_allclose(parts[0], expected[0], rtol=1e-14)
