"""Recursive functions: what the corpus does not show."""

import math
import sys
from math import pi

import numpy as np
import pytest
from oracles import check_gradient, ridders, run_listing, run_text

from srcgrad import AliasingError, UnsupportedError, grad, value_and_grad

RATE = 0.7


def decayed(x, n):
    return x if n == 0 else RATE * decayed(x, n - 1) + x * x


def greatest_divisor(a, b):
    return a if b == 0 else greatest_divisor(b, a % b)


def power(x, n):
    if n == 0:
        return 1.0
    return x * power(x, n - 1)


def by_divisor(x, n):
    return x ** greatest_divisor(n, 12)


def nested_with_a_rate(x):
    def go(y, n):
        return y if n == 0 else RATE * go(y * y, n - 1)

    return go(x, 2)


def nested_that_writes(a):
    b = a * 2.0

    def go(n):
        b[n] = b[n] * 2.0
        return b[n] if n == 0 else go(n - 1) * b[n]

    return go(2)


def around(c):
    def outer(x):
        def go(y, n):
            return y if n == 0 else c * go(y * x, n - 1)

        return go(x, 2)

    return outer


def alternating(f, x, n):
    return x if n == 0 else alternating(math.cos, f(x), n - 1)


def given_another_function(x):
    return alternating(math.sin, x, 3)


def grows(a, n):
    return np.sum(a) if n == 0 else grows(np.expand_dims(a, 0), n - 1)


def of_many_kinds(a):
    return grows(a, 2)


def variable_of_that_name(x):
    power2 = x * x
    return power(x, 2) + power(2, 3) * power2


def overwrites(a, n):
    a[n] = 2.0 * a[n]
    return a[n] if n == 0 else a[n] * overwrites(a, n - 1)


def overwriting(a):
    return overwrites(a, 2)


def depth_by_data(x, y):
    return y if y > 10.0 else depth_by_data(x, y * x + math.sin(x))


def maximum_path(values, i, j):
    if i == values.shape[0] - 1:
        return values[i, j]
    here = values[i, j] ** 2
    return here + max(maximum_path(values, i + 1, j), maximum_path(values, i + 1, j + 1))


def longest(values):
    return maximum_path(values, 0, 0)


def scaled(c, x, y, n):
    if n == 0:
        return c * x * y * y
    return scaled(c, x, y, n - 1) * c + x * x * y


def captured_first(x, y, n):
    return scaled(RATE, x, y, n)


def captured_between(x, y, n):
    return scaled(x, RATE, y, n) + scaled(x, y, pi, n)


def defaulted(x, n, c=0.3, y=0.9):
    if n == 0:
        return c * x * y * y
    return defaulted(x, n - 1, c, y) * c + x * x * y


def default_skipped(x, y, n):
    return defaulted(x, n, y=y) + defaulted(x, n)


def keeps(a, kept, n):
    b = a * 2.0
    kept.append(b)
    b[0] = 3.0
    return np.sum(kept.pop()) if n == 0 else keeps(b, kept, n - 1) + b[1]


def kept_and_written_to(a):
    kept = [np.ones(3)]
    return keeps(a, kept, 2)


def keeps_what_it_returns(a, kept, n):
    b = a * 2.0
    kept.append(b)
    return b if n == 0 else keeps_what_it_returns(b, kept, n - 1) * kept.pop()


def kept_and_returned(a):
    kept = [np.ones(3)]
    return np.sum(keeps_what_it_returns(a, kept, 2))


def returns_its_argument(a, n):
    return a if n == 0 else returns_its_argument(a, n - 1) * a


def argument_written_to(a):
    b = a * 2.0
    c = returns_its_argument(b, 0)
    b[0] = 3.0
    return np.sum(c * a)


def result_written_to(a):
    b = a * 2.0
    c = returns_its_argument(b, 0)
    c[0] = 3.0
    return np.sum(b * a)


def writes_to_its_result(a, n):
    if n == 0:
        return a
    b = writes_to_its_result(a, n - 1)
    b[0] = 2.0
    return b


def result_written_to_inside(a):
    return np.sum(writes_to_its_result(a, 2) * a)


def first_or_next(a, b, n):
    return b[1:] if n == 0 else second_or_next(b, a, n - 1)


def second_or_next(a, b, n):
    return a * b if n == 0 else first_or_next(a, b, n - 1)


def shared_by_another(a):
    b = a * 2.0
    c = second_or_next(b, a, 3)
    b[1] = 3.0
    return np.sum(c * c)


def powers(a, n):
    return np.ones_like(a) if n == 0 else powers(a, n - 1) * a


def own_result_written_to(a):
    b = powers(a, 2)
    b[0] = a[1] * b[1]
    return np.sum(b * a)


