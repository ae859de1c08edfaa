"""Aliases and views, read and written through."""

import numpy as np

from programs.case import sample, signed, structured


@structured(signed(4), compiled=True)
def alias_written(a):
    b = a
    b[0] = a[1] * a[2]
    return a[0] * np.sum(b)


@structured(signed(4))
def original_written(a):
    b = a
    s = b[0] * b[1]
    a[0] = 3.0 * a[1]
    return s * b[0]


@structured(signed(4))
def alias_updated_in_place(a):
    b = a
    b += a
    b *= 2.0
    return np.sum(a * b)


@structured(signed(4))
def alias_replaced_not_changed(a):
    b = a
    b = b + 1.0
    b[0] = 5.0 * a[1]
    return np.sum(a * b)


@structured(signed(5), compiled=True)
def slice_written(a):
    b = a[1:4]
    b[0] = a[0] * a[2]
    b *= 2.0
    return np.sum(a * a)


@structured(signed(5))
def slice_read_after_write(a):
    b = a[1:4]
    a[2] = a[0] * a[1]
    return np.sum(b * b)


@structured(signed(6))
def overlapping_views(a):
    left, right = a[:4], a[2:]
    left *= 2.0
    right += left
    return np.sum(left * right)


@structured(signed(6))
def reversed_view(a):
    b = a[::-1]
    b[0] = a[0] * a[1]
    a[1] = b[0] * b[2]
    return np.sum(a * b)


@structured(signed(6))
def strided_views(a):
    even, odd = a[::2], a[1::2]
    even += odd
    odd *= even
    return np.sum(even * odd)


@structured(signed(8))
def view_of_view(a):
    b = a[1:7]
    c = b[::2]
    c[1] = b[0] * a[0]
    d = c[1:]
    d *= a[2]
    return np.sum(a * a)


@structured(signed(3, 4), compiled=True)
def row_view(a):
    row = a[1]
    row[0] = a[0, 1] * row[2]
    row += a[2]
    return np.sum(a * a)


@structured(signed(3, 4))
def rows_in_loop(a):
    for i in range(3):
        row = a[i]
        for j in range(1, 4):
            row[j] = row[j] * row[j - 1]
    return np.sum(a)


@structured(signed(3, 4))
def rows_of_for(a):
    for row in a:
        row *= row[0]
    return np.sum(a)


@structured(signed(3, 4))
def column_view(a):
    c = a[:, 1]
    c += a[:, 0]
    a[:, 2] = c * c
    return np.sum(a * a)


@structured(signed(3, 4))
def transposed_view(a):
    t = a.T
    t[1, 0] = a[2, 2] * a[0, 1]
    t[2] = t[0] * a[:, 3]
    return np.sum(a * a)


@structured(signed(2, 6))
def reshaped_view(a):
    b = a.reshape(3, 4)
    b[1] = b[0] * b[2]
    return np.sum(a * a * a)


@structured(signed(2, 3))
def ravelled_view(a):
    flat = a.ravel()
    for i in range(1, 6):
        flat[i] += flat[i - 1] * 0.5
    return np.sum(a * a)


@structured(signed(2, 3))
def flattened_copy(a):
    flat = a.flatten()
    flat[0] = a[1, 1] * a[0, 0]
    return np.sum(a) * np.sum(flat * flat)


@structured(signed(3, 4), signed(4))
def view_stored_into(a, x):
    target = a[0]
    target[:] = x * x
    a[1] = target * a[2]
    return np.sum(a * a)


@structured(signed(4), signed(4, seed=1), compiled=True)
def buffers_swapped(u, v):
    for k in range(3):
        v[:] = 0.5 * u * u
        u, v = v, u
        u[0] += v[1]
    return np.sum(u * v) + u[2]


@structured(signed(4), signed(4, seed=1))
def buffers_swapped_odd(u, v):
    u, v = v, u
    u[0] = v[1] * u[2]
    return np.sum(u * u * v)


@structured(signed(3), signed(3, seed=1), signed(3, seed=2))
def three_buffers_rotated(a, b, c):
    for k in range(4):
        c[:] = 2.0 * b - a * b
        a, b, c = b, c, a
    return np.sum(a * b) + c[0]


@structured(signed(6))
def swapped_local_buffers(x):
    old = x.copy()
    new = np.zeros(6)
    for step in range(3):
        for i in range(1, 5):
            new[i] = old[i] * 0.5 + 0.2 * old[i - 1] * old[i + 1]
        new[0], new[5] = old[0], old[5]
        old, new = new, old
    return np.sum(old * old)


@structured(signed(4), signed(4, seed=1), 0.5)
def selected_array(a, b, c):
    t = a if c > 0 else b
    t[0] = c * t[1]
    t += b
    return np.sum(a * b)


@structured(signed(4), signed(4, seed=1))
def selected_in_branches(a, b):
    if a[0] > b[0]:
        t = a
    else:
        t = b
    t[1] = a[0] * b[0]
    return np.sum(a * a) + np.sum(b * t)


