"""What srcgrad emits, it accepts: second derivatives, and primals that call gradients."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from oracles import check_gradient, ridders, run_listing, run_text
from programs import CASES, Case

from srcgrad import UnsupportedError, grad, value_and_grad


def cubic(x):
    return x**3 + math.sin(x) * x


def by_loop(x):
    y = x
    for _ in range(3):
        y = math.sin(y) * x
    return y


def by_while(x):
    y = x
    while y < 10.0:
        y = y * y * 0.5 + x
    return y


def by_branches(x):
    total = 0.0
    for i in range(4):
        total = total * x if i % 2 else total + x * x
        if total > 9.0:
            break
    return total


def by_array(x):
    a = np.zeros(3)
    a[0] = x
    for i in range(1, 3):
        a[i] = a[i - 1] * x + math.exp(-x)
    return np.sum(a * a)


SCALAR = [cubic, by_loop, by_while, by_branches, by_array]


@pytest.mark.parametrize("f", SCALAR)
def test_second_derivative(f: Callable[[float], float]) -> None:
    second = grad(grad(f))
    expected, error = ridders(lambda x: run_listing(grad(f), f, x), 1.3)
    got = run_listing(second, f, 1.3)
    assert got == pytest.approx(expected, rel=1e-7, abs=10 * error)


def by_early_return(x):
    if x > 1.0:
        return x**3 * math.exp(-x)
    y = x
    while y < 3.0:
        y = y * 1.5 + x * x
    return y * x


def by_loop_in_branch(x):
    y = x
    if x > 0.0:
        for i in range(3):
            y = y * x + i
    return y * x


@pytest.mark.parametrize("f", [by_early_return, by_loop_in_branch])
@pytest.mark.parametrize("x", [1.3, 0.8])
def test_second_and_third_derivative_in_branches(f: Callable[[float], float], x: float) -> None:
    for _ in range(2):
        g = grad(f)
        expected, error = ridders(lambda v, g=g, f=f: run_listing(g, f, v), x)
        assert run_listing(grad(g), g, x) == pytest.approx(expected, rel=1e-7, abs=10 * error)
        f = g


def test_third_derivative() -> None:
    third = grad(grad(grad(cubic)))
    x = 0.7
    exact = 6.0 - 3.0 * math.sin(x) - x * math.cos(x)
    assert run_listing(third, cubic, x) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("f", [cubic, by_while])
def test_second_derivative_compiled(f: Callable[[float], float]) -> None:
    got = grad(grad(f))(1.3)
    assert got == pytest.approx(run_listing(grad(grad(f)), f, 1.3), rel=1e-12)


def of_one_array(case: Case) -> bool:
    args, wrt = case.args, case.wrt
    return wrt is None and len(args) == 1 and isinstance(args[0], np.ndarray) and args[0].size < 13


ARRAYS = [case for case in CASES if of_one_array(case) and case.args[0].dtype == np.float64]
ARRAYS = [case for case in ARRAYS if case.args[0].flags.c_contiguous]
CAPTURING = ("arrays.captured_array", "calls.make_weighted.<locals>.weighted")  # see below
ARRAYS = [case for case in ARRAYS if case.name not in CAPTURING]


def directional(f: Callable[..., Any], direction: np.ndarray) -> Callable[..., float]:
    """The slope of ``f`` along a direction, by a primal that calls a gradient."""
    slope = grad(f)

    def along(x):
        return np.sum(slope(x) * direction)

    return along


REFUSED = ("list of arrays", "list of lists", "has no derivative rule", "calls itself")
REFUSED += ("two names", "recursive function", "may be unset")  # the last of tapes in a branch


def check_hessian_times_vector(case: Case) -> None:
    """The gradient of a slope against a difference of gradients."""
    f, x = case.function, case.args[0]
    direction = np.cos(np.arange(x.size, dtype=float)).reshape(x.shape)
    along = directional(f, direction)
    try:
        got = run_listing(grad(along), along, x)
    except UnsupportedError as error:
        if any(reason in str(error) for reason in REFUSED):
            pytest.skip("refused")
        raise
    h = 1e-5
    ahead, behind = (run_listing(grad(f), f, x + s * h * direction) for s in (1, -1))
    expected = (ahead - behind) / (2 * h)
    scale = np.max(np.abs(expected), initial=1.0)
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-5 * scale)


@pytest.mark.parametrize("case", ARRAYS[::12], ids=lambda case: case.name)
def test_hessian_times_vector(case: Case) -> None:
    check_hessian_times_vector(case)


@pytest.mark.slow
@pytest.mark.parametrize("case", ARRAYS, ids=lambda case: case.name)
def test_all_hessians_times_vector(case: Case) -> None:
    check_hessian_times_vector(case)


def rows_by_index(x):
    m = x.reshape(3, 2) * x[0]
    rows = np.array([2, 0, 2])
    m[rows] *= m[rows[::-1]]
    return np.sum(m * m[rows])


def largest_along_an_axis(x):
    t = np.sin(x).reshape(2, 1, 3) * x[:4].reshape(1, 4, 1)
    u = np.max(t, axis=1) * np.min(t, axis=(2), keepdims=True)[:, 0]
    return np.sum(u * u)


def tapes_in_branches(x):
    if x[0] > 0.0:
        for k in range(3):
            if x[k] < 1.0:
                v = x[k : k + 3]
                v *= x[0]
                x[1] *= v[2]
        keep = x[x > 0.4]
        x[0] += np.sum(keep * keep)
    return np.sum(x * x)


def made_from_a_view_of_itself(x):
    y = x * x
    v = y
    for k in range(2):
        v = y[::-1]
        if k == 0:
            v = v[::-1] * v
    return np.sum(y**2) + np.sum(v**3) * v[0]


def made_from_parts_of_itself(x):
    y = x * x
    v = y
    for k in range(2):
        v = y[1:]
        if k < 5:
            v = v[1:] * v[:-1]
    return np.sum(v**3) * v[0] + np.sum(y * y)


SECOND = [rows_by_index, largest_along_an_axis, tapes_in_branches]
SECOND += [made_from_a_view_of_itself, made_from_parts_of_itself]


@pytest.mark.parametrize("f", SECOND)
def test_what_second_derivatives_of_arrays_take(f: Callable[[np.ndarray], float]) -> None:
    x = np.array([0.5, 0.7, 1.3, 0.2, 0.9, 1.1])
    along = directional(f, np.array([1.0, -2.0, 0.5, 0.3, -0.7, 1.2]))
    check_gradient(along, x)


@pytest.mark.slow
def test_tapes_in_branches_compile() -> None:
    """A minute of compiling."""
    along = directional(tapes_in_branches, np.array([1.0, -2.0, 0.5, 0.3, -0.7, 1.2]))
    check_gradient(along, np.array([0.5, 0.7, 1.3, 0.2, 0.9, 1.1]), compiled=True)


def names_that_end_alike(x, x_):
    grad_x = x * x_
    for _ in range(2):
        x_ = x_ * grad_x + x
        grad_x = grad_x * x_
    return grad_x * x


def array_in_a_branch(x):
    if x[0] > 0.0:
        a = np.zeros(3)
        a[1] = x[1] * x[2]
        a[2] = a[1] * x[0]
    total = 0.0
    for i in range(3):
        if x[0] > 0.0:
            total += a[i] * a[i] * x[i]
    return total


def matrix_bound_in_the_first_round(x):
    for i in range(len(x)):
        if i == 0:
            m = np.ones((2, 2)) * x[0]
        else:
            m = m * x[i]
            m[0, 0] += x[i] * m[1, 1]
    return np.sum(m * m)


def test_gradients_have_names_of_their_own() -> None:
    check_gradient(names_that_end_alike, 1.3, 0.7)


@pytest.mark.parametrize("f", [array_in_a_branch, matrix_bound_in_the_first_round])
def test_array_that_a_branch_binds(f: Callable[[np.ndarray], float]) -> None:
    x = np.array([0.5, 0.7, 1.3])
    check_gradient(f, x, compiled=f is array_in_a_branch)
    along = directional(f, np.array([1.0, -2.0, 0.5]))
    check_gradient(along, x)


def test_array_that_no_branch_has_bound() -> None:
    def unset(x, n):
        if n > 0:
            a = np.full(2, x)
        return np.sum(a * a)

    with pytest.raises(UnboundLocalError, match="a is not set"):
        grad(unset)(1.5, 0)


# --- Primals that call gradients ---------------------------------------------------------


def energy(q, k):
    return 0.5 * k * q * q + 0.1 * q**4


force = grad(energy, wrt="q")
energy_and_force = value_and_grad(energy, wrt="q")


def relaxed(q, k):
    for _ in range(4):
        q = q - 0.1 * force(q, k)
    return q * q


def simulated(q, v, k):
    for _ in range(5):
        v -= 0.1 * force(q, k)
        q += 0.1 * v
    return energy(q, k)


def weighted(q, k):
    value, slope = energy_and_force(q, k)
    return value * slope + k


def misfit(w, X, t):
    r = X @ w - t
    return np.sum(r * r) / len(t)


slope_of_misfit = grad(misfit, wrt="w")


def trained(rate, w, X, t):
    for _ in range(3):
        w = w - rate * slope_of_misfit(w, X, t)
    return misfit(w, X, t)


def test_gradient_descent_differentiated_through() -> None:
    check_gradient(relaxed, 0.8, 1.3)


def test_force_of_a_potential() -> None:
    check_gradient(simulated, 0.8, 0.1, 1.3, compiled=True)


def test_value_and_gradient_inside_a_primal() -> None:
    check_gradient(weighted, 0.8, 1.3)


def test_training_differentiated_through() -> None:
    rng = np.random.default_rng(0)
    X, t = rng.normal(size=(5, 2)), rng.normal(size=5)
    check_gradient(trained, 0.1, np.array([0.4, -0.3]), X, t)


WEIGHTS = np.array([1.0, 2.0])


def weighted_cubes(x):
    return np.sum(WEIGHTS * x**3)


slope_of_weighted = grad(weighted_cubes)


def sum_of_slopes(x):
    return np.sum(slope_of_weighted(x))


def test_captured_array_of_the_inner_primal() -> None:
    x = np.array([0.5, 0.7])
    second = grad(sum_of_slopes)
    np.testing.assert_allclose(second(x), 6 * WEIGHTS * x, rtol=1e-12)
    WEIGHTS[:] = [3.0, 1.0]
    np.testing.assert_allclose(second(x), 6 * WEIGHTS * x, rtol=1e-12)


def test_integers_and_defaults_of_the_inner_primal() -> None:
    inner = grad(lambda x, n=3: x**n, wrt="x")

    def outer(x):
        return inner(x) + inner(2, n=2) * x + inner(n=1, x=x)

    assert run_listing(grad(outer), outer, 1.5) == pytest.approx(6 * 1.5 + 4.0)


def test_decorated_function_that_calls_itself() -> None:
    @grad
    def power(x, n):
        return 1.0 if n == 0 else x * power(x, n - 1)

    with pytest.raises(UnsupportedError, match="gradient itself"):
        power.source(1.0, 3)


def carried_in_branches(x):
    m, w = np.zeros(2), x
    for k in range(2):
        m = w * 1.5 if k == 0 else m * 0.9
        w = w - m * w
    return np.sum(w)


def test_gradients_that_share_no_memory() -> None:
    """The gradient of a difference is that of its result: in the listing it needs its own array."""
    slope = grad(carried_in_branches)
    x, direction = np.array([0.9, 0.7]), np.array([0.3, -0.7])
    first = run_text(slope.source(x))

    def along(x):
        return np.sum(slope(x) * direction)

    second = run_text(grad(along).source(x))
    expected = [
        ridders(lambda t, k=k: np.sum(first(x + t * np.eye(2)[k]) * direction), 0.0)[0]
        for k in range(2)
    ]
    np.testing.assert_allclose(second(x, direction), expected, rtol=1e-7)
