"""Numba's passes that are left out for gradients would change nothing."""

import numba
import numpy as np
import pytest
from numba.core.compiler import Compiler

from srcgrad import value_and_grad
from srcgrad.backend import build, passes
from srcgrad.backend.passes import GradientCompiler, compiler_for


def of_loops(x, n):
    total = 0.0
    for i in range(n):
        if x[i] < -100.0:
            raise ValueError("too small")
        total += x[i] * x[i - 1]
    return total


def of_whole_arrays(x, n):
    return np.sum((np.linalg.inv(np.outer(x, x) + n * np.eye(len(x))) - 1.0) ** 2)


def until_small(x, n):
    y = x.copy()
    while np.sum(y) > 1.0:
        y = y * 0.5
    return np.sum(y * x) + n


X = np.array([1.0, -2.0, 3.0, 0.5])


@pytest.mark.parametrize("function", [of_loops, of_whole_arrays, until_small])
def test_on_and_off_agree_to_the_bit(function, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRCGRAD_CACHE", "0")
    build.BUILT.clear()
    value, slope = value_and_grad(function, wrt="x")(X, 4)
    monkeypatch.setattr(build, "compiler_for", lambda _: Compiler)
    build.BUILT.clear()
    other, expected = value_and_grad(function, wrt="x")(X, 4)
    assert value == other
    np.testing.assert_array_equal(slope, expected)


def test_a_function_with_another_inside_is_numba_s() -> None:
    def listed(n):
        return len([k for k in range(n)])

    assert compiler_for(of_loops) is GradientCompiler
    assert compiler_for(listed) is Compiler


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("x[0] * x[1]", False),
        ("x[0] + len(x[1:])", False),
        ("np.sum(x * 2.0)", True),
        ("np.sum(-x)", True),
        ("np.exp(x)[0]", True),
        ("np.exp(x[0])", False),
        ("np.array([1.0, 2.0])[0]", True),
    ],
)
def test_arrays_are_found(expression: str, expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[bool] = []
    usual = passes.may_be_rewritten

    def noted(state):
        found.append(usual(state))
        return found[-1]

    monkeypatch.setattr(passes, "may_be_rewritten", noted)
    scope = {"np": np}
    exec(f"def f(x):\n    return {expression}\n", scope)
    compiled = numba.njit(pipeline_class=GradientCompiler)(scope["f"])
    assert compiled(X) == pytest.approx(scope["f"](X))
    assert found == [expected]
