"""Helpers: the text that listings carry stands alone, compiles, and is right."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
import pytest
from ordinary import one_in
from scipy import special

from srcgrad.rules import registry

A2 = np.arange(6.0).reshape(2, 3) + 0.5
V3 = np.array([0.3, 1.2, 2.0])
S3 = np.array([[2.0, 0.3, 0.1], [0.3, 1.5, 0.2], [0.1, 0.2, 3.1]])
LARGE = np.cos(np.arange(4900.0).reshape(70, 70) ** 1.5)
T2 = np.array([[0.3, 0.9], [1.2, -0.4], [0.1, 2.0]])
COMPILED = {
    "put_at": [(1, 2.0, (2, 3))],
    "put_along": [(np.array([0, 1]), np.array([1.0, 2.0]), (2, 3), 1),
                  (np.array([0, 1, 1]), V3, (2, 3), 0)],
    "product_of_others": [(A2,), (V3,)],
    "product_of_others_along": [(A2, 0), (A2, 1)],
    "max_along": [(A2, 0), (A2, 1)],
    "min_along": [(A2, 0), (A2, 1)],
    "prod_along": [(A2, 0), (A2, 1)],
    "take_along": [(np.array([0, 1]), A2, (2,), 1), (np.array([0, 1, 1]), A2, (1, 3), 0)],
    "stop_gradient": [(0.4,), (V3,)],
    "stretch": [(np.ones((1, 2, 1)), (3, 2, 4))],
    "stretch_vector": [(V3[:1], (3,)), (V3, (3,))],
    "stretch_matrix": [(A2[:, :1], (2, 3)), (A2[:1], (4, 3)), (A2, (2, 3))],
    "reverse_cumsum": [(V3,)],
    "add_at": [(np.array([1, 1, 0]), V3, (4,)), (np.array([1, 1]), A2, (3, 3))],
    "mask_positions": [(V3 > 1, 0), (A2 > 2, 1)],
    "take_lines": [(A2, np.array([1, -1, 0]), 1), (V3, np.array([2, 0]), 0)],
    "add_lines_at": [(np.array([1, -1, 1]), T2.T, (2, 4), 1), (np.array([0, 0]), A2, (2, 3), 0)],
    "one_hot": [(np.array([1, 0]), A2), (1, V3)],
    "sinc_slope": [(0.001,), (0.3,), (V3,), (A2,)],
    "undiff": [(V3, (4,)), (A2, (2, 4))],
    "cumprod_pull": [(V3, V3)],
    "quantile_weights": [(V3, 0.3), (A2, 0.3)],
    "quantile_slope": [(V3, 0.3)],
    **{name: [(S3,)] for name in ("eigh_vectors", "svd_left_full", "svd_right_full")},
    **{name: [(T2,), (T2.T,)] for name in ("svd_values", "svd_left", "svd_right", "spectral_slope",
                                           "cond_slope", "qr_q", "qr_r")},
    "eigh_values_pull": [(S3, V3)],
    "eigh_vectors_pull": [(S3, A2.T @ A2), (np.eye(3), S3)],
    "svd_values_pull": [(T2, V3[:2])],
    "svd_left_pull": [(T2, T2 + 1), (T2.T, S3[:2, :2])],
    "svd_right_pull": [(T2.T, A2), (T2, S3[:2, :2])],
    "qr_pull": [(T2, T2 + 1, A2[:, :2]), (T2.T, A2[:, :2], A2)],
    "lstsq_solution": [(T2, V3), (T2, S3)],
    "lstsq_residuals": [(T2, V3), (T2.T, V3[:2])],
    "lstsq_rank": [(T2, V3)],
    "lstsq_pull": [(T2, S3, A2, A2 + 1)],
    "residuals_pull": [(T2, V3, V3[:2], V3[:1]), (T2, S3, A2, V3), (T2, S3, A2, V3[:0])],
    "matrix_power_pull": [(S3, 3, S3), (S3, -2, S3)],
    "cov_pull": [(A2, S3[:2, :2])],
    "corrcoef_pull": [(A2 + T2.T, S3[:2, :2])],
    "vander_pull": [(V3, S3), (V3, T2)],
    "put_diagonal": [(V3, (4, 5), 1), (V3, (4, 3), -1)],
    "interp_slope": [(1.2, np.arange(3.0), V3), (V3, np.arange(3.0), V3)],
    "interp_pull": [(1.0, 1.2, np.arange(3.0)), (V3, V3, np.arange(3.0))],
    "sort_along": [(A2, 0), (A2, 1)],
    "sort_pull": [(A2, A2, 0), (A2, A2, -1)],
    "cumsum_along": [(A2, 0), (A2, 1)],
    "cumprod_along": [(A2, 0), (A2, 1)],
    "cumprod_pull_along": [(A2, A2, 0), (A2, A2, 1)],
    "quantiles_pull": [(V3, A2, V3 / 3)],
    "quantile_slopes": [(A2, V3 / 3)],
    "take_along_axis": [(A2, np.array([[1, 0, 0]]), 0), (A2, np.array([[1], [2]]), 1)],
    "add_along_axis": [(np.array([[1], [2]]), A2[:, :1], (2, 3), 1)],
    "positions_without": [(1, 3), (np.array([0, -1]), 4)],
    "triu_positions": [(3, 1, 0), (3, 0, 1)],
    "tril_positions": [(3, 0, 0), (3, -1, 1)],
    "pad_vector": [(V3, 1, 2)],
    "pad_matrix": [(A2, 1, 0, 2, 1)],
    "vector_length": [(V3,)],
    "binary_exponent": [(0.3,), (5.0,)],
    "compensated_sum": [(V3,)],
    "cholesky_pull": [(np.eye(3), np.ones((3, 3))), (np.tril(LARGE) + 9 * np.eye(70), LARGE)],
    "solve_vector": [(S3, V3), (np.tril(S3), V3), (np.triu(S3).T, V3), (np.triu(S3), V3)],
    "solve_matrix": [(S3, T2), (np.tril(S3), T2), (np.triu(S3), A2.T), (S3.T, A2.T)],
    "is_triangular": [(S3, True), (np.tril(S3), True), (np.tril(S3), False), (A2, True)],
    "substitute_vector": [(S3, V3, True), (S3, V3, False)],
    "substitute_matrix": [(S3, T2, True), (S3, A2.T, False)],
    "convolve_full": [(V3, V3[:2]), (V3[:1], V3[::2])],
    "correlate_valid": [(V3, V3[::2]), (V3[:1], V3), (np.tile(V3, 9), V3[:2])],
    "slogdet_log": [(np.eye(3) * 2,)],
    "slogdet_sign": [(np.eye(3) * 2,)],
    **{name: [(0.4,), (V3,), (A2,)] for name in ("erf", "erfc", "gamma", "gammaln", "digamma",
                                                 "trigamma", "log_ndtr")},
    **{name: [(0.4,), (0.01,)] for name in ("erf_root", "erfc_root", "erfinv", "erfcinv", "ndtri")},
    **{name: [(0.4,), (-31.0,)] for name in ("i0", "i0e", "i1", "i1e", "j0", "j1")},
    **{name: [(0, 0.4), (1, 31.0)] for name in ("bessel_i", "bessel_j")},
    "overlap": [(A2, A2[1:]), (V3, T2), (V3[::-1], V3[:2])],
    "exp_weight": [(-1.5,), (-709.0,), (-300 * V3,)],
    "logit": [(0.3,), (V3 / 4,)],
    "xlogy": [(0.0, 0.0), (V3, V3)],
}  # fmt: skip
GATES = {"affine", "logsumexp", "logsumexp_along", "relu", "sigmoid", "softmax",
         "softmax_cross_entropy"}  # fmt: skip


def test_helpers_are_self_contained() -> None:
    """The text of every helper defines a function of its name without anything of srcgrad's."""
    for name in registry.FUNCTIONS:
        if registry.helper(name) is not None:
            for ranks in ([], [(0,)], [(1,)], [(0,), (2,)]):
                text = registry.helper_source(name, ranks)
                lines: dict[str, Any] = {"np": np, "math": math}
                exec(text, lines)
                assert name in lines
                assert "srcgrad" not in text


