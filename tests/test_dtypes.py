"""A gradient has the dtype and the shape of its argument, whatever the function converts to."""

from dataclasses import dataclass

import numpy as np
import pytest
from oracles import run_listing

from srcgrad import grad, value_and_grad


def summed_in_single(x):
    return np.sum(x, dtype=np.float32) ** 2


def converted(x):
    return np.sum(x.astype(np.float32) ** 2) * 0.5


def converted_twice(x):
    y = x.astype(np.float32) * 2
    return np.sum(y.astype(np.float64) ** 2)


def summed_in_double(x):
    return np.sum(x, dtype=np.float64) ** 2


def mixed_with_numbers(x):
    return np.sum(np.exp(x) * 2.0 + x) / 3


SLOPES = {
    summed_in_single: lambda x: np.full_like(x, 2 * np.sum(x)),
    summed_in_double: lambda x: np.full_like(x, 2 * np.sum(x)),
    converted: lambda x: x,
    converted_twice: lambda x: 8 * x,
    mixed_with_numbers: lambda x: (2 * np.exp(x) + 1) / 3,
}


@pytest.mark.parametrize("level", ["flat", "loops"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("f", SLOPES, ids=lambda f: f.__name__)
def test_gradients_keep_the_dtype(f, dtype, level):
    for x in (np.array([0.5, 1.25, -2.0], dtype), np.zeros((0, 2), dtype)):
        got = run_listing(grad(f), f, x, level=level)
        assert got.dtype == dtype
        assert got.shape == x.shape
        np.testing.assert_allclose(got, SLOPES[f](x), rtol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arrays_without_axes(dtype):
    x = np.array(0.5, dtype)
    got = run_listing(grad(mixed_with_numbers), mixed_with_numbers, x)
    assert np.shape(got) == ()
    assert np.asarray(got).dtype == dtype
    np.testing.assert_allclose(got, SLOPES[mixed_with_numbers](x), rtol=1e-6)


def mixed_products(A, v, w):
    return np.tensordot(A, np.zeros((4, 3), np.float32) + v) ** 2 + np.sum(
        np.convolve(v, w, "same") ** 2
    )


def test_operands_of_two_dtypes() -> None:
    """Compiled: loops compute a product of a number and an array in NumPy's dtype."""
    rng = np.random.default_rng(3)
    A, w = rng.uniform(size=(4, 3)), rng.uniform(size=4)
    v = rng.uniform(size=3).astype(np.float32)
    gradient = grad(mixed_products)
    for got, x, flat in zip(
        gradient(A, v, w), (A, v, w), run_listing(gradient, mixed_products, A, v, w), strict=True
    ):
        assert got.dtype == x.dtype
        np.testing.assert_allclose(got, flat, rtol=1e-12 if x is not v else 1e-6)


def in_few_bits(x, b, k, f):
    c = b.copy()
    c += c
    c *= 3
    d = np.empty_like(b)
    d[:] = k + 300
    e = np.zeros(4, dtype=np.bool_)
    e[:] = k
    total = np.sum((b - b[::-1]) * x) + np.sum(b * b * x) + np.sum(-b * x)
    total += np.sum((c + 2.0 * d + e) * x) + np.sum((f + f + f) * x)
    total += np.sum(np.full_like(k, 2.7) * x) + np.sum(np.full_like(f, 3) * x)
    return total + np.dot(b, b) * x[0] + np.sum((k.astype(np.int32) ** 2) * x)


def test_integers_of_few_bits_wrap_as_numpy_s() -> None:
    """The function is linear in ``x``: its own values are the slopes."""
    data = (
        np.array([250, 7, 3, 200], np.uint8),
        np.array([3, -2, 0, 100_000]),
        np.array([True, False, True, True]),
    )
    slopes = [in_few_bits(unit, *data) for unit in np.eye(4)]
    x = np.array([0.5, 0.7, -0.3, 1.1])
    both = value_and_grad(in_few_bits)
    for got in (run_listing(both, in_few_bits, x, *data), both(x, *data)):
        np.testing.assert_allclose(got[0], in_few_bits(x, *data), rtol=1e-12)
        np.testing.assert_allclose(got[1], slopes, rtol=1e-12)


@dataclass(frozen=True)
class Spring:
    k: float
    ends: np.ndarray

    def energy(self):
        return 0.5 * self.k * np.sum(self.ends**2)


def of_a_dataclass(spring, x):
    return spring.energy() * x


def test_dataclass_as_an_argument() -> None:
    slopes, _ = grad(of_a_dataclass)(Spring(2.0, np.array([1.0, 3.0])), 0.5)
    np.testing.assert_allclose(slopes[0], 2.5)
    np.testing.assert_allclose(slopes[1], [1.0, 3.0])


def along_edges(x, edges, order):
    return sum((x[i] - x[j]) ** 2 for i, j in edges) + sum(x[k] * x[0] for k in order)


def test_lists_of_integers_are_data() -> None:
    slopes = grad(along_edges)(np.array([1.0, 3.0, 7.0]), [(0, 1), (1, 2)], [2, 2])
    np.testing.assert_allclose(slopes, [10.0, -4.0, 10.0])
