# mypy: disable-error-code="no-untyped-def,no-untyped-call"
"""``np.vectorize``: a function of numbers, called for every element.

In: a call of what ``np.vectorize`` made, or of ``np.vectorize(f)`` at once. Out: the function
that is called instead, with ``f`` as its first argument; None for any other call.

Invariant: the elements are those of NumPy, as floating-point numbers.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np

from .body import Body
from .captures import static


def of_one(f, x):
    """``f`` of every element."""
    flat = np.ravel(x)
    result = np.empty(flat.size)
    for k in range(flat.size):
        result[k] = f(flat[k])
    return np.reshape(result, x.shape)


def of_two(f, x, y):
    """``f`` of every pair, broadcast."""
    whole = np.zeros_like(x * y)
    first, second = np.ravel(whole + x), np.ravel(whole + y)
    result = np.empty(whole.size)
    for k in range(whole.size):
        result[k] = f(first[k], second[k])
    return np.reshape(result, whole.shape)


def of_three(f, x, y, z):
    """``f`` of every triple, broadcast."""
    whole = np.zeros_like(x * y * z)
    first, second, third = np.ravel(whole + x), np.ravel(whole + y), np.ravel(whole + z)
    result = np.empty(whole.size)
    for k in range(whole.size):
        result[k] = f(first[k], second[k], third[k])
    return np.reshape(result, whole.shape)


DEFINITIONS: dict[int, Callable[..., Any]] = {1: of_one, 2: of_two, 3: of_three}


def vectorized(
    worker: Body, node: ast.Call, value: Any
) -> tuple[ast.Call, Callable[..., Any]] | None:
    """The call with the function as its first argument, and what defines it."""
    if isinstance(value, np.vectorize):
        plain = value.signature is None and not value.excluded
        function: ast.expr = ast.Attribute(node.func, "pyfunc", ast.Load())
    elif isinstance(node.func, ast.Call) and static(worker, node.func.func) == (True, np.vectorize):
        plain = len(node.func.args) == 1 and not node.func.keywords
        function = (node.func.args or [node.func])[0]
    else:
        return None
    if not plain or node.keywords or len(node.args) not in DEFINITIONS:
        reason = f"`{ast.unparse(node)}`: a function of one to three arrays, and no options"
        worker.refuse(node, reason, "write the loop over the elements")
    made = ast.Call(node.func, [function, *node.args], [])
    return ast.copy_location(made, node), DEFINITIONS[len(node.args)]
