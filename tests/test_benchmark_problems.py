"""The benchmark's problems: srcgrad's listing and the gradient by hand against independent ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracles import bound, differences, run_listing, run_text

from srcgrad import value_and_grad
from tests.benchmarks.catalogue import PROBLEMS
from tests.benchmarks.problem import Problem, flat, reference, relative_error
from tests.benchmarks.problems.bundle import jacobian_by
from tests.benchmarks.problems.clusters import mixture_by_lanes, mixture_by_products
from tests.benchmarks.problems.sums import points
from tests.benchmarks.readme import MEASURED
from tests.benchmarks.report import read, write

SMALL = {
    "gmm": (2, 3, 6),
    "gmm_numpy": (2, 3, 6),
    "kmeans": (3, 8, 2),
    "kmeans_numpy": (3, 8, 2),
    "lstm": (2, 3),
    "rnn_loops": (4, 3),
    "rnn_numpy": (4, 3),
    "ba": (2, 3, 4),
    "ode": (5, 4),
    "heat": (5, 6),
    "nbody": (3, 4),
    "recurrence": (10,),
    "newton": (3,),
    "llsq": (7, 5),
    "lse": (70,),
    "lse_numpy": (9,),
    "rosenbrock": (5,),
    "black_scholes": (20,),
    "network": (3, 2, 4, 3),
    "logistic": (5, 3),
    "logistic_numpy": (5, 3),
    "network_tanh": (3, 2, 4, 3),
    "network_relu": (3, 2, 4, 3),
    "softmax_regression": (4, 3, 3),
    "mixture": (2, 3, 5),
    "factorisation": (4, 3, 2),
    "gaussian_process": (4,),
    "convolve": (7, 3),
    "convolve_slices": (7, 3),
    "filter_loops": (5, 4, 3),
    "filter_slices": (5, 4, 3),
    "dtw": (5,),
}


def by_hand(problem: Problem, size: tuple[int, ...]) -> Any:
    return problem.hand.py_func(*problem.arguments(size))


def test_every_problem_has_a_small_size() -> None:
    assert SMALL.keys() == PROBLEMS.keys()


@pytest.mark.parametrize("name", sorted(SMALL.keys() - {"ba"}))
def test_gradients(name: str) -> None:
    problem, size = PROBLEMS[name], SMALL[name]
    args = problem.arguments(size)
    value = problem.function(*args)
    expected, error = differences(problem.function, *args, wrt=problem.wrt)
    allowed = 1e-7 * np.max(np.abs(expected)) + 10 * error
    hand, ours = by_hand(problem, size), run_listing(
        value_and_grad(problem.function, wrt=problem.wrt), problem.function, *args
    )  # fmt: skip
    for who, result in (("by hand", hand), ("srcgrad", ours)):
        np.testing.assert_allclose(result[0], value, rtol=1e-12, err_msg=who)
        off = np.abs(flat(result[1:]) - expected)
        assert np.all(off <= allowed), f"{who}: off by {np.max(off)}"


def test_mixture_by_products() -> None:
    """The way of many dimensions, against the way of few."""
    alpha, mu, q, lower, x, *_ = PROBLEMS["gmm"].arguments((4, 3, 300))
    results = []
    for way in (mixture_by_lanes, mixture_by_products):
        gradients = [np.zeros_like(a) for a in (alpha, mu, q, lower)]
        results.append((way.py_func(alpha, mu, np.exp(q), lower, x, *gradients), gradients))
    assert relative_error(*results) < 1e-12


def test_bundle_adjustment() -> None:
    problem = PROBLEMS["ba"]
    gradient = value_and_grad(problem.function, wrt=problem.wrt, out=True)
    args = problem.arguments(SMALL["ba"])

    def listing(*values: Any, out: Any) -> Any:
        return run_text(gradient.source(*values, out))(*values, out)

    ours = jacobian_by(listing).py_func(*args)
    assert relative_error(ours, by_hand(problem, SMALL["ba"])) < 1e-13
    one = (args[0][0], args[1][0], float(args[2][0]), args[3][0], 1)
    expected, _ = differences(problem.function, *one, wrt=problem.wrt)
    np.testing.assert_allclose(ours[1][0, 1], expected, rtol=1e-8)


def test_bundle_adjustment_without_rotation() -> None:
    problem = PROBLEMS["ba"]
    cameras, *rest = problem.arguments(SMALL["ba"])
    cameras[:, :3] = 0.0
    expected = np.array([problem.function(cameras[0], rest[0][0], rest[1][0], rest[2][0], 0)])
    errors, slopes = problem.hand.py_func(cameras, *rest)
    np.testing.assert_allclose(errors[0, 0], expected[0], rtol=1e-14)
    turned = cameras.copy()
    turned[0, 1] = 1e-6
    moved = problem.function(turned[0], rest[0][0], rest[1][0], rest[2][0], 0)
    np.testing.assert_allclose(slopes[0, 0, 1], (moved - expected[0]) / 1e-6, rtol=1e-4)


# --- GradBench's own results ---------------------------------------------------------------------


def arrays(values: dict[str, Any], *names: str) -> list[np.ndarray]:
    return [np.array(values[name], dtype=float) for name in names]


def gmm_reference(d: int, k: int) -> tuple[Any, Any, Any]:
    found = reference(f"gmm_d{d}_k{k}_n1000")
    given, parts = found["input"], ("alpha", "mu", "q", "l")
    args = (*arrays(given, *parts, "x"), given["gamma"], given["m"])
    return args, found["objective"], arrays(found["jacobian"], *parts)


def lstm_reference() -> tuple[Any, Any, Any]:
    found = reference("lstm_l2_c1024")
    args = arrays(found["input"], "main_params", "extra_params", "state", "sequence")
    return args, found["objective"], [np.array(found["jacobian"])]


def fit_reference(name: str, gradient: str = "gradient") -> tuple[Any, Any, Any]:
    found = reference(name)
    given = found["input"]
    args = (np.array(given["x"]), *([given["s"]] if "s" in given else []))
    if "n" in given:
        args = (*args, points(given["n"]))
    return args, np.ravel(found["primal"])[-1], [np.array(found[gradient])]


def kmeans_reference() -> tuple[Any, Any, Any]:
    """The stored direction is gradient / Hessian diagonal, which is 2 for each point's share."""
    found = reference("kmeans_k10_n1000_d8")
    centroids, points = arrays(found["input"], "centroids", "points")
    nearest = np.argmin(((points[:, None] - centroids) ** 2).sum(axis=2), axis=1)
    counts = np.bincount(nearest, minlength=len(centroids))
    gradient = np.array(found["dir"]) * 2.0 * counts[:, None]
    return (centroids, points), found["cost"], [gradient]