def doubles_and_returns(a, n):
    if n == 0:
        return a
    a[n] = 2.0 * a[n]
    return doubles_and_returns(a, n - 1)


def own_argument_returned(a):
    b = doubles_and_returns(a, 2)
    return np.sum(b * a)


def reshaped_and_changed(a):
    b = a.T * 1.0
    fill_squares(np.reshape(b[:, :1], 3), 0)
    return np.sum(b)


def fill_squares(a, k):
    if k < len(a):
        a[k] = a[k] * a[k]
        fill_squares(a, k + 1)


def chooses(a, b, n):
    c = a if n % 2 else b
    c[n] = a[0] * b[1]
    if n > 0:
        chooses(a, b * 2.0, n - 1)


def chosen_and_changed(a):
    b = a * 2.0
    chooses(a, b, 2)
    return np.sum(a * b)


def changes_both(a, b, k):
    if k < len(a):
        a[k] = a[k] * b[0]
        b[k] = b[k] + a[0]
        changes_both(a, b, k + 1)


def given_twice(a):
    b = a * 2.0
    changes_both(b, b[1:], 0)
    return np.sum(b)


def two_arguments(a, b):
    changes_both(a, b, 0)
    return np.sum(a * b)


def squares(a):
    return np.sum(returns_its_argument(a, 2))


TRIANGLE = np.array([[0.9, 0.0, 0.0], [0.4, 0.7, 0.0], [1.2, 0.3, 0.8]])


@pytest.mark.parametrize(
    ("f", "args"),
    [(decayed, (1.3, 4)), (by_divisor, (1.3, 18)), (depth_by_data, (1.3, 0.4)),
     (longest, (TRIANGLE,)), (captured_first, (0.7, 0.4, 3)),
     (captured_between, (0.7, 0.4, 3)), (default_skipped, (0.7, 0.4, 3)),
     (own_result_written_to, (TRIANGLE[2],)), (nested_that_writes, (TRIANGLE[2],)),
     (overwriting, (TRIANGLE[2],))],
    ids=["captured number", "of integers", "depth by data", "branches",
         "captured number passed first", "captured number passed between", "default left out",
         "own result written to", "captured array written to", "argument written to"],
)  # fmt: skip
def test_against_differences(f, args) -> None:
    check_gradient(f, *args)


def test_deep() -> None:
    value, slope = value_and_grad(power, wrt="x")(1.001, 300)
    assert value == pytest.approx(1.001**300)
    assert slope == pytest.approx(300 * 1.001**299)


def test_captured_number_rebound(monkeypatch: pytest.MonkeyPatch) -> None:
    gradient = grad(decayed, wrt="x")
    first = gradient(1.3, 2)
    monkeypatch.setitem(globals(), "RATE", 0.5)
    assert gradient(1.3, 2) != first
    assert gradient(1.3, 2) == pytest.approx(ridders(lambda x: decayed(x, 2), 1.3)[0])


def test_captured_number_of_a_nested_function_rebound(monkeypatch: pytest.MonkeyPatch) -> None:
    gradient = grad(nested_with_a_rate, wrt="x")
    assert gradient(1.3) == pytest.approx(4 * 0.7**2 * 1.3**3)
    monkeypatch.setitem(globals(), "RATE", 0.5)
    assert gradient(1.3) == pytest.approx(4 * 0.5**2 * 1.3**3)


def test_second_derivative() -> None:
    second = grad(grad(power, wrt="x"), wrt="x")
    assert run_listing(second, power, 1.3, 5) == pytest.approx(20 * 1.3**3)


def test_second_derivative_of_what_changes_arrays() -> None:
    assert run_listing(grad(sum_of_slopes), sum_of_slopes, 0.7) == pytest.approx(7.0)


def test_third_derivative() -> None:
    third = grad(grad(grad(power, wrt="x"), wrt="x"), wrt="x")
    assert run_listing(third, power, 1.3, 5) == pytest.approx(60 * 1.3**2)


def filled(x):
    a = np.ones(3) * x
    fill_squares(a, 0)
    return np.sum(a)


slope_of_filled = grad(filled, wrt="x")


def sum_of_slopes(x):
    return slope_of_filled(x) + x


def test_array_given_twice_is_refused() -> None:
    with pytest.raises(AliasingError, match="twice"):
        grad(given_twice).source(np.ones(3))


def test_arguments_that_overlap_are_refused() -> None:
    a = np.ones(3)
    with pytest.raises(AliasingError):
        grad(two_arguments)(a, a)


def test_caller_keeps_its_arrays() -> None:
    a, b = np.array([0.5, 0.7, 1.1]), np.array([1.5, 0.2, 0.9])
    before = a.copy(), b.copy()
    check_gradient(two_arguments, a, b)
    run_listing(grad(two_arguments), two_arguments, a, b)
    np.testing.assert_array_equal((a, b), before)


