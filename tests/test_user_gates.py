"""Gates of the user's own and ``stop_gradient``: gradients, listings, refusals, redefinition."""

import math
from math import exp

import numpy as np
import pytest
from numba import njit
from oracles import check_gradient, run_listing

from srcgrad import ArgumentError, UnsupportedError, gate, grad, stop_gradient, value_and_grad
from srcgrad.fingerprint import fingerprint

SCALE = 2.0


@njit
def doubled(x):
    return SCALE * x  # a comment that stays


def halved(x):
    return doubled(x) / 4.0


@gate("grad_x += grad_z * 2 * x")
def square(x: float) -> float:
    """The square."""
    return halved(doubled(x)) * x


@gate("grad_x += grad_z * y", "grad_y += grad_z * x")
def times(x, y):
    return x * y


@gate("grad_x += grad_z * n * x ** (n - 1)")
def power(x, n: int = 2):
    return x**n


@gate("grad_x += grad_z * np.exp(x) / (1.0 + np.exp(x))")
def softplus(x):
    return np.log(1.0 + np.exp(x))


@gate("grad_x += grad_z * (z - x) * 0.0 + grad_z")
def total(x):
    return x.sum()


def norm_backward(x, z, grad_z):
    return grad_z * x / z


@gate(backward=norm_backward)
def norm(x):
    return math.sqrt(np.sum(x * x))


def mixed_backward(x, W, k, z, grad_z):
    """The gradients of the vector and of the matrix."""
    return k * (grad_z @ W.T), k * np.outer(x, grad_z)


@gate(backward=mixed_backward, data="k")
def mixed(x, W, k):
    return k * (x @ W)


def passed_on_backward(x, y, z, grad_z):
    return grad_z, grad_z


@gate(backward=passed_on_backward)
def added(x, y):
    return x + y


@gate("grad_x += grad_z * exp(x)".replace("exp", "math.exp"))
def exponential(x):
    return exp(x)


def of_number(x):
    return square(x) + 1.0


def of_arrays(x, y):
    return np.sum(times(x, y) ** 2)


def of_norm(x):
    n = norm(x)
    return n * n * n


def of_mixed(x, W):
    z = mixed(x, W, 3.0)
    return np.sum(z * z)


def in_loop(x, a):
    s = 0.0
    for k in range(len(a)):
        x = power(x, 2) / 3.0
        s += square(x) * times(a[k], x) + exponential(x)
    return s


def reassigned(x):
    x = softplus(x)
    x = softplus(x)
    x = added(x, x)
    x[0] = 2.0
    return np.sum(x * x)


def shared_gradient(x, y):
    z = added(x, y)
    u = 2.0 * x
    u[1] *= 3.0
    y[0] = 1.0
    return np.sum(z * u) + np.sum(y * y)


@gate("grad_t += grad_z @ np.array([0.0, 1.0, 2.0 * t])")
def basis(t):
    return np.array([1.0, t, t * t])


def of_basis(t, y):
    return np.sum((y + basis(t)) ** 2)


def several_gradients(x):
    u = added(x, x)
    v = added(u, x)
    x[0] = 3.0
    return np.sum(v * x * u)


def carried_on(x, n):
    for _ in range(n):
        x = added(x, 0.5 * x)
        x[0] *= 2.0
    return np.sum(x)


def repeated(x, n):
    return norm(x) if n == 0 else square(repeated(x, n - 1))


def in_recursion(x):
    return repeated(x, 2)


def in_branch(x):
    return norm(x) if x[0] > 0.0 else total(x)


def apply(f, x):
    return f(x)


def passed_as_argument(x):
    return apply(square, x)


def keywords(x):
    return times(y=x, x=3.0 * x) + power(n=3, x=x)


x3, y3 = np.array([1.0, -2.0, 0.5]), np.array([0.3, 0.7, -1.1])
W = np.array([[1.0, 2.0], [0.5, -1.0], [0.2, 0.1]])
CASES = [
    (of_number, (1.3,)),
    (of_arrays, (x3, y3)),
    (of_arrays, (2.0, y3)),
    (of_arrays, (x3, np.array([0.4]))),
    (of_arrays, (W.T.copy(), x3)),
    (of_norm, (x3,)),
    (of_norm, (x3[::-1],)),
    (of_mixed, (x3, W)),
    (in_loop, (0.7, x3)),
    (reassigned, (x3,)),
    (shared_gradient, (x3, y3)),
    (of_basis, (1.3, x3)),
    (several_gradients, (x3,)),
    (carried_on, (x3, 3)),
    (in_recursion, (x3,)),
    (in_branch, (x3,)),
    (in_branch, (-x3,)),
    (passed_as_argument, (1.7,)),
    (keywords, (0.9,)),
]


@pytest.mark.parametrize(("f", "args"), CASES, ids=lambda v: getattr(v, "__name__", ""))
def test_gradient_of_the_listing(f, args):
    check_gradient(f, *args)