EACH = [(name, [args]) for name in sorted(COMPILED) for args in COMPILED[name]]


@pytest.mark.parametrize(("name", "calls"), one_in(9, EACH), ids=str)
def test_helpers_compile(name: str, calls: list[tuple[Any, ...]]) -> None:
    """A few in the ordinary run: rules that use helpers are compiled elsewhere."""
    for args in calls:
        texts = registry.helper_sources(name, [tuple(map(np.ndim, args))])
        found: dict[str, Any] = {"np": np, "math": math}
        compiled: dict[str, Any] = {"np": np, "math": math}
        for each, text in texts.items():
            exec(text, found)
            exec(text, compiled)
            compiled[each] = numba.njit(compiled[each])
        expected = found[name](*args)
        np.testing.assert_allclose(compiled[name](*args), expected, rtol=1e-13, atol=1e-14)


def test_no_helper_is_left_out() -> None:
    helpers = {name for name in registry.FUNCTIONS if registry.helper(name) is not None}
    inside = {"unbroadcast", "zeros_for_each"}  # lists of arrays cannot be passed from outside
    assert helpers - GATES - inside == set(COMPILED)


@pytest.mark.parametrize("n", [3, 32, 33, 70])
def test_linear_algebra_is_numpys(n: int) -> None:
    A, g = LARGE[:n, :n] + 9 * np.eye(n), LARGE[:n, :n]
    solve = {1: registry.helper("solve_vector"), 2: registry.helper("solve_matrix")}
    for matrix in (A, A.T, np.tril(A), np.triu(A), np.tril(A).T):
        for b in (g, g.T, g[0]):
            np.testing.assert_allclose(
                solve[b.ndim](matrix, b), np.linalg.solve(matrix, b), rtol=1e-12, atol=1e-13
            )  # type: ignore[misc]
    for matrix in (np.zeros((n, n)), np.diag(np.arange(n) * 1.0)):
        with pytest.raises(np.linalg.LinAlgError):
            solve[1](matrix, g[0])  # type: ignore[misc]
    L = np.tril(A)
    inverse, phi = np.linalg.inv(L), np.tril(L.T @ np.tril(g))
    phi[np.arange(n), np.arange(n)] /= 2
    s = inverse.T @ phi @ inverse
    expected = np.tril(s + s.T) - np.diag(np.diag(s))
    got = registry.helper("cholesky_pull")(L, g)  # type: ignore[misc]
    np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("sizes", [(1, 1), (7, 3), (3, 7), (1300, 5), (5, 1300), (9, 9)])
