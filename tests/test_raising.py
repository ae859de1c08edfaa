"""Compiled callers of gradients that may raise: the references that they count, and exceptions."""

import sys
from typing import Any

import numba
import numpy as np
import pytest

from srcgrad import grad
from srcgrad.dispatcher import GradFunction


def bowl(x, scale):
    return np.sum(x * x) * scale


def rows_by(gradient: Any) -> Any:
    """A gradient of each row, written into a row of another array."""

    @numba.njit
    def rows(points, scales, found):
        for i in range(len(scales)):
            gradient(points[i], scales[i], out=(found[i], None))
        return found

    return rows


def caught_by(gradient: Any) -> Any:
    """The same where it raises: rows that it cannot be written into are counted."""

    @numba.njit
    def caught(points, scales, found):
        count = 0
        for i in range(len(scales)):
            row = points[i] * 1.0
            try:
                gradient(row, scales[i], out=(found[i, i % 2 :], None))
            except Exception:
                count += 1
            count += int(row[0] * 0.0)
        return count

    return caught


POINTS, SCALES = np.arange(12.0).reshape(4, 3), np.array([1.0, 0.5, 2.0, -1.0])
EXPECTED = 2 * POINTS * SCALES[:, None]


def counted(compiled: Any) -> int:
    """How often a compiled function counts references."""
    (text,) = compiled.inspect_llvm().values()
    return int(text.count("call void @NRT_incref"))


def test_a_loop_over_rows_counts_no_references(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = rows_by(grad(bowl, out=True))
    np.testing.assert_allclose(rows(POINTS, SCALES, np.zeros((4, 3))), EXPECTED, rtol=1e-14)
    monkeypatch.delattr(GradFunction, "get_overload")
    usual = rows_by(grad(bowl, out=True))
    np.testing.assert_allclose(usual(POINTS, SCALES, np.zeros((4, 3))), EXPECTED, rtol=1e-14)
    assert counted(rows) < counted(usual)


def test_what_is_raised_arrives() -> None:
    rows = rows_by(grad(bowl, out=True))
    points, wide = POINTS.copy(), np.zeros((4, 4))
    held = sys.getrefcount(points), sys.getrefcount(wide)
    for _ in range(100):
        with pytest.raises(ValueError, match="the gradient of x has another shape"):
            rows(points, SCALES, wide)
    assert (sys.getrefcount(points), sys.getrefcount(wide)) >= held  # nothing is freed too early
    assert not wide.any()
    np.testing.assert_array_equal(points, POINTS)


def test_in_a_try_the_caller_goes_on() -> None:
    caught = caught_by(grad(bowl, out=True))
    points, found = POINTS.copy(), np.zeros((4, 3))
    caught(points, SCALES, found)
    before = sys.getrefcount(points), sys.getrefcount(found)
    for _ in range(1000):
        assert caught(points, SCALES, found) == 2
    assert sys.getrefcount(points) >= before[0]
    assert sys.getrefcount(found) >= before[1]
    np.testing.assert_allclose(found[::2], EXPECTED[::2], rtol=1e-14)
    assert not found[1::2].any()
    np.testing.assert_array_equal(points, POINTS)


def test_with_another_numba_the_call_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("srcgrad.dispatcher.KNOWN", False)
    rows = rows_by(grad(bowl, out=True))
    np.testing.assert_allclose(rows(POINTS, SCALES, np.zeros((4, 3))), EXPECTED, rtol=1e-14)