@pytest.mark.parametrize("f", [of_arrays, of_mixed, in_loop, shared_gradient])
def test_gradient_compiled(f):
    args = next(a for g, a in CASES if g is f)
    check_gradient(f, *args, compiled=True)


def test_float32():
    assert grad(of_number)(np.float32(1.5)) == 3.0
    gradient = grad(of_norm)(x3.astype(np.float32))
    assert gradient.dtype == np.float32
    assert np.allclose(gradient, 3.0 * np.linalg.norm(x3) * x3, rtol=1e-5)


def test_the_rule_is_what_counts():
    """Not the derivative of the body: the user's word is taken."""

    @gate("grad_x += 10.0 * grad_z")
    def straight(x):
        return np.sign(x)

    assert grad(lambda x: 3.0 * straight(x))(0.3) == 30.0
    assert grad(straight)(0.3) == 10.0
    assert value_and_grad(straight)(0.3) == (1.0, 10.0)


def test_listing():
    text = grad(of_number).source(1.0)
    assert text.count("s0 = square(x)") == 1
    assert "grad_x = grad_s0 * 2 * x" in text
    assert "def square(x):" in text
    assert "return SCALE * x  # a comment that stays" in text
    assert "\nSCALE = 2.0\n" in text
    assert "import srcgrad" not in text
    text = grad(of_mixed).source(x3, W)
    assert text.count(" = mixed_backward(x, W, 3.0, z, grad_z)") == 1


def test_second_derivative():
    assert grad(grad(of_number))(3.0) == 2.0
    assert grad(grad(lambda x: norm(np.array([x, 2.0 * x])) ** 2))(3.0) == pytest.approx(10.0)


def test_from_python_and_compiled_code():
    @njit
    def f(x, a):
        return square(x) + power(x) + np.sum(softplus(a)) + stop_gradient(x)

    expected = 9.0 + 9.0 + np.sum(np.log(1.0 + np.exp(x3))) + 3.0
    assert f(3.0, x3) == pytest.approx(expected)
    assert f.py_func(3.0, x3) == pytest.approx(expected)


def test_a_dispatcher_is_a_gate():
    marked = gate("grad_x += 5.0 * grad_z")(njit(lambda_free))
    assert grad(lambda x: marked(x))(1.0) == 5.0
    assert njit(lambda x: marked(x))(1.0) == 2.0


def lambda_free(x):
    return x + 1.0


def test_the_function_itself_is_no_gate():
    gate("grad_x += 5.0 * grad_z")(lambda_free)
    assert grad(lambda x: lambda_free(x))(1.0) == 1.0


# Redefinition


def with_slope(slope):
    @gate(f"grad_x += grad_z * {slope}")
    def linear(x):
        return x

    return linear


def test_redefinition():
    space = {"linear": with_slope(2.0)}
    f = eval("lambda x: linear(x)", space)
    linear = with_slope(2.0)

    @grad
    def g(x):
        return linear(x)

    assert g(1.0) == 2.0
    linear = with_slope(7.0)
    assert g(1.0) == 7.0
    before = fingerprint(f).digest
    space["linear"] = with_slope(7.0)
    assert fingerprint(f).digest != before


def test_fingerprint_of_a_backward_function():
    def made(factor):
        def backward(x, z, grad_z):
            return factor * grad_z

        @gate(backward=backward)
        def linear(x):
            return x

        return lambda x: linear(x)

    assert fingerprint(made(2.0)).digest == fingerprint(made(2.0)).digest
    assert fingerprint(made(2.0)).digest != fingerprint(made(3.0)).digest
    f = made(2.0)
    assert grad(f)(1.0) == 2.0


def test_a_captured_number_that_changes():
    factor = 2.0

    def backward(x, z, grad_z):
        return factor * grad_z

    @gate(backward=backward)
    def linear(x):
        return factor * x

    @value_and_grad
    def f(x):
        return linear(x)

    assert f(1.0) == (2.0, 2.0)
    factor = 5.0
    assert f(1.0) == (5.0, 5.0)


def test_names_that_clash():
    def helper(x):
        return 2.0 * x

    first_helper = helper

    @gate("grad_x += 2.0 * grad_z")
    def first(x):
        return helper(x)

    def made():
        def helper(x):
            return 3.0 * x

        @gate("grad_x += 3.0 * grad_z")
        def first(x):
            return helper(x)

        return first

    second = made()

    def f(x):
        helper = first_helper(x) + 1.0
        first_backward = first(x)
        return second(first_backward) * helper

    check_gradient(f, 1.5)


# Refusals


def refused(decorator, function, *words):
    with pytest.raises(ArgumentError) as error:
        decorator(function)
    assert all(word in str(error.value) for word in words), str(error.value)


def calling(f):
    return lambda x: f(x)


def summed(f):
    return lambda x: np.sum(f(x))