def test_convolutions_are_numpys(sizes: tuple[int, int]) -> None:
    x, y = (np.cos(np.arange(n) ** 1.5) for n in sizes)
    convolve, correlate = registry.helper("convolve_full"), registry.helper("correlate_valid")
    assert convolve and correlate
    for a, b in ((x, y), (x[::-1], y), (np.arange(len(x)), y[::-1])):
        np.testing.assert_allclose(convolve(a, b), np.convolve(a, b), rtol=1e-12, atol=1e-11)
        np.testing.assert_allclose(correlate(a, b), np.correlate(a, b), rtol=1e-12, atol=1e-11)
    for a, b in ((x[:0], y), (x, y[:0])):
        for function in (convolve, correlate):
            with pytest.raises(ValueError, match="empty"):
                function(a, b)


def test_special_functions_are_scipys() -> None:
    x = np.linspace(-40, 40, 1603)
    for name, exact in (("digamma", special.psi), ("log_ndtr", special.log_ndtr),
                        ("trigamma", lambda t: special.polygamma(1, t))):  # fmt: skip
        mine = np.array([registry.helper(name, [(0,)])(t) for t in x])  # type: ignore[misc]
        good = np.isfinite(mine) & np.isfinite(exact(x)) & (x > (0 if name != "log_ndtr" else -50))
        np.testing.assert_allclose(mine[good], exact(x)[good], rtol=2e-13, atol=2e-14)
