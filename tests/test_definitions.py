"""Functions that others define: values, dtypes and gradients are those of the function itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from oracles import check_gradient, run_listing
from scipy import special

from srcgrad import UnsupportedError, value_and_grad

V = np.array([0.3, 0.9, 0.2, 0.7, 0.5])
W = np.array([0.5, 0.25, 1.5, 0.75, 1.0])
M = np.array([[0.3, -0.7, 1.1], [0.6, 0.2, -0.5], [0.9, 0.4, 0.8]])
HOLES = np.array([[0.3, np.nan, 1.1], [0.6, 0.2, np.nan]])
SCOPE: dict[str, Any] = {"np": np, "math": math, "special": special}


def written(expression: str, count: int, path: Any) -> Any:
    """A function in a file of its own."""
    text = f"def f({', '.join('xy'[:count])}):\n    return {expression}\n"
    file = path / "written.py"
    file.write_text(text)
    scope = dict(SCOPE)
    exec(compile(text, str(file), "exec"), scope)
    return scope["f"]


@pytest.mark.parametrize(
    ("expression", "arguments"),
    [
        ("np.sum(np.average(x, axis=0, weights=y) ** 2)", (M, W[:3])),
        ("np.sum(np.average(x, axis=1, weights=y) ** 2)", (M, W[:3])),
        ("np.average(x, weights=y)", (V, W)),
        ("np.sum(np.split(x, [1, 3])[1] * np.split(y, [1, 3])[1] ** 2)", (V, W)),
        ("np.sum(np.split(x[:4], 2)[0] * np.split(x[1:], 2)[1])", (V,)),
        ("np.sum(np.array_split(x, 3)[0] * np.array_split(x, 3)[1])", (V,)),
        ("np.sum(np.split(x, [2], axis=1)[1] ** 3)", (M,)),
        ("np.sum(np.diff(x, 1, 0) ** 2)", (M,)),
        ("np.sum(np.diff(x, axis=-2) ** 3)", (M,)),
        ("np.sum(np.median(x, axis=1) ** 2)", (M,)),
        ("np.sum(np.meshgrid(x, y)[0] ** 2 * np.meshgrid(x, y, indexing='xy')[1])", (V[:2], W)),
        ("np.sum(np.percentile(x, 30, axis=-1) ** 2)", (M,)),
        ("np.sum(np.percentile(x, 100 * y) ** 2)", (V, W[:2] / 2.3)),
        ("np.sum(np.gradient(x, 0.5) ** 2)", (V,)),
        ("np.sum(np.delete(x, -1) ** 2)", (V,)),
        ("np.sum(np.insert(x, -1, y) ** 2 * np.arange(6))", (V, 0.3)),
        ("np.sum(np.convolve(x, y, 'same') ** 2 * np.arange(5))", (V[:2], W)),
        ("np.sum(np.pad(x, 2, constant_values=y) ** 3)", (V, 0.4)),
        ("np.sum(np.rot90(x, 3) * y)", (M, M.T.copy())),
        ("np.sum(np.rot90(x, k=2) * y)", (M, M.T.copy())),
        ("special.rel_entr(x, y) + special.kl_div(y, x)", (0.3, 0.8)),
        ("np.sum(special.rel_entr(x, y) * special.entr(x))", (V, W)),
        ("special.betaln(x, y) + special.exp10(x) + special.xlog1py(x, y)", (0.3, 0.8)),
        ("np.sum(special.log_softmax(x, axis=1) * y)", (M, M.T.copy())),
        ("math.frexp(x)[0] * math.modf(y)[0] + math.ulp(x)", (0.3, 1.8)),
        ("math.dist((x, y), (1.0, 2.0)) + math.fsum([x, y, x * y])", (0.3, 1.8)),
        ("math.isclose(math.inf, x) + math.comb(5, 2) * y", (0.3, 1.8)),
    ],
)
def test_gradients(expression: str, arguments: tuple[Any, ...], tmp_path: Any) -> None:
    check_gradient(written(expression, len(arguments), tmp_path), *arguments)


NAN_FUNCTIONS = ["sum", "mean", "max", "min", "var", "std", "prod", "cumsum", "cumprod"]


@pytest.mark.parametrize("name", [f"nan{name}" for name in NAN_FUNCTIONS])
def test_missing_values_have_no_part(name: str, tmp_path: Any) -> None:
    axis = "" if name.startswith("nancum") else ", axis=1"
    f = written(f"np.sum(np.{name}(x{axis}) ** 2)", 1, tmp_path)
    value, slope = run_listing(value_and_grad(f), f, HOLES)
    assert value == pytest.approx(f(HOLES))
    missing = np.isnan(HOLES)
    assert not slope[missing].any()
    for k in np.argwhere(~missing):
        moved = HOLES.copy(), HOLES.copy()
        moved[0][tuple(k)] += 1e-6
        moved[1][tuple(k)] -= 1e-6
        expected = (f(moved[0]) - f(moved[1])) / 2e-6
        assert slope[tuple(k)] == pytest.approx(expected, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize(
    ("expression", "arguments"),
    [
        ("np.sum(np.gradient(x)[0])", (M,)),
        ("np.sum(np.meshgrid(x, y)[0])", (M, W)),
        ("np.sum(np.gradient(x, y))", (V, M)),
        ("np.sum(np.delete(x, y > 0.6))", (V, W)),
        ("np.sum(np.rot90(x, 1, (1, 0)))", (M,)),
        ("np.sum(np.quantile(x, y, axis=0))", (M, W[:2] / 2)),
        ("np.nansum(x, 0, np.float32)[0]", (M,)),
        ("np.sum(np.average(x, axis=0, weights=y))", (M, M)),
    ],
)
def test_refused(expression: str, arguments: tuple[Any, ...], tmp_path: Any) -> None:
    f = written(expression, len(arguments), tmp_path)
    with pytest.raises(UnsupportedError):
        run_listing(value_and_grad(f), f, *arguments)
