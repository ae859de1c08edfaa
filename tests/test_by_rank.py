"""Functions that are spelt out by ranks: values and gradients are those of the function itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracles import check_gradient, run_listing
from test_definitions import written

from srcgrad import SrcgradError, value_and_grad

V = np.array([0.3, 0.9, 0.2, 0.7, 0.5])
M = np.array([[0.3, -0.7, 1.1], [0.6, 0.2, -0.5], [0.9, 0.4, 0.8], [-0.3, 0.55, 0.15]])
T = np.sin(np.arange(24.0)).reshape(2, 3, 4)
LAYOUTS = {
    "C": M,
    "Fortran": np.asfortranarray(M),
    "reversed": M[::-1, ::-1],
    "strided": np.repeat(M, 2, axis=1)[:, ::2],
    "float32": M.astype(np.float32),
}


@pytest.mark.parametrize(
    ("expression", "arguments"),
    [
        ("np.sum(np.pad(x, 2, mode='reflect') ** 2 * np.arange(9))", (V,)),
        ("np.sum(np.pad(x, (1, 7), mode='symmetric') ** 2 * np.arange(13))", (V,)),
        ("np.sum(np.pad(x, (6, 2), 'wrap') ** 2 * np.arange(13))", (V,)),
        ("np.sum(np.pad(x[:1], 3, mode='reflect') ** 3)", (V,)),
        ("np.sum(np.pad(x, ((1, 0), (2, 1)), mode='edge') ** 3)", (M,)),
        ("np.sum(np.pad(x, ((1, 0), (0, 1), (0, 0)), mode='edge') ** 3)", (T,)),
        ("np.sum(np.pad(x, ((1, 2),)) ** 3 * np.arange(8))", (V,)),
        ("np.sum(np.pad(x, ((1, 0), (2, 1), (0, 0))) ** 3)", (T,)),
        ("np.sum(np.pad(x, 1, constant_values=((1.0, 2.0), (y, 3.0))) ** 3)", (M, 0.7)),
        ("np.sum(np.tile(x, (2, 1, 2)) ** 3)", (M,)),
        ("np.sum(np.tile(x, 3) ** 3) + np.sum(np.tile(y, (2, 2)) ** 2)", (M, V)),
        ("np.sum(np.repeat(x, 2, axis=1) ** 3 * np.arange(4))", (T,)),
        ("np.sum(np.repeat(x, np.array([2, 0, 1]), axis=1) ** 3)", (M,)),
        ("np.sum(np.roll(x, (1, 2), axis=(0, 1)) * x)", (M,)),
        ("np.sum(np.take(x, np.array([2, 0, 2]), axis=1) ** 3)", (T,)),
        ("np.sum(np.take(x, [[2, 0], [1, 1]], axis=-2) ** 3)", (T,)),
        ("np.sum(np.take(x, 1, axis=1) ** 3)", (T,)),
        ("np.sum(x[:, np.array([2, 0, 2])] ** 3)", (M,)),
        ("np.sum(x[0, :, np.array([True, False, True, True])[:4]] ** 3)", (T,)),
        ("np.sum(x[1:, np.array([-1, 0])] ** 3) + np.sum(x[..., np.array([1])] ** 2)", (T,)),
        ("np.sum(np.squeeze(x[:, None, :1], axis=(1, 2)) ** 3)", (M,)),
        ("np.sum(np.expand_dims(x, (0, -1)) ** 3 * x[:, :, None])", (M,)),
        ("np.sum(np.var(x, axis=(0, 2)) ** 2 * np.std(x, axis=(-1, 0), ddof=1))", (T,)),
        ("np.sum(np.max(x, axis=(0, 1)) ** 2) + np.sum(np.min(x, keepdims=True) * x)", (T,)),
        ("np.sum(x.prod(axis=(1, 2), keepdims=True) * x.std(keepdims=True))", (T,)),
        (
            "np.sum(np.median(x, axis=(0, 2)) ** 2)"
            " + np.sum(np.median(x, axis=1, keepdims=True) * x)",
            (T,),
        ),
        ("np.sum(np.quantile(x, [0.2, 0.7], axis=0) ** 2)", (M,)),
        ("np.sum(np.percentile(x, [20, 70])) + np.quantile(x[0], y, axis=0) ** 2", (M, 0.4)),
        ("np.sum(np.einsum('...ij,kj->...ik', x, y) ** 2)", (T, T[0])),
        ("np.sum(np.einsum('i...,i...', x, x) ** 2)", (T,)),
        ("np.sum(np.transpose(x, (1, 0)) ** 2 * x.T)", (M,)),
        ("np.sum(x[x > 0.25] ** 3) * np.dot(x[x > 0.5], x[x > 0.5])", (M,)),
        ("np.sum(np.heaviside(x, 0.5) * y + np.fix(x * 3) * x)", (V, V[::-1])),
        ("np.heaviside(x, 0.5) * y + np.heaviside(-y, x)", (0.3, 0.7)),
        ("np.tensordot(x, y, axes=0) * np.sum(np.tensordot(x, np.ones(3), axes=0))", (0.3, 0.7)),
        ("np.sum(np.array(x) * x) + np.sum(np.array(x[0], dtype=np.float64) ** 3)", (M,)),
    ],
)
def test_gradients(expression: str, arguments: tuple[Any, ...], tmp_path: Any) -> None:
    check_gradient(written(expression, len(arguments), tmp_path), *arguments)


SEVERAL = (
    "np.sum(np.pad(x, 1, mode='reflect')) + np.sum(np.tile(x, (1, 2)) ** 2) + np.sum(x[:, i] ** 3)"
    " + np.sum(np.var(x, axis=(0, 1), keepdims=True)) + np.sum(np.median(x, axis=0))"
    " + np.sum(np.squeeze(x[:1], axis=0)) + np.sum(x[x > 0.25])"
).replace("x[:, i]", "x[:, np.array([2, 0])]")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_and_dtypes(layout: str, tmp_path: Any) -> None:
    x = LAYOUTS[layout]
    f = written(SEVERAL, 1, tmp_path)
    value, slope = run_listing(value_and_grad(f), f, x)
    _, expected = run_listing(value_and_grad(f), f, np.array(x, dtype=float))
    single = x.dtype == np.float32
    assert slope.dtype == x.dtype
    assert value == pytest.approx(f(x), rel=1e-5 if single else 1e-12)
    np.testing.assert_allclose(slope, expected, rtol=1e-5 if single else 1e-12, atol=1e-6)


def test_compiled(tmp_path: Any) -> None:
    text = "np.sum(x[:, np.array([2, 0])] ** 3) + "
    text += "np.sum(np.var(x, axis=(0, 1), keepdims=True)) + np.sum(np.squeeze(x[:1], axis=0))"
    text += " + np.sum(np.array(x) * np.array(x, dtype=float))"
    text += " + np.sum(np.array([[x[0, 0], 1], [True, False], [len(x), 2]]) ** 3)"
    check_gradient(written(text, 1, tmp_path), M, compiled=True)


@pytest.mark.parametrize(
    "expression",
    [
        "np.sum(np.pad(x, 1, mode='maximum'))",
        "np.sum(np.pad(x, ((1, 1), (1, 1), (1, 1))))",
        "np.sum(np.max(x, axis=(0, 2)))",
        "np.sum(np.max(x, axis=(0, -2)))",
        "np.sum(np.squeeze(x, axis=5))",
        "np.sum(np.quantile(x, x[0], axis=0))",
        "np.sum(np.einsum('...ijk->...', x))",
        "np.sum(np.roll(x, (1, 2, 3), axis=(0, 1)))",
    ],
)
def test_refused(expression: str, tmp_path: Any) -> None:
    f = written(expression, 1, tmp_path)
    with pytest.raises(SrcgradError):
        run_listing(value_and_grad(f), f, np.abs(M))


@pytest.mark.parametrize(
    "expression",
    [
        "np.sum(np.squeeze(x, axis=0))",
        "np.sum(np.pad(x[:0], 1, mode='edge'))",
        "np.sum(np.tile(x, (2, 2))[x > 0])",
    ],
)
def test_extents_that_do_not_fit(expression: str, tmp_path: Any) -> None:
    f = written(expression, 1, tmp_path)
    with pytest.raises((ValueError, IndexError), match=r"squeeze|empty|another shape"):
        run_listing(value_and_grad(f), f, M)
