"""Functions that others define: values, dtypes and gradients are those of the function itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from oracles import check_gradient, run_listing
from scipy import linalg, special

from srcgrad import UnsupportedError, value_and_grad
from srcgrad.rules import special_values

V = np.array([0.3, 0.9, 0.2, 0.7, 0.5])
W = np.array([0.5, 0.25, 1.5, 0.75, 1.0])
M = np.array([[0.3, -0.7, 1.1], [0.6, 0.2, -0.5], [0.9, 0.4, 0.8]])
HOLES = np.array([[0.3, np.nan, 1.1], [0.6, 0.2, np.nan]])
SCOPE: dict[str, Any] = {"np": np, "math": math, "special": special, "linalg": linalg}


def written(expression: str, count: int, path: Any) -> Any:
    """A function in a file of its own."""
    body = expression if "return" in expression else f"return {expression}"
    text = f"def f({', '.join('xy'[:count])}):\n    {body}\n"
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
        ("np.sum(np.delete(x, [0, 2], axis=1) ** 2)", (M,)),
        ("np.sum(np.delete(x, x > 0.6) ** 2)", (V,)),
        ("np.sum(np.delete(x, np.argmin(x)) ** 2) * x[0]", (V,)),
        ("np.sum(np.insert(x, 1, y, axis=0) ** 2 * np.arange(12).reshape(4, 3))", (M, V[:3])),
        ("np.sum(np.diff(x, prepend=y, append=2.0) ** 2 * np.arange(6))", (V, 0.3)),
        ("np.sum(np.diff(x, axis=0, append=x[-1:]) ** 2 + np.diff(x, append=x[:, -1:]))", (M,)),
        ("np.sum(np.diff(x, n=2, axis=0, prepend=x[:1], append=2 * x[1:]) ** 2)", (M,)),
        ("np.sum(np.unwrap(9 * x) ** 2 * np.arange(5))", (V,)),
        ("np.sum(np.unwrap(9 * x) ** 2 * np.arange(9).reshape(3, 3))", (M,)),
        ("np.sum(np.interp(x, [0.45, 0.65], y, left=0.0) ** 2)", (V, W[:2])),
        ("np.sum(np.interp(x, [0.45, 0.65], y, right=-1.0) ** 2)", (M, W[:2])),
        ("np.sum(np.logspace(x, y, 4, endpoint=False, base=2.0) ** 2)", (0.3, 0.8)),
        ("np.sum(np.linspace(x, y, 4, endpoint=False) ** 2)", (0.3, 0.8)),
        ("np.sum(np.vander(x, 3, increasing=True) ** 2 * np.arange(3))", (V,)),
        (
            "r = linalg.cho_solve(linalg.cho_factor(x + 3 * np.eye(3)), y)\n"
            "    return np.sum(r * r) + np.sum(linalg.block_diag(x, x) ** 2)",
            (M @ M.T, V[:3]),
        ),
        ("np.polynomial.polynomial.polyval(y, x) * np.sum(np.polyder(x) ** 2)", (V, 0.3)),
        ("np.sum(np.correlate(x, y, 'same') ** 2 * np.arange(5))", (V, W[:2])),
        ("np.sum(np.cov(x, y) ** 2)", (V, W)),
        ("np.sum(np.cov(x, rowvar=False) * np.cov(x, bias=True) * np.cov(x, ddof=0))", (M,)),
        ("np.corrcoef(x, y)[0, 1] + np.corrcoef(x, y)[0, 0]", (V, W)),
        ("np.sum(np.corrcoef(x, rowvar=False) * y)", (M, M.T.copy())),
        ("np.sum(np.average(x, axis=0, weights=y) ** 2)", (M, M + 1)),
        ("np.nanmedian(x) * np.nanquantile(x, 0.3) * np.nanpercentile(x, 40)", (V,)),
        ("np.sum(np.percentile(x, [30, 60.0], axis=0) ** 2)", (M,)),
        ("np.sum(np.divmod(x, 0.4)[1] ** 2) + np.sum(np.diagflat(x, 1) ** 2)", (V,)),
        ("special.log_expit(x) * special.beta(x, y) * special.beta(-x, y)", (0.3, 0.8)),
        ("special.cosm1(x) + special.expm1(y) * special.cbrt(x)", (0.3, 0.8)),
        ("special.boxcox(x, y) * special.inv_boxcox(x, y) * special.boxcox(x, 0.0)", (0.3, 0.8)),
        ("special.huber(x, y) * special.huber(y, x) * special.pseudo_huber(x, y)", (0.3, 0.8)),
        ("np.sum(np.insert(x, -1, y) ** 2 * np.arange(6))", (V, 0.3)),
        ("np.sum(np.convolve(x, y, 'same') ** 2 * np.arange(5))", (V[:2], W)),
        ("np.sum(np.pad(x, 2, constant_values=y) ** 3)", (V, 0.4)),
        ("np.sum(np.rot90(x, 3) * y)", (M, M.T.copy())),
        ("np.sum(np.rot90(x, k=2) * y)", (M, M.T.copy())),
        ("special.rel_entr(x, y) + special.kl_div(y, x)", (0.3, 0.8)),
        ("np.sum(special.rel_entr(x, y) * special.entr(x))", (V, W)),
        ("special.betaln(x, y) + special.exp10(x) + special.xlog1py(x, y)", (0.3, 0.8)),
        ("np.sum(special.log_softmax(x, axis=1) * y)", (M, M.T.copy())),
        ("np.sum(np.gradient(x)[1] ** 2) * np.sum(np.gradient(x, 0.5, y)[0] ** 3)", (M, 0.3)),
        ("a, b = np.gradient(x, 0.5, axis=(1, 0))\n    return np.sum(a * b * y)", (M, M.T.copy())),
        ("np.sum(np.gradient(x, y, edge_order=2) ** 2)", (V, 0.3)),
        ("np.sum(np.ediff1d(x, to_end=[y, 1.0], to_begin=y) ** 2 * np.arange(7))", (V, 0.3)),
        ("a, b, c = np.meshgrid(x, y, x)\n    return np.sum(a * b * c ** 2)", (V[:2], W[:3])),
        ("a, b = np.meshgrid(x, y, sparse=True)\n    return np.sum(a * b ** 2)", (V, W)),
        ("np.sum(np.modf(9 * x)[0] ** 2) * np.linspace(y, 2.0, 4, retstep=True)[1]", (V, 0.3)),
        ("np.sum(np.polyfit(x, y, 2) ** 2)", (V, W)),
        ("np.sum(np.polyfit(np.arange(5), x, 1, w=y) ** 2)", (V, W)),
        ("np.sum(np.polysub(np.polyint(x), y) ** 2)", (V, W)),
        ("np.polynomial.chebyshev.chebval(y, x) * np.polynomial.legendre.legval(y, x)", (V, 0.3)),
        ("np.sum(linalg.expm(x) * y) + np.sum(linalg.expm(9 * x) ** 2)", (M, M.T.copy())),
        ("np.sum(np.linalg.diagonal(x[None]) ** 2) * np.linalg.trace(x)", (M,)),
        ("r = np.linalg.slogdet(x)\n    return r.logabsdet * r.sign", (M,)),
        ("np.sum(np.linalg.svd(x).S ** 3) + np.linalg.qr(x).R[0, 1]", (M,)),
        ("np.mean(x, where=x > 0.2) * np.max(x, initial=y)", (V, 0.8)),
        ("np.sum(np.min(x, axis=0, initial=y, where=x > 0.25) ** 2)", (M, 0.85)),
        ("np.prod(x, initial=y) + np.sum(x, initial=y, where=x > 0.5)", (V, 0.8)),
        ("np.sum(np.mean(x, axis=0, where=x < 1, keepdims=True) ** 2)", (M,)),
        ("np.sum(np.array([x, y, [1, 2]]) ** 2 * np.arange(6).reshape(3, 2))", (V[:2], W[:2])),
        ("np.sum(np.log(x + np.finfo(x.dtype).eps)) * np.finfo(np.float32).eps", (V,)),
        ("np.sum(x[np.unravel_index(np.argmax(x), x.shape)] ** 2) * any(x[0] > 0)", (M,)),
        ("np.sum(special.erfinv(x) * special.i0e(x)) * special.ndtri(y)", (V, 0.3)),
        ("math.frexp(x)[0] * math.modf(y)[0] + math.ulp(x)", (0.3, 1.8)),
        ("math.dist((x, y), (1.0, 2.0)) + math.fsum([x, y, x * y])", (0.3, 1.8)),
        ("math.isclose(math.inf, x) + math.comb(5, 2) * y", (0.3, 1.8)),
    ],
)
def test_gradients(expression: str, arguments: tuple[Any, ...], tmp_path: Any) -> None:
    check_gradient(written(expression, len(arguments), tmp_path), *arguments)


INTERVALS = {
    "erfinv": (-1, 1), "erfcinv": (0, 2), "ndtri": (0, 1), "i0": (-50, 50), "i1": (-50, 50),
    "i0e": (-99, 99), "i1e": (-99, 99), "j0": (-50, 50), "j1": (-50, 50),
}  # fmt: skip


@pytest.mark.parametrize("name", INTERVALS)
def test_special_values_are_scipys(name: str) -> None:
    found, expected = getattr(special_values, name), getattr(special, name)
    for x in [*np.linspace(*INTERVALS[name], 99), 1e-9, 0.999999, math.nan]:
        assert found(x) == pytest.approx(expected(x), rel=1e-14, abs=1e-15, nan_ok=True)
    single = np.float32(0.375)
    assert found(single) == pytest.approx(expected(float(single)), rel=1e-14)


@pytest.mark.parametrize("call", ["fft.rfft(x)", "roots(x)", "histogram(x)[0]"])
def test_what_has_no_derivative_says_why(call: str, tmp_path: Any) -> None:
    with pytest.raises(UnsupportedError, match=r"complex numbers|change in steps"):
        value_and_grad(written(f"np.sum(np.{call})", 1, tmp_path)).source(V)


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
        ("np.sum(np.gradient(x, edge_order=2)[0])", (M,)),
        ("np.sum(np.meshgrid(x, y)[0])", (M, W)),
        ("np.sum(np.gradient(x, y))", (V, M)),
        ("np.sum(np.diff(x, prepend=0.0))", (M,)),
        ("np.sum(np.flip(x))", (np.array(1.5),)),
        ("np.sum(np.cumsum(x, axis=0))", (np.array(1.5),)),
        ("x.sum(axis=0)", (np.array(1.5),)),
        ("np.sum(x.copy()[x > 0])", (np.array(1.5),)),
        ("np.sum(np.cov(x, y))", (M, M)),
        ("np.sum(np.rot90(x, 1, (1, 0)))", (M,)),
        ("np.sum(np.quantile(x, y, axis=0))", (M, W[:2] / 2)),
        ("np.nansum(x, 0, np.float32)[0]", (M,)),
    ],
)
def test_refused(expression: str, arguments: tuple[Any, ...], tmp_path: Any) -> None:
    f = written(expression, len(arguments), tmp_path)
    with pytest.raises(UnsupportedError):
        run_listing(value_and_grad(f), f, *arguments)


@pytest.mark.parametrize(
    ("expression", "arguments"),
    [
        ("np.sum([x, x * y]) * np.max([x, y])", (0.3, 0.8)),
        ("np.mean((x[0], x[1])) + np.linalg.norm([y[0], x[2]])", (V, W)),
        ("np.sum(np.concatenate([[0.5], x, [y[1], 1.0]]) ** 2 * np.arange(8))", (V, W)),
        ("np.sum(np.dot([1.0, 2.0, 0.5], x) * np.take(y, [[0, 1], [2, 8]])[0, 1])", (M, M + 1)),
        ("np.sum(np.repeat(x, [1, 2, 0], axis=0) ** 2 * np.arange(3))", (M,)),
    ],
)
def test_displays_are_arrays(expression: str, arguments: tuple[Any, ...], tmp_path: Any) -> None:
    check_gradient(written(expression, len(arguments), tmp_path), *arguments)


@pytest.mark.parametrize("name", ["cov", "corrcoef"])
def test_one_variable_has_no_matrix(name: str, tmp_path: Any) -> None:
    f = written(f"np.sum(np.{name}(x) ** 2)", 1, tmp_path)
    with pytest.raises(ValueError, match="of one variable"):
        run_listing(value_and_grad(f), f, M[:1])


@pytest.mark.parametrize("expression", ["np.convolve(x, y, 'valid')", "np.correlate(x, y)"])
def test_the_longer_vector_comes_first(expression: str, tmp_path: Any) -> None:
    f = written(f"np.sum({expression} ** 2)", 2, tmp_path)
    check_gradient(f, W, V[:3])
    with pytest.raises(ValueError, match="the longer vector first"):
        run_listing(value_and_grad(f), f, V[:3], W)


@pytest.mark.parametrize(
    "expression",
    [
        "linalg.cho_solve(linalg.cho_factor(x), np.ones(3))",
        "linalg.cholesky(x)",
        "np.linalg.cholesky(x, upper=True)",
        "np.linalg.eigh(x, UPLO='U')[1][:, 0] ** 2",
        "np.linalg.eigvalsh(x)",
        "linalg.eigh(x, eigvals_only=True)",
        "linalg.block_diag(x, x[:2]) @ linalg.toeplitz(x[0][[0, 1, 2, 2, 1, 0]])",
    ],
)
def test_matrices_of_which_one_triangle_is_read(expression: str, tmp_path: Any) -> None:
    matrix = M @ M.T + np.eye(3)
    f = written(f"r = {expression}\n    return np.sum(r * np.cos(r))", 1, tmp_path)
    check_gradient(f, matrix)