def test_listing() -> None:
    text = grad(power, wrt="x").source(1.2, 3)
    assert "tape.append(s0)  # recorded: lost after this call" in text
    assert text.count("tape.pop()") == 1


def test_gradient_is_linear_in_the_length_of_a_chain() -> None:
    assert_linear(grad(power, wrt="x"))


def test_second_derivative_is_linear_in_the_length_of_a_chain() -> None:
    assert_linear(grad(grad(power, wrt="x"), wrt="x"))


def test_second_derivative_of_a_tree_costs_a_constant_factor() -> None:
    first, second = grad(fibonacci, wrt="x"), grad(grad(fibonacci, wrt="x"), wrt="x")
    once, twice = ([lines_run(g, 0.7, n) for n in (4, 9)] for g in (first, second))
    assert twice[1] / once[1] < 1.2 * twice[0] / once[0]


def fibonacci(x, n):
    if n < 2:
        return x
    return fibonacci(x, n - 1) * 0.5 + fibonacci(x, n - 2) * x


def assert_linear(gradient) -> None:
    """Twice the calls, twice the lines that are run."""
    lines = {n: lines_run(gradient, 1.01, n) for n in (20, 40, 80)}
    assert lines[80] - lines[40] == 2 * (lines[40] - lines[20])


def lines_run(gradient, *args) -> int:
    """How many lines of its listing a gradient runs in plain Python."""
    f = run_text(gradient.source(*args))
    count = 0

    def trace(frame, event, arg):
        nonlocal count
        count += event == "line"
        return trace

    sys.settrace(trace)
    try:
        f(*args)
    finally:
        sys.settrace(None)
    return count


def test_float32_changed_in_place() -> None:
    a = np.array([0.3, 0.7, 1.1], np.float32)
    slopes = run_listing(grad(squares_in_place), squares_in_place, a)
    assert slopes.dtype == np.float32
    np.testing.assert_allclose(slopes, 2.0 * a, rtol=1e-6)


def squares_in_place(a):
    fill_squares(a, 0)
    return np.sum(a)


def test_float32_stays() -> None:
    a = np.array([0.3, 0.7, 1.1], np.float32)
    slopes = run_listing(grad(squares), squares, a)
    assert slopes.dtype == np.float32
    np.testing.assert_allclose(slopes, 3.0 * a**2, rtol=1e-6)


def twice_one_array(x, n):
    if n == 0:
        return x * 2.0, x * 3.0
    a, b = twice_one_array(x, n - 1)
    c = a if b[0] > 0.5 else b
    return b, c


def result_returned_twice(x):
    a, b = twice_one_array(x, 2)
    a[0] = b[1] * 3.0
    return np.sum(a * b)


def halves(x, n):
    if n == 0:
        return x[:2], x[2:] * 2.0
    a, b = halves(x, n - 1)
    return a, b * a


def part_of_argument_returned(x):
    y = x * 2.0
    a, b = halves(y, 2)
    y[0] = a[1] * 3.0
    return np.sum(a * b)


def scaled_by_one(a, n):
    for k in range(len(a)):
        if n > 0 and a[k] > 0.5:
            return scaled_by_one(a * 0.6, n - 1) + a[k]
    return a * a


def array_that_a_loop_returns(a):
    return np.sum(scaled_by_one(a, 2) * a)


def test_an_array_that_a_loop_returns() -> None:
    check_gradient(array_that_a_loop_returns, np.array([0.3, 0.5, 0.7]))


@pytest.mark.parametrize(
    ("f", "arg", "word"),
    [(around(2.0), 1.5, "inside another function"),
     (given_another_function, 1.5, "is given a function"),
     (of_many_kinds, np.ones(2), "and more"),
     (variable_of_that_name, 1.5, "is a variable"),
     (kept_and_written_to, np.ones(3), "keeps `b` on a list"),
     (kept_and_returned, np.ones(3), "returns `b` and keeps it on a list"),
     (own_argument_returned, np.ones(3), "may be its argument"),
     (reshaped_and_changed, np.ones((2, 3)), "is not clear"),
     (chosen_and_changed, np.ones(3), "stands for several arrays"),
     (argument_written_to, np.ones(3), "may be its argument"),
     (result_written_to, np.ones(3), "may be its argument"),
     (result_written_to_inside, np.ones(3), "may be its argument"),
     (result_returned_twice, np.ones(3), "may be one array twice"),
     (part_of_argument_returned, np.ones(4), "may be its argument"),
     (shared_by_another, np.ones(3), "may be its argument")],
)  # fmt: skip
def test_refused(f, arg, word: str) -> None:
    with pytest.raises(UnsupportedError, match=word):
        grad(f).source(arg)
