"""Stacks of matrices, joins of mixed ranks, functions along axes: values and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracles import check_gradient, run_listing
from test_definitions import written

from srcgrad import SrcgradError, value_and_grad

S = np.sin(np.arange(18.0)).reshape(2, 3, 3) + 3 * np.eye(3)
T = np.cos(np.arange(24.0)).reshape(2, 3, 4)
Q = np.cos(np.arange(1.0, 31.0)).reshape(5, 2, 3)
M = np.array([[0.3, -0.7, 1.1], [0.6, 0.2, -0.5]])
V = np.array([0.3, 0.9, 0.2])
W = np.array([0.5, 1.25, 1.5, 1.75, 2.5])


def check(expression: str, arguments: tuple[Any, ...], tmp_path: Any, **options: Any) -> None:
    """The gradient of a sum that weighs every element of the expression differently."""
    text = f"np.sum(np.sin(({expression}) * 1.5) ** 2)"
    check_gradient(written(text, len(arguments), tmp_path), *arguments, **options)


PRODUCTS = [
    ("x @ y", (T, T[0, :, 0] @ T[0])),
    ("x @ y", (Q, V)),
    ("x @ y", (V[:2], Q)),
    ("x @ y", (M, T)),
    ("x @ y", (Q[:1], np.swapaxes(Q, 1, 2))),
    ("x @ y", (Q[:4].reshape(2, 2, 1, 2, 3), np.swapaxes(Q[:3], 1, 2))),
    ("np.matmul(x, x)", (S,)),
    ("np.swapaxes(x, 1, 2) @ x", (T,)),
    ("np.dot(x, y)", (M, S)),
    ("np.dot(x, y)", (T, M.T.repeat(2, axis=1).T)),
    ("np.dot(x, y)", (0.3, 0.7)),
    ("np.linalg.inv(x) @ y", (S, S[:, :1].mT)),
    ("np.linalg.solve(x, y)", (S[0], T)),
    ("np.linalg.det(x) / 20 + np.linalg.slogdet(x)[1]", (S,)),
    ("np.linalg.cholesky(x @ x.mT)", (S,)),
]

JOINS = [
    ("np.vstack([x, y])", (M, V)),
    ("np.vstack((y, x, y))", (M, V)),
    ("np.column_stack([y[:2], x])", (M, V)),
    ("np.dstack((y, x[:1]))", (M, V)),
    ("np.hstack([x, 0.5, y])", (V, W)),
    ("np.concatenate((x, y), axis=None)", (M, V)),
    ("np.r_[x, 1.0, y, 2:4]", (V, W)),
    ("np.r_[x, x]", (M,)),
    ("np.c_[x, y, x]", (V, V[::-1])),
    ("np.block([[x, x], [x, 2 * x]])", (M,)),
    ("np.block([[x], [y]])", (M, V)),
    ("np.array([[2 * x, x], [x, x + 1]])", (V,)),
]

AXES = [
    ("x[[0, 0, 1]]", (M,)),
    ("x[1, 1:, [1, 3]]", (T,)),
    ("x[np.ix_([0, 1], [0, 2])]", (M,)),
    ("np.transpose(x, [2, 0, 1])", (T,)),
    ("x.transpose(0, -1, 1)", (T,)),
    ("np.rollaxis(x, 2)", (T,)),
    ("np.moveaxis(x, [0, 1], [2, 0])", (T,)),
    ("np.trace(x, offset=-1, axis1=1, axis2=2)", (T,)),
    ("np.diagonal(x, axis1=-1, axis2=-2)", (S,)),
    ("np.diagonal(x, axis1=1, axis2=0)", (M,)),
    ("np.cross(x, y)", (M, V)),
    ("np.cross(x, x[::-1] + 1, axis=1)", (T[:, :3],)),
    ("np.kron(x, y)", (M, V)),
    ("np.kron(x, y)", (T, M)),
    ("np.gradient(x, axis=1)", (T,)),
    ("np.gradient(x, y)", (W**2, W)),
    ("np.diff(x, n=2, axis=1)", (T,)),
    ("np.trapezoid(x, y, axis=0)", (Q[:, 0], W)),
    ("np.reshape(x, (4, 6), order='F')", (T,)),
    ("np.ravel(x, order='F') * np.arange(6)", (M,)),
    ("np.correlate(x, y, 'full')", (V, W)),
    ("np.linalg.norm(x, axis=(0, 2)) + np.linalg.norm(x, axis=-1)[0]", (T,)),
    ("np.subtract.outer(x, y)[..., 0] * np.add.reduce(y, axis=1)", (V, M)),
    ("np.multiply.reduce(x) + np.maximum.accumulate(x[0])", (M,)),
    ("np.sum(x, where=x > 0, axis=0)", (M,)),
    ("x.sum().item() * x[0].flat[1] * x[:1, :1].item()", (M,)),
    ("np.vecdot(x, x) + np.matvec(x, y)", (M, V)),
    ("np.mean(x, axis=(0, 1)) * np.sum(x, axis=(1, 0))", (M,)),
    ("np.resize(x, (2, 4))", (V,)),
    ("round(x, 1) * x", (0.33,)),
]


@pytest.mark.parametrize(("expression", "arguments"), PRODUCTS + JOINS + AXES)
def test_gradients(expression: str, arguments: tuple[Any, ...], tmp_path: Any) -> None:
    check(expression, arguments, tmp_path)


@pytest.mark.parametrize(
    ("expression", "arguments"),
    [
        ("np.vstack([x[0], y]) @ np.linalg.inv(x)[1]", (S, V)),
        pytest.param("np.matmul(x, x) @ y", (S, V), marks=pytest.mark.slow),
        pytest.param(
            "np.trace(x, axis1=1, axis2=2) * np.block([y[:1], 0.5])", (S, V), marks=pytest.mark.slow
        ),
    ],
)
def test_compiled(expression: str, arguments: tuple[Any, ...], tmp_path: Any) -> None:
    check(expression, arguments, tmp_path, compiled=True)


@pytest.mark.parametrize("expression", ["x @ x.mT @ y", "np.vstack([x[0], y]) * y"])
def test_single_precision(expression: str, tmp_path: Any) -> None:
    x, y = S.astype(np.float32), V.astype(np.float32)
    f = written(f"np.sum({expression})", 2, tmp_path)
    _, (slope, _) = run_listing(value_and_grad(f), f, x, y)
    _, (expected, _) = run_listing(value_and_grad(f), f, S, V)
    assert slope.dtype == np.float32
    np.testing.assert_allclose(slope, expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("expression", "arguments", "message"),
    [
        ("np.einsum('ij,ij->ij', x, y)", (M[:1], M), "not broadcast"),
        ("np.cross(x, y)", (V[:2], V[:2]), "three elements"),
        ("x @ y", (Q, S), "could not be broadcast"),
        ("x.item()", (V,), "cannot reshape"),
    ],
)
def test_extents_that_do_not_fit(
    expression: str, arguments: tuple[Any, ...], message: str, tmp_path: Any
) -> None:
    f = written(f"np.sum({expression})", len(arguments), tmp_path)
    with pytest.raises(ValueError, match=message):
        run_listing(value_and_grad(f), f, *arguments)


def writes_under_einsum(x):
    u = x.copy()
    v = np.einsum("ij->ji", u)
    u[0, 0] = x[1, 1] ** 2
    return np.sum(v**3)


def writes_under_broadcast(x):
    u = x.copy()
    v = np.broadcast_to(u, (4, 2, 3))
    u[0, 0] = x[1, 1] ** 2
    return np.sum(v**3)


def writes_under_diagonal(x):
    u = np.stack((x[:, :2], x[:, 1:]))
    v = np.diagonal(u, 0, 1, 2)
    u[0, 0, 0] = x[1, 1] ** 2
    return np.sum(v**3)


@pytest.mark.parametrize("f", [writes_under_einsum, writes_under_broadcast, writes_under_diagonal])
def test_writes_under_views_are_refused(f: Any) -> None:
    with pytest.raises(SrcgradError, match="shares memory"):
        value_and_grad(f).source(M)


def writes_through(x):
    u = x.copy()
    u.conj()[0, 0] = 2 * x[1, 1]
    np.rollaxis(u, 1)[0, 1] = x[0, 0] ** 2
    u[[0, 1]] = u[[1, 0]]
    return np.sum(u**2 * np.arange(6.0).reshape(2, 3))


def test_writes_through_views() -> None:
    check_gradient(writes_through, M)


@pytest.mark.parametrize(
    ("expression", "arguments"),
    [
        ("np.linalg.solve(x, y)", (S, M)),
        ("np.concatenate((x, y))", (M, V)),
        ("np.linalg.norm(x, 2, axis=(0, 1))", (M,)),
        ("np.ravel(x, order='A')", (M,)),
        ("np.take(x, x[0] > 0, axis=1)", (M,)),
    ],
)
def test_refused(expression: str, arguments: tuple[Any, ...], tmp_path: Any) -> None:
    f = written(f"np.sum({expression})", len(arguments), tmp_path)
    with pytest.raises(SrcgradError):
        run_listing(value_and_grad(f), f, *arguments)
