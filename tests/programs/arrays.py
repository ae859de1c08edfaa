"""Straight-line functions of NumPy arrays."""

import numpy as np

from programs.case import sample, signed, straight_line

WEIGHTS = np.array([0.5, -1.0, 2.0, 0.25])
STEP = 0.1


@straight_line(signed(4), signed(4, seed=1), compiled=True)
def elementwise(x, y):
    return np.sum(x * y + x / y - 2.0 * x + y**2)


@straight_line(sample(5), compiled=True)
def functions(x):
    return np.sum(np.exp(x) * np.sin(x) + np.log(x) + np.sqrt(x) * np.cos(x) + np.tanh(x))


@straight_line(sample(5, high=0.9))
def more_functions(x):
    return np.sum(
        np.arcsin(x) + np.arccos(x) * np.arctan(x) + np.sinh(x) + np.cosh(x) + np.tan(x)
        + np.arcsinh(x) + np.arctanh(x) + np.expm1(x) + np.log1p(x) + np.square(x)
        + np.power(x, 3) + np.reciprocal(x) + np.log2(x) + np.log10(x)
    )  # fmt: skip


@straight_line(signed(4), signed(4, seed=3))
def two_operands(x, y):
    return np.sum(np.maximum(x, y) + np.minimum(x, 2 * y) + np.arctan2(x, y) + np.hypot(x, y))


@straight_line(signed(4), signed(4, seed=3))
def operators_as_functions(x, y):
    z = np.multiply(x, y) + np.add(x, y) * np.subtract(x, y)
    return np.sum(np.divide(z, y) + np.negative(x) + np.true_divide(x, y))


@straight_line(signed(3, 4), signed(4), signed(3, 1))
def broadcasting(a, row, column):
    return np.sum(a * row + column * a - row / column)


@straight_line(signed(3, 4), 1.3, compiled=True)
def scalar_times_array(a, c):
    return np.sum(c * a + a / c - c) + c


@straight_line(signed(4))
def deviation_along_the_only_axis(x):
    return np.std(x, axis=0) * np.var(x, axis=-1)


@straight_line(signed(4), signed(3))
def outer_by_newaxis(x, y):
    return np.sum(np.sin(x[:, None] * y[None, :]))


@straight_line(signed(4), signed(3))
def outer_by_reshape(x, y):
    return np.sum(np.exp(-((x.reshape(4, 1) - y.reshape(1, 3)) ** 2)))


@straight_line(signed(2, 3, 4), signed(3, 1))
def broadcasting_in_three_dimensions(a, b):
    return np.sum(a * b * b)


@straight_line(signed(6))
def kinks(x):
    return np.sum(np.maximum(x, 0.0) + np.abs(x) * 0.5 + np.minimum(0.2, x) + np.sign(x) * x)


@straight_line(signed(6))
def clipping(x):
    return np.sum(np.clip(x, -0.9, 0.8) * x)


@straight_line(signed(6), signed(6, seed=4))
def where(x, y):
    return np.sum(np.where(x > y, x * y, x - y) + np.where(x < 0, 0.0, x))


@straight_line(signed(6))
def mask_as_numbers(x):
    return np.sum((x > 0) * x * x)


@straight_line(sample(6))
def rounding(x):
    return np.sum(np.floor(x * 3) * x + np.ceil(x * 3) * x + np.round(x * 3) * x)


@straight_line(signed(3, 4), signed(4))
def matrix_vector(A, x):
    return np.sum(np.tanh(A @ x))


@straight_line(signed(3), signed(3, 4))
def vector_matrix(x, A):
    return np.sum((x @ A) ** 2)


@straight_line(signed(3, 4), signed(4, 2), compiled=True)
def matrix_matrix(A, B):
    return np.sum(np.sin(A @ B))


@straight_line(signed(4), signed(4, seed=5))
def vector_vector(x, y):
    return (x @ y) * np.dot(x, x)


@straight_line(signed(3, 4), signed(4), signed(4, 3))
def products(A, x, B):
    return np.sum(np.dot(A, x)) + np.dot(A, B)[0, 1] + np.sum(A.dot(x) ** 2)


@straight_line(signed(3), signed(4))
def outer_product(x, y):
    return np.sum(np.outer(x, y) ** 3)


@straight_line(signed(2, 3), signed(2, 3, seed=4))
def vdot(a, b):
    return np.vdot(a[0], b[1]) * np.vdot(a, a)


@straight_line(signed(3), 2.0)
def dot_with_a_number(x, c):
    return np.sum(np.dot(x, c))


