# mypy: disable-error-code="no-untyped-def,no-untyped-call"
"""The gates of a network, for user code and known to the rules as one step each.

In and out: numbers and arrays, in plain Python and in ``@njit`` code. ``sigmoid`` and ``relu``
take numbers and arrays; ``softmax``, ``logsumexp`` and ``softmax_cross_entropy`` vectors and
matrices; ``affine`` a vector or a batch of them.

Invariant: nothing overflows for any finite input. The variants (``sigmoid_scalar``,
``softmax_along``, ...) need ``np`` and ``math`` only, and bear no annotations: their source
is what listings carry.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import overload, register_jitable
from numba.np.numpy_support import as_dtype

__all__ = [
    *("affine", "logsumexp", "relu", "sigmoid", "softmax", "softmax_cross_entropy"),
    "stop_gradient",
]


# What user code calls


def sigmoid(x: Any) -> Any:
    """``1 / (1 + exp(-x))`` of a number or an array."""
    return sigmoid_any(np.asarray(x)) if np.ndim(x) else sigmoid_scalar(x)


def relu(x: Any) -> Any:
    """The positive part of a number or an array; its derivative at 0 is 0."""
    return relu_any(np.asarray(x)) if np.ndim(x) else relu_scalar(x)


def affine(x: Any, W: Any, b: Any) -> Any:
    """``x @ W + b`` for a vector ``x``, or for each row of a matrix; ``b`` is a vector."""
    return affine_any(np.asarray(x), np.asarray(W), np.asarray(b))


def softmax(x: Any, axis: int = -1) -> Any:
    """``exp(x) / sum(exp(x))`` along an axis of a vector or matrix."""
    x = np.asarray(x)
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def logsumexp(x: Any, axis: int | None = None) -> Any:
    """``log(sum(exp(x)))`` of all elements, or along an axis of a vector or matrix."""
    x = np.asarray(x)
    if axis is None:
        return logsumexp_all(x)
    return logsumexp_vector(x, axis) if x.ndim == 1 else logsumexp_along(x, axis)


def softmax_cross_entropy(y: Any, t: Any) -> Any:
    """The cross entropy of ``softmax(y)`` and ``t``, averaged over the rows of a batch.

    Parameters
    ----------
    y : array
        Scores (logits): a vector, or a row for each example.
    t : array or int
        The true distribution (one-hot rows, or any rows that sum to one), or the labels.
    """
    y, t = np.asarray(y), np.asarray(t)
    return LOSSES[y.ndim, t.ndim](y, t)


def stop_gradient(x: Any) -> Any:
    """The value of a number or an array (as a copy), through which no gradient flows."""
    return np.copy(x) if np.ndim(x) else x


# What listings carry


def stopped_number(x):
    """The value, through which no gradient flows."""
    return x


def stopped_array(x):
    """The value, through which no gradient flows."""
    return np.copy(x)


def sigmoid_scalar(x):
    """1 / (1 + exp(-x)), without overflow."""
    if x >= 0:
        return 1 / (1 + math.exp(-x))
    e = math.exp(x)
    return e / (1 + e)


def sigmoid_any(x):
    """1 / (1 + exp(-x)), without overflow."""
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


def relu_scalar(x):
    """The positive part."""
    return 0.0 if x <= 0 else x


def relu_any(x):
    """The positive part."""
    return np.maximum(x, 0)


def affine_any(x, W, b):
    """The affine map of a vector, or of each row."""
    if len(b) != W.shape[1]:
        raise ValueError("affine: b has another length than W has columns")
    return x @ W + b


def softmax_vector(x, axis=-1):
    """exp(x) / sum(exp(x)), without overflow."""
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def softmax_rows(x, axis=-1):
    """exp(x) / sum(exp(x)) along an axis of a matrix, without overflow."""
    result = np.empty(x.shape, np.exp(x[:0]).dtype)
    lines, parts = (x, result) if axis % 2 == 1 else (x.T, result.T)
    for i in range(lines.shape[0]):
        top, total = -math.inf, 0.0
        for k in range(lines.shape[1]):
            top = max(top, lines[i, k])
        for k in range(lines.shape[1]):
            parts[i, k] = math.exp(lines[i, k] - top)
            total += parts[i, k]
        for k in range(lines.shape[1]):
            parts[i, k] /= total
    return result


def softmax_along(x, axis=-1):
    """exp(x) / sum(exp(x)) along an axis, without overflow."""
    axis = axis % x.ndim
    before, after = 1, 1
    for k in range(axis):
        before *= x.shape[k]
    for k in range(axis + 1, x.ndim):
        after *= x.shape[k]
    lines = np.ascontiguousarray(x).reshape((before, x.shape[axis], after))
    result = np.empty(lines.shape, np.exp(lines[:0]).dtype)
    for i in range(before):
        for k in range(after):
            top, total = -math.inf, 0.0
            for j in range(x.shape[axis]):
                top = max(top, lines[i, j, k])
            for j in range(x.shape[axis]):
                result[i, j, k] = math.exp(lines[i, j, k] - top)
                total += result[i, j, k]
            for j in range(x.shape[axis]):
                result[i, j, k] /= total
    return result.reshape(x.shape)


def logsumexp_all(x):
    """log(sum(exp(x))), without overflow."""
    top = np.max(x)
    if not math.isfinite(top):
        return top
    return top + np.log(np.sum(np.exp(x - top)))


def logsumexp_vector(x, axis):
    """log(sum(exp(x))), without overflow."""
    top = np.max(x)
    if not math.isfinite(top):
        return top
    return top + np.log(np.sum(np.exp(x - top)))


def logsumexp_along(x, axis):
    """log(sum(exp(x))) along an axis of a matrix, without overflow."""
    lines = x if axis % 2 == 1 else x.T
    result = np.empty(len(lines), np.exp(lines[:0]).dtype)
    for i in range(len(lines)):
        top = -math.inf
        for k in range(lines.shape[1]):
            top = max(top, lines[i, k])
        result[i] = top
        if math.isfinite(top):
            total = 0.0
            for k in range(lines.shape[1]):
                total += math.exp(lines[i, k] - top)
            result[i] += math.log(total)
    return result


def loss_of_rows(y, t):
    """The mean over the rows of -sum(t * log(softmax(y)))."""
    if t.shape[0] != y.shape[0] or t.shape[1] != y.shape[1]:
        raise ValueError("softmax_cross_entropy: scores and truth differ in shape")
    loss = 0.0
    for i in range(len(y)):
        top, total = -math.inf, 0.0
        for k in range(y.shape[1]):
            top = max(top, y[i, k])
        for k in range(y.shape[1]):
            total += math.exp(y[i, k] - top)
            loss -= t[i, k] * y[i, k]
        loss += top + math.log(total)
    return loss / len(y)


def loss_of_labels(y, t):
    """The mean over the rows of -log(softmax(y)) at the labels t."""
    if len(t) != len(y):
        raise ValueError("softmax_cross_entropy: there is to be one label for each row")
    for label in t:
        if not 0 <= label < y.shape[1]:
            raise ValueError("softmax_cross_entropy: a label has no score")
    loss = 0.0
    for i in range(len(y)):
        top, total = -math.inf, 0.0
        for k in range(y.shape[1]):
            top = max(top, y[i, k])
        for k in range(y.shape[1]):
            total += math.exp(y[i, k] - top)
        loss += math.log(total) - (y[i, t[i]] - top)
    return loss / len(y)


def loss_of_vector(y, t):
    """-sum(t * log(softmax(y)))."""
    if len(t) != len(y):
        raise ValueError("softmax_cross_entropy: scores and truth differ in shape")
    top, total, matched = -math.inf, 0.0, 0.0
    for k in range(len(y)):
        top = max(top, y[k])
    for k in range(len(y)):
        total += math.exp(y[k] - top)
        matched += t[k] * y[k]
    return top + math.log(total) - matched


def loss_of_label(y, t):
    """-log(softmax(y)) at the label t."""
    if not 0 <= t < len(y):
        raise ValueError("softmax_cross_entropy: a label has no score")
    top, total = -math.inf, 0.0
    for score in y:
        top = max(top, score)
    for score in y:
        total += math.exp(score - top)
    return math.log(total) - (y[t] - top)


LOSSES: dict[Any, Callable[..., Any]] = {
    (1, 0): loss_of_label,
    (1, 1): loss_of_vector,
    (2, 1): loss_of_labels,
    (2, 2): loss_of_rows,
}
"""The loss by the ranks of scores and truth."""


# In @njit code

_STRICT: Any = {"fastmath": False, "error_model": "numpy"}
"""Stated, so that no caller's options reach into the mathematics."""