def two(x, y):
    return x * y


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        (("grad_x += grad_z",), "no rule for the argument `y`"),
        (("grad_x += grad_z * w", "grad_y += grad_z"), "unknown names ['w']"),
        (("grad_w += grad_z", "grad_y += grad_z"), "grad_w is not the gradient"),
        (("grad_x += y", "grad_y += grad_z"), "not linear in grad_z"),
        (("grad_x = grad_z", "grad_y += grad_z"), "not of the form"),
        (("grad_x += grad_z *", "grad_y += grad_z"), "invalid syntax"),
        (("grad_x += grad_z * f(x)", "grad_y += grad_z"), "`f` is not known"),
        (("grad_x += grad_z * np.nothing(x)", "grad_y += grad_z"), "`np.nothing` is not known"),
        (("grad_x += grad_z * x.sort()", "grad_y += grad_z"), "cannot be called"),
    ],
)
def test_a_rule_that_is_wrong(rule, word):
    refused(gate(*rule), two, "`two`", word)


def test_definitions_that_are_wrong():
    with pytest.raises(ArgumentError, match="needs its rule"):
        gate(two)
    with pytest.raises(ArgumentError, match="either"):
        gate()
    refused(gate("grad_x += grad_z"), lambda x: x, "lambda")
    refused(gate(backward=norm_backward), two, "(x, y, z, grad_z)")
    refused(gate("grad_x += grad_z", data="k"), two, "no argument `k`")


def test_a_gate_that_changes_its_argument():
    def change(a):
        b = a[1:]
        b[0] += 1.0

    change = njit(change)

    @gate("grad_x += grad_z")
    def writes(x):
        y = x
        y[0] = 2.0
        return np.sum(x)

    @gate("grad_x += grad_z")
    def writes_elsewhere(x):
        change(x)
        return np.sum(x)

    @gate("grad_x += grad_z")
    def sorts(x):
        x.sort()
        return x[0]

    for bad in (writes, writes_elsewhere, sorts):
        with pytest.raises(UnsupportedError, match=r"may change its argument `x`"):
            grad(calling(bad))(x3)
        with pytest.raises(UnsupportedError, match=r"may change its argument `x`"):
            grad(bad)(x3)


def test_a_gate_may_change_its_own_arrays():
    @gate("grad_x += 2 * grad_z * x")
    def own(x):
        y = x.copy()
        for k in range(len(y)):
            y[k] *= x[k]
        y += 0.0
        return np.sum(y)

    assert grad(own)(x3).tolist() == (2 * x3).tolist()


def test_a_gate_that_returns_its_argument():
    @gate("grad_x += grad_z")
    def tail(x):
        return x[1:]

    with pytest.raises(UnsupportedError, match="may be a part of its argument `x`"):
        grad(lambda x: np.sum(tail(x)))(x3)


def test_a_backward_function_with_other_results():
    def pair(x, z, grad_z):
        return grad_z, grad_z

    def scalar(x, z, grad_z):
        return 1.0

    for backward in (pair, scalar):

        @gate(backward=backward)
        def twice(x):
            return 2.0 * x

        with pytest.raises(UnsupportedError, match=r"returns .* gradient"):
            grad(summed(twice))(x3)


def test_an_integer_argument_that_gets_a_float():
    with pytest.raises(UnsupportedError, match=r"`n` of the gate `power` is an integer"):
        grad(lambda x, y: power(x, y))(2.0, 3.0)


def test_what_a_gate_cannot_name():
    captured = np.ones(3)

    @gate("grad_x += grad_z")
    def with_array(x):
        return np.sum(captured) * x

    with pytest.raises(UnsupportedError, match=r"`captured` cannot be used in a gate"):
        grad(with_array)(1.0)


def test_a_rule_that_does_not_fit():
    @gate("grad_x += grad_z if x > 0 else 0.0")
    def of_numbers(x):
        return 2.0 * x

    @gate("grad_x += grad_z * np.ones(3)")
    def of_vectors(x):
        return np.sum(2.0 * x)

    assert grad(of_numbers)(1.0) == 1.0
    with pytest.raises(UnsupportedError, match=r"(?s)line \d+.*`of_numbers` for `x` does not fit"):
        grad(lambda x: np.sum(of_numbers(x)))(x3)
    with pytest.raises(UnsupportedError, match=r"`of_vectors` for `x` does not fit: .*sum it"):
        grad(of_vectors)(1.0)


# stop_gradient


def stopped(x):
    y = stop_gradient(x)
    y[0] = 5.0
    x[1] = 3.0 * x[2]
    return np.sum(x * y) + stop_gradient(x[2]) * x[0]


def test_stop_gradient():
    x = x3.copy()
    assert grad(stopped)(x).tolist() == [5.0 + 0.5, 0.0, 0.5 + 3.0 * -2.0]
    assert x.tolist() == x3.tolist()
    text = grad(stopped).source(x3)
    assert "y = stop_gradient(x)" in text
    assert "import srcgrad" not in text
    assert run_listing(grad(stopped), stopped, x3).tolist() == [5.5, 0.0, -5.5]
    assert grad(lambda x: stop_gradient(x * x))(2.0) == 0.0
    assert grad(grad(lambda x: x * x * stop_gradient(x)))(2.0) == 4.0
    y = stop_gradient(x3)
    assert y is not x3
    assert y.tolist() == x3.tolist()
