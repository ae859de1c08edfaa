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


def numbers(a, b):
    total = 0.0
    for i in range(len(a)):
        s = a[i]
        t = a[2 * i - 1, i]
        s += b[i]
        t += b[-1]
        total += s * t
    return total


def rows(a, b):
    for i in range(len(a)):
        row = a[i]
        row[0] = 2.0
        part = b[i, 1:]
        part += row
    return np.sum(a * b)


def other_shape(a, b):
    rows = a.reshape(2, 2)
    row = rows[0]
    row += 1.0
    column = b[:, None]
    row = column[0]
    row += 1.0
    return np.sum(a * b)


def at_a_new_axis(a, b):
    s = a[None]
    t = s[0]
    t += b
    return np.sum(a * b)


def bound_anew(a, b):
    c = b
    a, b = a.copy(), b.copy()
    a[0] = 1.0
    b += 1.0
    return np.sum(a * b * c)


def bound_anew_in_a_branch(a, b):
    if b[0] > 0.0:
        a = a.copy()
    a[0] = 1.0
    return np.sum(a * b)


def other_name_of_what_is_bound_anew(a, b):
    c = a
    a = a.copy()
    c[0] = b[0]
    return np.sum(a * b)


def of_a_list(a, b):
    both = [a, b]
    row = both[0]
    row[0] = 2.0
    return np.sum(a * b)


CASES: list[tuple[Any, dict[str, int]]] = [
    (buffer_of_its_own, {}),
    (copies, {}),
    (other_name, {"a": 0}),
    (part, {"b": 0}),
    (on_a_list, {"a": 0, "b": 0}),
    (on_a_list_later, {"a": 0, "b": 0}),
    (stored_on_a_list, {"b": 0}),
    (chosen, {"a": 0}),
    (unpacked, {"a": 0}),
    (helper, {"b": 0}),
    (method, {"a": 0}),
    (added_at, {"a": 0}),
    (numbers, {"a": 1}),
    (rows, {"a": 1, "b": 1}),
    (bound_anew, {}),
    (bound_anew_in_a_branch, {"a": 0}),
    (other_name_of_what_is_bound_anew, {"a": 0}),
    (of_a_list, {"a": 0, "b": 0}),
    (other_shape, {"a": 0, "b": 0}),
    (at_a_new_axis, {"a": 0}),
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


def sums(a, b):
    total = 0.0
    for i in range(len(a)):
        s = a[i]
        s += b[i]
        total += np.sum(s * s)
    return total


def test_numbers_share_no_memory() -> None:
    """Vectors may be the same, rows of matrices may not; lists and tuples are looked into."""
    gradient = grad(sums)
    a, A = np.array([1.0, 2.0]), np.array([[1.0, 2.0], [3.0, 4.0]])
    for expected, found in zip(gradient(a, a.copy()), gradient(a, a), strict=True):
        np.testing.assert_allclose(found, expected)
    gradient(A, A.copy())
    with pytest.raises(AliasingError, match="share memory"):
        gradient(A, A)
    with pytest.raises(AliasingError, match="share memory"):
        gradient((a, a.copy()), (a, a))


def own_names(same, array, type, overlap, numbers, several, dispatch):
    t = same
    t += array[0] * type
    return np.sum(t) * overlap * numbers * several * dispatch


def test_parameters_may_have_any_names() -> None:
    given = (2.0, np.array([3.0]), 4.0, 5.0, 6.0, 7.0, 8.0)
    value = 14.0 * 5.0 * 6.0 * 7.0 * 8.0
    found = grad(own_names, wrt=("same", "type", "overlap", "several", "dispatch"))(*given)
    expected = (value / 14.0, value / 14.0 * 3.0, value / 5.0, value / 7.0, value / 8.0)
    np.testing.assert_allclose(found, expected)
