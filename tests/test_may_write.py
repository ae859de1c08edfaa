"""What a function may write to, before its types are known: only that is compared at each call."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srcgrad import AliasingError, grad
from srcgrad.frontend.closure import inline_untyped
from srcgrad.frontend.may_write import written
from srcgrad.frontend.parse import parse


def buffer_of_its_own(a, b):
    t = np.zeros(len(a))
    s = 0.0
    for i in range(len(a)):
        t[i] += a[i] * b[i]
        s += t[i] * a[i]
        a2 = 2.0 * a
        a2[i] = s
    return s + np.sum(a2)


def copies(a, b):
    c = a.copy()
    d = np.array(b)
    c[0] = d[1]
    d += c
    e = a + b
    e[:] = a
    return np.sum(c * d * e)


def other_name(a, b):
    c = a
    c[0] = b[0]
    return np.sum(a * b)


def part(a, b):
    c = b[1:]
    c *= 2.0
    return np.sum(a * b[0])


def on_a_list(a, b):
    rows = [a, b]
    rows[1][0] = 2.0
    return np.sum(a * b)


def on_a_list_later(a, b):
    rows = [a]
    rows.append(b)
    for row in rows[1:]:
        row[0] = 1.0
    return np.sum(a * b)


def stored_on_a_list(a, b):
    rows = [np.zeros(2), np.zeros(2)]
    rows[0] = b
    c = (rows + rows)[2]
    c[0] = 1.0
    return np.sum(a * b)


def chosen(a, b):
    c = a if a[0] > 0.0 else np.zeros(2)
    c += b
    return np.sum(c * a)


def unpacked(a, b):
    (c, d), e = (a, np.zeros(2)), b.T
    d[0] = e[0]
    c[0] = d[0]
    return np.sum(a * b)


def first_of(a):
    return a[:1]


def helper(a, b):
    first_of(b)[0] = 3.0
    return np.sum(a * b)


def method(a, b):
    a.fill(2.0)
    return np.sum(a * b)


def added_at(a, b):
    np.add.at(a, [0, 1], b)
    return np.sum(a * b)


CASES: list[tuple[Any, tuple[str, ...]]] = [
    (buffer_of_its_own, ()),
    (copies, ()),
    (other_name, ("a",)),
    (part, ("b",)),
    (on_a_list, ("a", "b")),
    (on_a_list_later, ("a", "b")),
    (stored_on_a_list, ("b",)),
    (chosen, ("a",)),
    (unpacked, ("a",)),
    (helper, ("b",)),
    (method, ("a",)),
    (added_at, ("a",)),
]


@pytest.mark.parametrize(("function", "expected"), CASES, ids=lambda x: getattr(x, "__name__", ""))
def test_written(function: Any, expected: tuple[str, ...]) -> None:
    assert written(inline_untyped(parse(function)).tree, ("a", "b")) == expected


def test_calls_compare_what_is_written() -> None:
    """Arguments that share memory are refused, by keyword too, unless nothing is written."""
    a = np.array([1.0, 2.0, 3.0])
    gradient = grad(buffer_of_its_own)
    for both in (gradient(a, a), gradient(b=a, a=a)):
        np.testing.assert_allclose(both, gradient(a, a.copy()))
    for _ in range(2):
        with pytest.raises(AliasingError, match="`a` of `other_name` and `b`"):
            grad(other_name)(b=a[:2], a=a[1:])
