"""Gradient functions as objects: calls from Python and from compiled code, captured values."""

import math
import pickle
import threading

import numba
import numpy as np
import pytest

import srcgrad
from srcgrad import grad, value_and_grad
from srcgrad.gates import sigmoid

SCALE = 3.0
WEIGHTS = np.ones(3)


def scaled(x):
    return x * x * SCALE


def weighted(x):
    return np.sum(WEIGHTS * x * x)


@grad
def uses_a_later_helper(x):
    return defined_later(x) * x


def defined_later(x):
    return x * x


def powers(x, y=2.0, *, n=3):
    return x**n * y


def uses_undefined(x):
    return nothing_of_the_kind(x)  # noqa: F821


@grad
def decorated(x, y):
    """The docstring."""
    return x * y


@grad(wrt="y")
def decorated_with_arguments(x, y):
    return x * y * y


def by_rows(a, n):
    total = 0.0
    for i in range(n):
        total += a[i] * a[i]
    return total


def test_helper_defined_after_decoration() -> None:
    assert uses_a_later_helper(2.0) == 12.0


def test_undefined_name_is_an_error_at_the_call() -> None:
    gradient = grad(uses_undefined)
    with pytest.raises(NameError, match="nothing_of_the_kind"):
        gradient(1.0)
    with pytest.raises(srcgrad.UndefinedError):
        gradient.source(1.0)


def test_captured_number_rebound(monkeypatch: pytest.MonkeyPatch) -> None:
    gradient = grad(scaled)
    assert gradient(2.0) == 12.0
    monkeypatch.setitem(globals(), "SCALE", 5.0)
    assert gradient(2.0) == 20.0
    assert "SCALE = 5.0" in gradient.source(2.0)


class Fast:
    rate = 2.0


class Slow:
    rate = 0.5


def by_attributes(x):
    return Fast.rate * x * x + Slow.rate * x


def test_captured_attributes(monkeypatch: pytest.MonkeyPatch) -> None:
    gradient = grad(by_attributes)
    assert gradient(1.0) == 4.5
    monkeypatch.setattr(Slow, "rate", 10.0)
    assert gradient(1.0) == 14.0


def with_default(x, rate=3.0):
    return rate * x


def uses_default(x):
    return with_default(x) * x


rate = 100.0


def test_default_of_a_helper_is_not_the_global_of_its_name() -> None:
    assert grad(uses_default)(2.0) == 12.0


def looped(x):
    total = 0.0
    for factor in FACTORS:
        total += factor * x
    return total


def applied(x):
    return apply(helper_argument, x)


def apply(function, x):
    return function(x)


def helper_argument(x):
    return 2.0 * x


FACTORS = (1.0, 2.0)


def test_captured_tuple_and_function_rebound(monkeypatch: pytest.MonkeyPatch) -> None:
    gradient, other = grad(looped), grad(applied)
    assert (gradient(1.0), other(1.0)) == (3.0, 2.0)
    monkeypatch.setitem(globals(), "FACTORS", (4.0, 5.0))
    monkeypatch.setitem(globals(), "helper_argument", math.sin)
    assert (gradient(1.0), other(1.0)) == (9.0, pytest.approx(math.cos(1.0)))


def test_captured_array_changed_and_rebound(monkeypatch: pytest.MonkeyPatch) -> None:
    gradient = grad(weighted)
    x = np.array([1.0, 2.0, 3.0])
    monkeypatch.setitem(globals(), "WEIGHTS", np.ones(3))
    np.testing.assert_array_equal(gradient(x), 2 * x)
    WEIGHTS[:] = 2.0
    np.testing.assert_array_equal(gradient(x), 4 * x)
    monkeypatch.setitem(globals(), "WEIGHTS", np.zeros(3))
    np.testing.assert_array_equal(gradient(x), 0 * x)


def test_captured_helper_rebound() -> None:
    def make(helper):
        def f(x):
            return helper(x) * x

        def put(new):
            nonlocal helper
            helper = new

        return f, put

    f, put = make(math.sin)
    gradient = grad(f)
    assert gradient(0.5) == pytest.approx(math.cos(0.5) * 0.5 + math.sin(0.5))
    put(math.cos)
    assert gradient(0.5) == pytest.approx(math.cos(0.5) - math.sin(0.5) * 0.5)


def test_keywords_and_defaults() -> None:
    gradient = grad(powers, wrt=("x", "y"))
    assert gradient(2.0) == (24.0, 8.0)
    assert gradient(2.0, 1.0) == (12.0, 8.0)
    assert gradient(y=1.0, x=2.0) == (12.0, 8.0)
    assert gradient(2.0, n=2) == (8.0, 4.0)


def test_from_compiled_code() -> None:
    gradient = value_and_grad(powers, wrt="x")

    @numba.njit
    def descend(x, rounds):
        for _ in range(rounds):
            value, slope = gradient(x, 0.5)
            x -= 0.1 * slope
        return x, value

    x, value = 1.0, 0.0
    for _ in range(5):
        value, x = 0.5 * x**3, x - 0.1 * 1.5 * x * x
    np.testing.assert_allclose(descend(1.0, 5), (x, value), rtol=1e-12)


def test_each_kind_of_arguments_has_its_own_code() -> None:
    gradient = grad(by_rows, wrt="a")
    double, single = np.arange(4.0), np.arange(4, dtype=np.float32)
    assert gradient(double, 4).dtype == np.float64
    assert gradient(single, 4).dtype == np.float32
    strided = np.arange(8.0)[::2]
    np.testing.assert_array_equal(gradient(strided, 4), 2 * strided)
    np.testing.assert_array_equal(gradient([1.0, 2.0], 2), [2.0, 4.0])
    assert len(gradient.signatures) == 3


def test_what_it_is_called() -> None:
    assert decorated.__name__ == "decorated"
    assert decorated.__doc__ == "The docstring."
    assert "decorated" in repr(decorated)
    assert decorated.primal(2.0, 3.0) == 6.0
    assert decorated_with_arguments(2.0, 3.0) == 12.0
    assert "decorated" in decorated._repr_html_()


def power(x, n):
    return 1.0 if n == 0 else x * power(x, n - 1)


def made_of_others(times):
    def part(x):
        return times * sigmoid(x) + defined_later(x)

    def whole(x, n=3):
        return part(x) * power(x, n)

    return whole


def test_primal_calls_plain_functions() -> None:
    """Global ones, captured ones, recursive ones, a gate: all compiled, none of them changed."""
    whole = made_of_others(2.0)
    gradient = grad(whole, wrt="x")
    assert gradient.primal(0.5) == pytest.approx(whole(0.5), rel=1e-14)
    assert gradient.primal(0.5, 2) == pytest.approx(whole(0.5, 2), rel=1e-14)
    assert type(power) is type(defined_later) is type(whole)
    assert power(2.0, 3) == 8.0


@pytest.mark.parametrize("gradient", [decorated, grad(powers, wrt="x")], ids=["by name", "made"])
def test_pickle(gradient) -> None:
    again = pickle.loads(pickle.dumps(gradient))
    assert again(2.0, 3.0) == gradient(2.0, 3.0)


def test_threads() -> None:
    gradient = grad(by_rows, wrt="a")
    results: list[np.ndarray] = []
    threads = [
        threading.Thread(target=lambda: results.append(gradient(np.arange(5.0), 5)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    for result in results:
        np.testing.assert_array_equal(result, 2 * np.arange(5.0))
