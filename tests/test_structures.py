"""Parameters that are tuples of tuples, or lists of tuples, of arrays and numbers."""

import inspect
from typing import Any

import numpy as np
import pytest
from oracles import complex_step, run_text

from srcgrad import AliasingError, grad, value_and_grad

LAYERS = (
    (np.array([[0.3, -0.8, 0.5], [1.1, 0.2, -0.4]]), np.array([0.1, -0.3])),
    (np.array([[0.7, -0.6]]), np.array([0.2])),
)
X = np.array([0.5, -1.2, 0.8])


def layers(params, x):
    for W, b in params:
        x = np.tanh(W @ x + b)
    return np.sum(x * x)


def by_number(params, x):
    for k in range(len(params)):
        W, b = params[k]
        x = np.tanh(W @ x + b)
    return np.sum(x * x)


def last_one_apart(params, x):
    for W, b in params[:-1]:
        x = np.tanh(W @ x + b)
    W, b = params[-1]
    y = np.tanh(W @ x + b)
    return np.sum(y**2)


def taken_apart(params, x):
    (W, b), (V, c) = params
    h = np.tanh(W @ x + b)
    return np.sum(np.tanh(V @ h + c) ** 2)


def by_subscripts(params, x):
    h = np.tanh(params[0][0] @ x + params[0][1])
    return np.sum(np.tanh(params[1][0] @ h + params[1][1]) ** 2)


def in_a_helper(params, x):
    def forward(layer, x):
        W, b = layer
        return np.tanh(W @ x + b)

    for layer in params:
        x = forward(layer, x)
    return x @ x


def written_to(params, x):
    (W, b), last = params
    W[0, 0] *= 2.0
    b[1] = b[1] + W[0, 0]
    W[0, 0] *= 0.5
    b[1] -= 2.0 * W[0, 0]
    return layers(((W, b), last), x)


def spread_out(W, b, V, c, x):
    return np.sum(np.tanh(V @ np.tanh(W @ x + b) + c) ** 2)


def assert_layers(got: Any) -> None:
    leaves = [a for layer in LAYERS for a in layer]
    expected = grad(spread_out, wrt=(0, 1, 2, 3))(*leaves, X)
    for one, other in zip([a for layer in got for a in layer], expected, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=1e-12)


@pytest.mark.parametrize("f", [last_one_apart, written_to])
def test_compiled(f: Any) -> None:
    gradient = grad(f, wrt=0)
    for given in (LAYERS, list(LAYERS), [list(LAYERS[0]), LAYERS[1]]):
        assert_layers(gradient(given, X))


def test_with_the_value() -> None:
    value, (slopes, slope) = value_and_grad(layers)(LAYERS, X)
    assert value == pytest.approx(layers(LAYERS, X))
    assert_layers(slopes)
    assert slope.shape == X.shape


def lists_apart(params, x):
    weights, biases = (params[0][0], params[1][0]), (params[0][1], params[1][1])
    for W, b in zip(weights, biases, strict=True):
        x = np.tanh(W @ x + b)
    return x @ x


def with_positions(params, x):
    for k, (W, b) in enumerate(params):
        for V, c in params[k + 1 :]:
            x = x + 0.0 * np.sum(V) * np.sum(c)
        x = np.tanh(W @ x + b) if k + 1 < len(params) else np.sin(np.arcsin(np.tanh(W @ x + b)))
    return x @ x


FORMS = [layers, by_number, last_one_apart, taken_apart, by_subscripts, in_a_helper, written_to]
FORMS += [lists_apart, with_positions]


@pytest.mark.parametrize("level", ["flat", "loops"])
@pytest.mark.parametrize("f", FORMS)
def test_both_levels(f: Any, level: str) -> None:
    before = [a.copy() for layer in LAYERS for a in layer]
    gradient = run_text(grad(f, wrt=0).source(LAYERS, X, level=level))
    assert_layers(gradient(LAYERS, X))
    for one, other in zip([a for layer in LAYERS for a in layer], before, strict=True):
        np.testing.assert_array_equal(one, other)


def leapfrog(state, steps):
    x, v = state
    for _ in range(steps):
        v -= 0.1 * x**3
        x += 0.1 * v
    return np.sum(x * v)


def exchanged(state, steps):
    x, v = state
    for _ in range(steps):
        v -= 0.1 * x**3
        x, v = v, x
    return np.sum(x * v * v)


@pytest.mark.parametrize("level", ["flat", "loops"])
@pytest.mark.parametrize("f", [leapfrog, exchanged])
def test_parts_updated_in_place(f: Any, level: str) -> None:
    """As if they had been arguments of their own."""
    state = np.array([0.3, 0.5]), np.array([1.0, -0.4])
    space: dict[str, Any] = {"np": np}
    apart = inspect.getsource(f).replace("(state, ", "(x, v, ").replace("    x, v = state\n", "")
    exec(apart, space)
    gradient = run_text(grad(f).source(state, 3, level=level))
    expected = complex_step(space[f.__name__], *state, 3)
    np.testing.assert_allclose(np.concatenate(gradient(state, 3)), expected, rtol=1e-12)
    np.testing.assert_array_equal(state, [[0.3, 0.5], [1.0, -0.4]])


def area(points):
    n, total = len(points), 0.0
    for i in range(n):
        x, y = points[i]
        u, v = points[(i + 1) % n]
        total += x * v - u * y
    return 0.5 * total


def test_rows_of_numbers_by_a_counter() -> None:
    corners = ((0.0, 0.0), (2.0, 0.5), (1.5, 3.0))
    slopes = run_text(grad(area).source(corners))(corners)
    np.testing.assert_allclose(slopes, [[-1.25, -0.25], [1.5, -0.75], [-0.25, 1.0]])


def of_numbers(p):
    (a, b), (c, rest) = p[0], p[1:][0]
    return a * b * c + rest[1] * a


def test_numbers_in_tuples() -> None:
    given = ((2.0, 3.0), (5.0, (7.0, 11.0)))
    text = grad(of_numbers).source(given)
    assert run_text(text)(given) == ((26.0, 10.0), (6.0, (0.0, 2.0)))


def test_shared_memory_that_is_written_to() -> None:
    a = np.array([0.2])
    with pytest.raises(AliasingError, match=r"params\[0\]\[1\]"):
        grad(written_to, wrt=0)(((np.ones((1, 3)), a), (np.ones((1, 1)), a)), X)