STORED: dict[str, tuple[str, Callable[[], tuple[Any, Any, Any]]]] = {
    "gmm_d2_k5": ("gmm", lambda: gmm_reference(2, 5)),
    "gmm_d10_k25": ("gmm", lambda: gmm_reference(10, 25)),
    "lstm": ("lstm", lstm_reference),
    "llsq_16": ("llsq", lambda: fit_reference("llsq_n16_m128")),
    "llsq_1024": ("llsq", lambda: fit_reference("llsq_n1024_m128")),
    "lse": ("lse", lambda: fit_reference("lse_n2500")),
    "ode": ("ode", lambda: fit_reference("ode_n1000_s10")),
    "kmeans": ("kmeans", kmeans_reference),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", STORED)
def test_gradbench(case: str) -> None:
    """Compiled, at GradBench's size: by hand, and by srcgrad."""
    name, load = STORED[case]
    problem = PROBLEMS[name]
    args, value, gradients = load()
    assert bound(problem.function, args)
    ours = value_and_grad(problem.function, wrt=problem.wrt)
    for result in (problem.hand(*args), ours(*args)):
        np.testing.assert_allclose(result[0], value, rtol=1e-9)
        assert relative_error(result[1:], gradients) < 1e-8


def test_a_part_of_the_benchmark_keeps_the_rest(tmp_path: Path) -> None:
    results, processes = read(MEASURED, without=("lstm",))
    assert {r.problem for r in results} == set(PROBLEMS) - {"lstm"}
    assert set(processes) == set(PROBLEMS) - {"lstm"}
    write(tmp_path, results[:2], processes)
    assert read(tmp_path) == (results[:2], processes)
