"""Elements, slices and whole arrays changed in place."""

import numpy as np

from programs.case import sample, signed, structured


@structured(signed(4), 0.7, compiled=True)
def element_overwritten(a, x):
    y = a[1] * a[2]
    a[1] = x * x
    return y * a[1] + np.sum(a)


@structured(signed(4), 0.7)
def element_incremented(a, x):
    a[1] += x * a[0]
    a[2] -= a[1] * x
    a[0] *= x
    a[3] /= a[1]
    return np.sum(a * a)


@structured(signed(3, 3), 0.7)
def two_subscripts(a, x):
    a[0, 1] = x
    a[1, 1] += a[0, 1] * a[2, 2]
    a[-1, -1] = a[1, 1]
    return np.sum(a**2)


@structured(signed(5), compiled=True)
def filled_buffer(x):
    y = np.empty(5)
    for i in range(5):
        y[i] = x[i] * x[4 - i]
    return np.sum(y * y)


@structured(signed(5))
def recurrence_in_buffer(x):
    y = np.zeros(6)
    y[0] = 0.5
    for i in range(5):
        y[i + 1] = np.sin(y[i]) * x[i]
    return y[5] + y[2]


@structured(signed(5), compiled=True)
def prefix_products_in_place(a):
    for i in range(1, 5):
        a[i] = a[i - 1] * a[i]
    return np.sum(a)


@structured(signed(5))
def backward_recurrence_in_place(a):
    for i in range(3, -1, -1):
        a[i] += a[i + 1] * a[i]
    return a[0] * a[2]


@structured(signed(4))
def overwritten_repeatedly(a):
    for k in range(3):
        for i in range(4):
            a[i] = np.sin(a[i]) * (k + 1)
    return np.sum(a)


@structured(signed(6), signed(4, seed=1))
def slice_assigned(a, b):
    a[1:-1] = b * b
    return np.sum(a * a * a)


@structured(signed(6), 0.7)
def slice_filled(a, x):
    a[2:4] = x
    a[::3] = 0.0
    return np.sum(a * a) + x