@straight_line(signed(3, 4))
def reductions(a):
    return np.sum(a) * np.mean(a) + np.prod(a[0]) + np.max(a) * np.min(a)


@straight_line(signed(3, 4))
def reductions_along_axes(a):
    rows = np.sum(a, axis=1)
    columns = np.mean(a, axis=0)
    return np.sum(rows**2) + np.sum(columns**3)


@straight_line(signed(3, 4))
def reductions_by_method(a):
    return a.sum() * a.mean() + a.sum(axis=0)[1] + np.sum(a.max(axis=1) * a.min(axis=-1))


@straight_line(signed(3, 4))
def kept_dimensions(a):
    z = a - a.mean(axis=1, keepdims=True)
    n = np.sum(z * z, axis=-1, keepdims=True)
    return np.sum(z / np.sqrt(n) * np.max(a, axis=0, keepdims=True))


@straight_line(signed(3, 4))
def product_along_axis(a):
    return np.sum(np.prod(a, axis=1)) + np.prod(a)


@straight_line(signed(3, 4))
def variance(a):
    return np.var(a) + np.sum(np.std(a, axis=0))


@straight_line(signed(2, 6))
def reshaping(a):
    b = a.reshape(3, 4)
    c = np.reshape(b, (4, 3))
    return np.sum(b.T * c) + np.sum(a.ravel() ** 3) + np.sum(c.reshape(-1)[2:5])


@straight_line(signed(2, 3))
def flattening(a):
    return np.sum(a.flatten() * a.ravel()) + a.T.flatten()[1]


@straight_line(signed(3, 4))
def transposing(a):
    return np.sum(a.T @ a) + np.sum(np.transpose(a)[1] ** 2)


@straight_line(signed(2, 3, 4))
def transposing_axes(a):
    return np.sum(np.transpose(a, (2, 0, 1))[1] ** 2) + np.sum(np.swapaxes(a, 0, 1)[2])


@straight_line(signed(6))
def elements(x):
    return x[0] * x[1] + x[-1] ** 2 * x[2]


@straight_line(signed(6), compiled=True)
def slices(x):
    return np.sum(x[1:] * x[:-1]) + np.sum(x[::2] * x[1::2]) + np.sum(x[::-1] * x)


@straight_line(signed(4, 5))
def two_subscripts(a):
    return a[1, 2] * a[-1, -2] + np.sum(a[1:3, ::2] ** 2) + np.sum(a[:, 1] * a[:, 3])


@straight_line(signed(4, 5))
def rows_and_columns(a):
    return np.sum(a[1] * a[2]) + np.sum(a[:, 0]) * a[0][1] + np.sum(a[..., 2] ** 2)


@straight_line(signed(5), 2)
def index_argument(x, k):
    return x[k] * x[k + 1] * x[k]


@straight_line(signed(5), np.array([0, 2, 2, 4]))
def index_array(x, idx):
    return np.sum(x[idx] ** 2) + x[idx][1]


@straight_line(signed(5))
def constant_arrays(x):
    a = np.zeros(5) + x
    b = np.ones(5) * x
    c = np.full(5, 2.0) * x
    d = np.arange(5) * x
    e = np.eye(5) @ x
    return np.sum(a * b + c * d - e) + np.sum(np.linspace(0.0, 1.0, 5) * x)


@straight_line(signed(5), 0.7)
def full_of_an_active_number(x, c):
    return np.sum(np.full(5, c) * x) + np.sum(np.full_like(x, c * c))


@straight_line(1.2, 0.7)
def array_of_numbers(x, y):
    a = np.array([x, y, x * y])
    m = np.array([[x, 1.0], [y, x]])
    return np.sum(a**2) + np.sum(m @ m)


@straight_line(signed(5))
def like_another(x):
    return np.sum((np.zeros_like(x) + x) * (np.ones_like(x) - x))


@straight_line(signed(3, 4))
def shapes_are_numbers(a):
    n, m = a.shape
    return np.sum(a) / n + a.size * a[0, 0] + a.ndim * m * a[1, 1] + len(a) * a[0, 1]


@straight_line(signed(4))
def captured_array(x):
    return np.sum(WEIGHTS * x**2) * STEP


@straight_line(signed(4), signed(4, seed=2))
def joined(x, y):
    z = np.concatenate((x, y))
    w = np.vstack((x, y))
    return np.sum(z[2:6] ** 2) + np.sum(np.stack((x, y))[1] * w[0])