def _rank(x: Any) -> int:
    return x.ndim if isinstance(x, types.Array) else 0


def _overload_elementwise(public: Callable[..., Any], scalar: Callable[..., Any]) -> None:
    """A gate of numbers, in compiled code also of arrays of any rank (float32 stays so)."""
    gate = njit(**_STRICT)(scalar)

    @overload(public, jit_options=_STRICT)
    def _(x):
        if not isinstance(x, types.Array):
            return lambda x: gate(x)
        dtype = as_dtype(x.dtype if isinstance(x.dtype, types.Float) else types.float64)

        def over_array(x):
            result = np.empty(x.shape, dtype)
            for index, value in np.ndenumerate(x):
                result[index] = gate(value)
            return result

        return over_array


_overload_elementwise(sigmoid, sigmoid_scalar)
_overload_elementwise(relu, relu_scalar)
for _variant in (affine_any, softmax_vector, softmax_rows, softmax_along, logsumexp_all,
                 logsumexp_vector, logsumexp_along, *LOSSES.values()):  # fmt: skip
    register_jitable(**_STRICT)(_variant)  # type: ignore[type-var]


@overload(stop_gradient, jit_options=_STRICT)
def _(x):
    return (lambda x: np.copy(x)) if _rank(x) else (lambda x: x)


@overload(affine, jit_options=_STRICT)
def _(x, W, b):
    return lambda x, W, b: affine_any(x, W, b)


@overload(softmax, jit_options=_STRICT)
def _(x, axis=-1):
    if _rank(x) == 1:
        return lambda x, axis=-1: softmax_vector(x)
    if _rank(x) == 2:
        return lambda x, axis=-1: softmax_rows(x, axis)
    return lambda x, axis=-1: softmax_along(x, axis)


@overload(logsumexp, jit_options=_STRICT)
def _(x, axis=None):
    if axis is None or isinstance(axis, types.NoneType | types.Omitted):
        return lambda x, axis=None: logsumexp_all(x)
    if _rank(x) == 1:
        return lambda x, axis=None: logsumexp_vector(x, axis)
    return lambda x, axis=None: logsumexp_along(x, axis)


@overload(softmax_cross_entropy, jit_options=_STRICT)
def _(y, t):
    loss = LOSSES.get((_rank(y), _rank(t)))
    return loss and (lambda y, t: loss(y, t))
