"""Gates: the same values in plain Python, in @njit code, and from the text that listings carry."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
import pytest
from ordinary import one_in
from scipy import special

from srcgrad.gates import affine, logsumexp, relu, sigmoid, softmax, softmax_cross_entropy
from srcgrad.rules import registry

X = np.array([[0.3, -1.2, 2.0], [800.0, -800.0, 0.0]])
EXAMPLES = {
    "sigmoid": [(0.3,), (-800.0,), (X,), (X[0],), (2,)],
    "relu": [(0.3,), (-2.0,), (0.0,), (X,)],
    "affine": [(X[0], X.T.copy(), X[:, 0].copy()), (X, X.T.copy(), X[:, 0].copy())],
    "softmax": [(X[0],), (X,)],
    "logsumexp": [(X[0],), (X,)],
    "softmax_cross_entropy": [(X, np.eye(3)[:2]), (X, np.array([2, 0])), (X[0], np.eye(3)[1]),
                              (X[0], 1)],
}  # fmt: skip
PUBLIC = {f.__name__: f for f in (affine, logsumexp, relu, sigmoid, softmax, softmax_cross_entropy)}
CALLS = [(name, args) for name, calls in EXAMPLES.items() for args in calls]


@pytest.mark.parametrize(("name", "args"), one_in(2, CALLS))
def test_plain_compiled_and_listed_agree(name: str, args: Any) -> None:
    gate = PUBLIC[name]
    expected = gate(*args)
    assert np.all(np.isfinite(expected))
    compiled = numba.njit(lambda *a: gate(*a))
    np.testing.assert_allclose(compiled(*args), expected, rtol=1e-14)
    text = registry.helper_source(name, [tuple(map(np.ndim, args))])
    scope: dict[str, Any] = {"np": np, "math": math}
    exec(text, scope)
    with np.errstate(over="ignore", under="ignore"):
        np.testing.assert_allclose(scope[name](*args), expected, rtol=1e-14)
    np.testing.assert_allclose(numba.njit(scope[name])(*args), expected, rtol=1e-14)


MISFITS = [
    ("affine", (X, X.T.copy(), np.ones(1))),
    ("softmax_cross_entropy", (X, np.eye(3)[:1])),
    ("softmax_cross_entropy", (X, np.ones((2, 1)))),
    ("softmax_cross_entropy", (X, np.array([2]))),
    ("softmax_cross_entropy", (X, np.array([0, 3]))),
    ("softmax_cross_entropy", (X[0], np.ones(1))),
    ("softmax_cross_entropy", (X[0], -1)),
]


@pytest.mark.parametrize(("name", "args"), MISFITS)
def test_misfits_raise_as_listed(name: str, args: Any) -> None:
    """Compiled code does not look whether an element is there: the gates do."""
    scope: dict[str, Any] = {"np": np, "math": math}
    exec(registry.helper_source(name, [tuple(map(np.ndim, args))]), scope)
    for gate in (PUBLIC[name], scope[name], numba.njit(scope[name])):
        with pytest.raises(ValueError, match=name):
            gate(*args)


def test_values() -> None:
    np.testing.assert_allclose(sigmoid(X), special.expit(X), rtol=1e-14)
    np.testing.assert_allclose(softmax(X, axis=0), special.softmax(X, axis=0), rtol=1e-14)
    np.testing.assert_allclose(logsumexp(X, axis=1), special.logsumexp(X, axis=1), rtol=1e-14)
    assert logsumexp(np.array([-np.inf, -np.inf])) == -np.inf
    assert relu(math.nan) != relu(math.nan)


@pytest.mark.parametrize("gate", [sigmoid, relu, softmax])
def test_float32_stays_float32(gate: Any) -> None:
    x = X.astype(np.float32)
    assert gate(x).dtype == np.float32
    assert numba.njit(lambda a: gate(a))(x).dtype == np.float32


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_axes_compile(axis: int) -> None:
    for gate in (softmax, logsumexp):
        compiled = numba.njit(lambda x, k, gate=gate: gate(x, axis=k))
        np.testing.assert_allclose(compiled(X, axis), gate(X, axis=axis), rtol=1e-14)