@straight_line(signed(5))
def cumulative(x):
    return np.sum(np.cumsum(x) ** 2)


@straight_line(signed(5))
def finite_difference(x):
    return np.sum(np.diff(x) ** 2)


@straight_line(signed(5))
def norm(x):
    return np.linalg.norm(x) + np.sqrt(np.sum(x * x))


@straight_line(signed(3, 3) + 3 * np.eye(3), signed(3))
def linear_solve(A, b):
    return np.sum(np.linalg.solve(A, b) ** 2)


@straight_line(signed(3, 3) + 3 * np.eye(3))
def inverse_and_determinant(A):
    return np.sum(np.linalg.inv(A) ** 2) + np.log(np.linalg.det(A)) + np.trace(A)


@straight_line(signed(4).astype(np.float32), signed(4, seed=1).astype(np.float32), rtol=3e-4)
def single_precision(x, y):
    return np.sum(x * y * np.float32(2.0) + np.tanh(x))


@straight_line(signed(4).astype(np.float32), signed(4, seed=1), rtol=3e-4)
def mixed_precision(x, y):
    return np.sum(x * y + 2.0 * x)


@straight_line(np.asfortranarray(signed(3, 4)))
def fortran_order(a):
    return np.sum(a * a.T.ravel().reshape(4, 3).T) + np.sum(a[:, 1])


@straight_line(signed(4, 6)[::2, 1:5:2])
def strided_argument(a):
    return np.sum(a**2) + a[1, 0] * a[0, 1]


@straight_line(signed(3), np.zeros((0, 3)))
def empty_argument(w, X):
    return np.sum(X @ w) + np.sum(w**2)


@straight_line(np.array(1.7))
def array_without_dimensions(x):
    return np.sum(x * x)


@straight_line(signed(1), signed(1, seed=9))
def arrays_of_one_element(x, y):
    return np.sum(x * y * x)


@straight_line(signed(3), signed(1))
def broadcasting_of_one_element(x, y):
    return np.sum(x * y + y)


@straight_line(signed(5), np.array([1, 2, 0, 3, 1]))
def integer_array_is_data(x, counts):
    return np.sum(counts * x**2) + np.sum(counts) * x[0]


@straight_line(signed(5), np.array([True, False, True, True, False]))
def mask_is_data(x, mask):
    return np.sum(np.where(mask, x * x, 0.0)) + np.sum(x[mask])


@straight_line((signed(3), signed(3, seed=1)))
def tuple_of_arrays(pair):
    a, b = pair
    return np.sum(a * b) + a[0]


@straight_line([0.5, -1.2, 2.0], [1.0, 2.0, 3.0])
def lists_of_numbers(x, y):
    return x[0] * y[1] + x[2] ** 2 * y[2] + x[-1]


@straight_line(signed(4), compiled=True)
def reused_array(x):
    y = np.sin(x)
    z = y * x
    w = z + y
    return np.sum(w * z) + np.sum(y)


@straight_line(signed(3, 2), signed(2), signed(3), signed(1))
def two_layers(W, b, v, c):
    h = np.tanh(W @ np.tanh(b) + v)
    return h @ v + c[0] * np.sum(b)


@straight_line(signed(5, 3), signed(3), signed(5, seed=2), 0.1)
def ridge_regression(X, w, t, lam):
    r = X @ w - t
    return 0.5 * np.mean(r**2) + lam * (w @ w)


@straight_line(signed(5, 3), signed(3), np.array([0, 1, 1, 0, 1]))
def logistic_regression(X, w, t):
    z = X @ w
    return np.mean(np.log1p(np.exp(-np.abs(z))) + np.maximum(z, 0.0) - t * z)


@straight_line(signed(4, 3), np.array([0, 2, 1, 2]))
def softmax_cross_entropy_by_hand(Z, labels):
    shifted = Z - np.max(Z, axis=1, keepdims=True)
    logp = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return -np.mean(logp[np.arange(4), labels])


@straight_line(signed(2, 3, 4), signed(3))
def ellipses(a, w):
    first, inner = a[..., 0], a[1, ..., 1:]
    b = a * a
    b[..., 1] = b[..., 2] * w
    b[0, ...] += 1.0
    return np.sum(first * w) + np.sum(np.sin(inner)) + np.sum(b * a) + np.sum(w[..., 1:] ** 2)


@straight_line(signed(4), 0.7)
def real_parts(v, c):
    b = v.real * c.real
    b.real[0] = 2.0 * c
    return np.sum(b * v)