@structured(signed(4), signed(4, seed=1), wrt="a")
def selected_with_inactive(a, b):
    t = a if a[0] > 100.0 else b
    t[1] = a[0] * a[2]
    return np.sum(a * a) + np.sum(b * t)


@structured(signed(6))
def moving_window(a):
    total = 0.0
    for i in range(4):
        window = a[i : i + 3]
        total += window[0] * window[1] * window[2]
        window[1] *= 0.5
    return total


@structured(signed(6))
def view_rebound_with_its_index(a):
    j = 0
    row = a[j : j + 2]
    row[0] = row[1] * 2.0
    j = 3
    row[1] = a[j] * a[4]
    row = a[j : j + 2]
    row *= a[0]
    return np.sum(a * a)


@structured(signed(4))
def old_array_changed_after_rebinding(a):
    b = a
    a = a * 2.0
    b[0] = a[1] * b[2]
    return np.sum(a * b)


@structured(signed(4))
def array_kept_before_rebinding(x):
    h = x * 1.0
    kept = h
    for k in range(3):
        h = np.sin(h) * x
        if k == 0:
            kept = h
    kept[0] = 2.0 * h[1]
    return np.sum(kept * h)


@structured(signed(3, 3))
def diagonal_by_flat_stride(a):
    d = a.ravel()[::4]
    d *= 3.0
    return np.sum(a * a)


@structured(signed(2, 2, 3))
def view_of_three_dimensions(a):
    b = a[1]
    c = b[:, 1:]
    c += a[0, :, :2]
    b[0, 0] = c[1, 1] * c[0, 0]
    return np.sum(a * a)


@structured(signed(4, 4))
def blocks(a):
    top, bottom = a[:2], a[2:]
    top[:, 2:] = bottom[:, :2] @ top[:, :2]
    bottom *= top
    return np.sum(a)


@structured(signed(5))
def sum_of_view_written_later(a):
    b = a[1:]
    s = b * b
    a[2] = 0.0
    b[3] = s[1]
    return np.sum(s) + np.sum(a * a)


@structured(signed(4), signed(4, seed=1))
def tuple_of_arrays(a, b):
    pair = (a, b)
    pair[0][1] = b[0] * b[1]
    x, y = pair
    y += x
    return np.sum(a * b)


@structured(signed(4, 3))
def expanded_view(a):
    r = a[0][None, :]
    r *= 2.0
    return np.sum(a * r)


@structured(signed(4))
def self_assignment(a):
    a = a
    a[:] = a
    a[1] = a[1]
    return np.sum(a * a)


@structured(signed(6), compiled=True)
def strided_ravel_is_a_copy(x):
    y = x * 1.0
    v = np.ravel(y[::2])
    v[0] = x[1] * 3.0
    return np.sum(y**2) + np.sum(v**3)


@structured(signed(6))
def reversed_ravel_is_a_copy(x):
    y = x * 1.0
    v = y[::-1].ravel()
    v[0] *= x[1]
    return np.sum(y**2) + np.sum(v**3)


@structured(signed(6))
def strided_made_contiguous_is_a_copy(x):
    y = x * 1.0
    v = np.ascontiguousarray(y[::2])
    v[0] = x[1] * 3.0
    return np.sum(y**2) + np.sum(v**3)


@structured(signed(6))
def raveled_column_is_a_copy(x):
    m = np.outer(x, x)
    v = np.ravel(m[:, 1])
    v[0] = x[1] * 3.0
    return np.sum(m**2) + np.sum(v**3)


@structured(signed(6))
def raveled_slice_is_a_view(x):
    y = x * 1.0
    v = np.ravel(y[1:])
    v[0] = x[1] * 3.0
    return np.sum(y**2) + np.sum(v**3)


@structured(signed(4), signed(4), compiled=True)
def view_added_to_before_a_loop_and_in_it(a, b):
    u = a[0:4]
    u -= 0.3 * a
    for _ in range(2):
        a, b = b, a
        u += b * b
    return np.sum(a * np.array([0.3, 1.1, -0.7, 0.5])) + np.sum(b * b)


@structured(sample(3, 3))
def diagonal_read_after_the_last_write(a):
    total = 0.0
    for k in range(3):
        a[k, k] *= a[k, 0]
        d = np.diag(a)
        for i in range(3):
            total += d[i] ** 2
    a[0, 1] = a[1, 2] ** 2
    return total + np.sum(np.log(np.diag(a))) + np.sum(a.T.reshape(9) * np.arange(9))


@structured(sample(4))
def made_from_itself_beside_another_name(x):
    y = x * x
    v = u = y
    for k in range(2):
        v = y[::-1]
        if k == 0:
            u = v
            v = x * v
    u[0] *= 2
    return np.sum(v**3) + np.sum(u**3)


@structured(sample(4))
def made_from_itself_and_on_a_list(x):
    y = x * x
    v, kept = y, []
    for k in range(2):
        v = y[::-1]
        if k == 0:
            kept.append(v)
            v = v[::-1] * v
    w = kept.pop()
    return np.sum(v**3) + np.sum(w**3)