@structured(signed(6), compiled=True)
def interior_update(u):
    v = u.copy()
    v[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(v * v)


@structured(signed(6))
def interior_update_in_place(u):
    u[1:-1] += 0.1 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    u[1:-1] = u[2:] * u[:-2]
    return np.sum(u * u)


@structured(signed(3, 4), signed(4))
def row_assigned(a, r):
    a[1] = r * r
    a[2, :] = a[1] * a[0]
    return np.sum(a * a)


@structured(signed(3, 4), signed(3))
def column_assigned(a, c):
    a[:, 1] = c
    a[:, 0] += a[:, 1] * c
    return np.sum(a**3)


@structured(signed(3, 4), signed(4))
def rows_incremented(a, r):
    for i in range(3):
        a[i, :] += r * i
        a[i] *= r
    return np.sum(a * a)


@structured(signed(4), signed(4, seed=1))
def whole_array_assigned(a, b):
    a[:] = b * a
    b[:] = 1.0
    return np.sum(a * b)


@structured(signed(4), signed(4, seed=1), compiled=True)
def in_place_operators(u, v):
    w = u * v
    u += 0.1 * v
    u *= v
    v -= u
    v /= 2.0
    return np.sum(u * v * w)


@structured(signed(4), 1.3)
def in_place_with_number(u, c):
    u *= c
    u += c
    u **= 2
    return np.sum(u)


@structured(signed(3, 4), signed(4))
def in_place_broadcast(a, r):
    a += r
    a *= r
    return np.sum(a * a)


@structured(signed(4))
def copied(a):
    b = a.copy()
    b[0] = 2.0 * a[1]
    a[1] = 0.0
    c = np.copy(b)
    c += a
    return np.sum(a * b * c)


@structured(signed(4), 0.4)
def fill_method(a, x):
    s = np.sum(a * a)
    a.fill(x)
    return s * np.sum(a)


@structured(signed(5), np.array([0, 2, 2, 4]))
def gathered(a, idx):
    return np.sum(a[idx] * a[idx])


@structured(signed(5), signed(3, seed=1), np.array([4, 0, 2]))
def scattered(a, v, idx):
    a[idx] = v * v
    return np.sum(a * a)


@structured(signed(5), signed(4, seed=1), np.array([1, 3, 1, 0]))
def scattered_repeatedly(a, v, idx):
    a[idx] = v * v
    return np.sum(a * a * a)


@structured(signed(5), signed(4, seed=1), np.array([1, 3, 1, 0]))
def scatter_increment(a, v, idx):
    a[idx] += v * a[0]
    return np.sum(a * a)


@structured(signed(5), np.array([1, 3, 1, 0]))
def scattered_by_loop(x, idx):
    counts = np.zeros(5)
    for k in range(4):
        counts[idx[k]] += x[k] * x[k]
    return np.sum(counts * counts)


@structured(signed(6))
def masked_assignment(a):
    a[a < 0] = 0.0
    return np.sum(a * a)


@structured(signed(6), 0.3)
def masked_update(a, c):
    mask = a > 0
    a[mask] *= c
    a[~mask] = c * c
    return np.sum(a * a)


@structured(signed(6))
def masked_read(a):
    b = a[a > 0]
    return np.sum(b * b) + b[0]


@structured(signed(3, 4), 0.3, compiled=True)
def masked_matrix(a, c):
    mask = a > 0
    a[mask] *= c
    a[~mask] = a[~mask] ** 3
    b = a[a < 1.0]
    a[a > 2.0] += 1.0
    return np.sum(a * a) + np.sum(b * b)


@structured(signed(3, 4))
def masked_transpose(a):
    b = (a * 2.0).T
    b[b < 0] = 0.0
    return np.sum(b * b * b)


@structured(signed(2, 3, 2))
def masked_layers(a):
    b = np.zeros_like(a)
    b[a > 0.5] = np.exp(a[a > 0.5])
    return np.sum(b * b)


@structured(signed(4, 3))
def masked_rows(a):
    chosen = a[:, 0] > 0
    a[chosen] = 0.5 * a[chosen]
    a[~chosen, 1] = 3.0
    return np.sum(a * a)


@structured(signed(2, 3, 2))
def three_dimensions(a):
    for i in range(2):
        a[i, 1:, :] *= a[1 - i, :-1, :]
    a[:, :, 0] = a[:, :, 1] * 2.0
    return np.sum(a * a)


@structured(signed(4), signed(4, seed=1))
def elements_swapped(a, b):
    a[0], a[1] = a[1], a[0]
    b[0], a[2] = a[2] * 2.0, b[0]
    return np.sum(a * b * b)


@structured(signed(5))
def bubble_sort(a):
    n = len(a)
    for i in range(n):
        for j in range(n - 1 - i):
            if a[j] > a[j + 1]:
                a[j], a[j + 1] = a[j + 1], a[j]
    total = 0.0
    for i in range(n):
        total += (i + 1) * a[i] ** 2
    return total


@structured(signed(4), 0.5)
def index_is_computed(a, x):
    k = 1
    for i in range(5):
        k = (3 * k + i) % 4
        a[k] = a[k] * x + a[(k + 1) % 4]
    return np.sum(a)


@structured(signed(4))
def zeroed(a):
    s = a[2] * a[1]
    a[2] = 0.0
    return s + a[2] * a[0] + np.sum(a)


@structured(signed(4), 1.2)
def stored_number_changed_afterwards(a, x):
    a[0] = x
    x = x * 3.0
    a[1] = x
    return a[0] * a[1] * x


@structured(1.2, 0.4)
def local_array(x, y):
    a = np.zeros(3)
    a[0] = x
    a[1] = a[0] * y
    a[2] = a[1] * a[0]
    a[0] = a[2]
    return np.sum(a)


@structured(sample(4))
def histogram(x):
    counts = np.zeros(3)
    for v in x:
        k = min(int(v), 2)
        counts[k] += v * v
    return counts[0] * counts[1]


@structured(signed(3, 3))
def symmetrised(a):
    for i in range(3):
        for j in range(i):
            m = 0.5 * (a[i, j] + a[j, i])
            a[i, j] = m
            a[j, i] = m
    return np.sum(a * a * a)


@structured(signed(4, 2))
def cumulative_rows(a):
    for i in range(1, 4):
        a[i] += a[i - 1] * 0.5
        a[i] = np.tanh(a[i])
    return np.sum(a[-1])


@structured(signed(4).astype(np.float32), rtol=1e-4)
def single_precision(a):
    a[1] = a[0] * a[2]
    a *= np.float32(2.0)
    return np.sum(a * a)


@structured(signed(4), np.array([2, 1, 3, 0]))
def permutation_applied_in_place(a, order):
    a[:] = a[order] * a
    return a[0] * a[1] + a[3]


@structured([0.5, -1.2, 2.0])
def list_argument_changed(x):
    x[0] = x[1] * x[2]
    x[1] += x[0]
    return x[0] * x[1]


@structured(signed(4, 3), signed(3))
def row_stored_through_an_index_array(a, v):
    rows = np.array([0, 2, 0])
    a[rows] = v
    a[rows] += v * v
    return np.sum(a * a * v)


@structured(signed(4))
def read_through_an_index_array_of_two_axes(v):
    places = np.array([[0, 1], [1, 2]])
    return np.sum(v[places] ** 2 * v[0])


@structured(signed(4))
def rows_of_data_overwritten(x):
    a = np.ones((3, 4))
    total = 0.0
    for k in range(3):
        total = total * x[0] + np.sum(a[k] * x)
        row = a[k]
        row[1] = 3.0
        total += np.sum(a[k] * x)
    return total


@structured(signed(4))
def data_overwritten_at_a_computed_place(x):
    a = np.ones((3, 4))
    total = 0.0
    for k in range(3):
        total = total * x[0] + np.sum(a[k] * x)
        j = (k * 7 + 2) % 3
        a[j, 1] = 3.0
        total += np.sum(a[k] * x)
    return total
