"""What breaks derivative compilers: one named function for each known trap."""

import math

import numpy as np

from programs.case import sample, signed, structured


# 1. Stores whose value overlaps the target.
@structured(signed(5), compiled=True)
def store_shifted_right(a):
    a[1:] = a[:-1]
    return a[1] * a[4] + np.sum(a * a)


@structured(signed(5))
def store_shifted_left(a):
    a[:-1] = a[1:]
    return a[0] * a[3] + np.sum(a * a)


@structured(signed(5), compiled=True)
def store_reversed(a):
    a[:] = a[::-1]
    return a[0] * a[1] + np.sum(a[2:] ** 3)


@structured(signed(5))
def store_sine_of_itself(a):
    a[:] = np.sin(a)
    return np.sum(a * a)


@structured(signed(3, 3))
def multiplied_by_own_transpose(a):
    a *= a.T
    return np.sum(a**2) + a[0, 1]


@structured(signed(5))
def store_scaled_shift(a):
    a[1:] = a[:-1] * a[1:] + a[0]
    return np.sum(a * a)


@structured(signed(5))
def divided_in_place(a):
    a /= a[0] * a[0] + 1.0
    a **= 2
    a[1:] /= 3.0
    return np.sum(a)


# 2. An element used, then incremented; recorded slices must be copies.
@structured(signed(4), 0.7)
def used_then_incremented(a, x):
    y = math.sin(a[1])
    a[1] += x
    return y * a[1]


@structured(signed(4), 0.7, compiled=True)
def used_then_incremented_in_loop(a, x):
    total = 0.0
    for k in range(3):
        for i in range(4):
            total += math.sin(a[i]) * a[i]
            a[i] += x * (k + 1)
    return total


@structured(signed(4), signed(4, seed=1))
def slice_used_then_changed(a, b):
    s = np.sum(np.sin(a[1:]))
    a[1:] += b[:-1]
    s += np.sum(np.sin(a[1:]))
    a[1:] *= 2.0
    return s * np.sum(a)


# 3. A condition whose operands are overwritten by the branch.
@structured(signed(4), 0.7)
def condition_overwritten(a, x):
    for i in range(4):
        if a[i] > 0:
            a[i] = -a[i] * x
    return np.sum(a * a * a)


@structured(0.7)
def scalar_condition_overwritten(x):
    y = x * x
    if y < 0.6:
        y = y + 1.0 * x
    else:
        y = y - 1.0
    if y > 1.0:
        y = -y * y
    return y * x


# 4. Replays at the wrong place; body-local arrays.
@structured(signed(4), 0.7)
def replay_between_two_stores(a, x):
    for i in range(4):
        t = a[i]
        a[i] = math.sin(t)
        u = a[i]
        a[i] = u * u * x
    return np.sum(a)


@structured(signed(4))
def body_local_array(x):
    total = 0.0
    for k in range(3):
        w = np.zeros(4)
        for i in range(4):
            w[i] = x[i] * (k + 1)
        w *= w
        total += np.sum(np.sin(w))
    return total


@structured(signed(3), 0.9)
def temporary_of_an_outer_loop(x, c):
    total = 0.0
    for k in range(2):
        t = c * (k + 1)
        for i in range(3):
            total += t * x[i] * t
            t = t + x[i]
        c = c * t
    return total


# 5. Loops that look fusable and are not.
@structured(signed(4))
def accumulator_read_in_loop(x):
    total = 0.0
    for i in range(4):
        total += x[i] * (1.0 + 0.5 * total)
    return total


@structured(signed(4), 0.6)
def accumulated_into_what_is_written(x, c):
    total = 0.0
    for i in range(4):
        total += x[i] * x[i]
        x[i] = c * x[i]
    return total * np.sum(x)


@structured(signed(4), 0.6)
def scaled_afterwards(x, c):
    total = 0.0
    for i in range(4):
        total += math.exp(c * x[i])
    total = total * total
    return total * c


@structured(signed(4), 0.6, compiled=True)
def written_after_the_loop(x, c):
    total = 0.0
    for i in range(4):
        total += math.exp(c * x[i])
    x[2] = total * c
    return np.sum(x * x)


@structured(sample(6))
def break_on_the_accumulator(x):
    total = 0.0
    for i in range(6):
        total += x[i] * x[i]
        if total > 1.5:
            break
    return total


@structured(sample(4, 3), signed(3))
def fused_rows(X, w):
    total = 0.0
    for i in range(4):
        z = 0.0
        for j in range(3):
            z += X[i, j] * w[j]
        total += math.log(1.0 + math.exp(-z))
    return total / 4


@structured(sample(4, 3), signed(3))
def inner_loop_writes_what_outer_reads(X, w):
    total = 0.0
    for i in range(4):
        z = 0.0
        for j in range(3):
            z += X[i, j] * w[j]
        w[i % 3] = 0.5 * z
        total += z * z
    return total


@structured(sample(4), sample(4, seed=1))
def scratch_read_before_written(x, y):
    scratch = np.zeros(2)
    total = 0.0
    for i in range(4):
        total += scratch[0] * y[i]
        scratch[0] = x[i] * x[i]
    return total


@structured(sample(5))
def two_accumulators_one_read(x):
    a, b = 0.0, 0.0
    for i in range(5):
        a += x[i] * x[i]
        b += a * x[i]
    return b


# 6. References.
@structured(signed(3), signed(3, seed=1), 0.2)
def selected_reference(a, b, c):
    t = a if c > 0 else b
    u = b if c > 0 else a
    t[0] = u[1] * u[2]
    return np.sum(t * u * u)


@structured(signed(3), signed(3, seed=1), compiled=True)
def swapped_references(a, b):
    for k in range(3):
        a[k] = b[k] * b[0]
        a, b = b, a
    return np.sum(a * a * b)


@structured(signed(3))
def old_array_mutated_after_rebinding(a):
    old = a
    for k in range(3):
        a = a * old
        old[k] = a[0] * 0.5
    return np.sum(a * old)


@structured(signed(6))
def row_with_index_changed_afterwards(a):
    total = 0.0
    j = 0
    for k in range(3):
        row = a[j : j + 2]
        j = j + 2
        row[0] = row[0] * row[1]
        total += row[0] * total + row[1]
    return total


@structured(signed(3), signed(3, seed=1), wrt="a")
def swapped_with_inactive(a, b):
    for k in range(3):
        a[k] = a[k] * b[k] + a[0]
        a, b = b, a
    return np.sum(a * a) + np.sum(b * a)


@structured(signed(3))
def escaping_allocation(x):
    kept = np.zeros(3)
    for k in range(3):
        fresh = np.zeros(3)
        fresh[k] = x[k] * x[k]
        fresh += kept * x[0]
        kept = fresh
    return np.sum(kept * x)


# 7. An inactive store that kills.
@structured(signed(4), compiled=True)
def killed_by_a_constant(a):
    a[2] = 0.0
    return np.sum(a * a * a) + a[2]


@structured(signed(4), 0.7)
def scalar_killed(a, x):
    y = x * a[0]
    z = y * y
    y = 2.0
    return z + y * a[1]


@structured(signed(4), 0.7, wrt="a")
def killed_by_an_inactive_argument(a, x):
    a[:2] = x
    a[3] = x * x
    return np.sum(a * a)


@structured(signed(4))
def killed_in_a_branch(a):
    for i in range(4):
        if a[i] < 0:
            a[i] = 0.0
    return np.sum(a * a) + a[0] * a[1]


# 8. First accumulation through a view; results that share memory.
@structured(signed(4))
def first_use_through_a_view(a):
    b = a[1:]
    s = np.sum(b * b)
    return s + a[0] + a[2] * 3.0


@structured(signed(4), signed(4, seed=1))
def sum_of_two_arrays(a, b):
    return np.sum(a + b)


@structured(signed(4), signed(4, seed=1))
def same_gradient_twice(a, b):
    c = a + b
    d = c
    c = c * 1.0
    return np.sum(c * d)


# 9. Repeated indices.
@structured(signed(4), np.array([2, 0, 2, 2]))
def gathered_repeatedly(a, idx):
    v = a[idx]
    return np.sum(v * v * np.array([1.0, 2.0, 3.0, 4.0]))


@structured(signed(4), signed(4, seed=1), np.array([2, 0, 2, 2]), compiled=True)
def last_store_wins(a, v, idx):
    a[idx] = v
    return np.sum(a * a * a)


@structured(signed(4), signed(4, seed=1), np.array([2, 0, 2, 2]))
def last_increment_wins(a, v, idx):
    a[idx] += v
    return np.sum(a * a * a)


@structured(signed(4), signed(4, seed=1), np.array([2, 0, 2, 2]))
def scaled_at_repeated_indices(a, v, idx):
    a[idx] *= v
    return np.sum(a * a * a)


# 10. In-place operators whose operands overlap.
@structured(signed(5), compiled=True)
def increment_shifted(a):
    a[1:] += a[:-1]
    return np.sum(a * a)


@structured(signed(3, 3), compiled=True)
def increment_by_transpose(a):
    a += a.T
    return np.sum(a * a * a)


@structured(signed(5))
def increment_by_reverse(a):
    a += a[::-1]
    return np.sum(a * a * a)


@structured(signed(5))
def increment_by_itself(a):
    a += a
    a -= 0.5 * a
    a *= a
    return np.sum(a)


@structured(signed(6))
def decrement_through_views(a):
    b, c = a[:4], a[2:]
    b -= c
    return np.sum(a * a)


# 11. Layout.
@structured(np.asfortranarray(signed(3, 4)), compiled=True)
def ravel_of_fortran_order(a):
    b = a.ravel()
    return np.sum(b * b * np.arange(12.0))


@structured(np.asfortranarray(signed(3, 4)))
def copy_of_fortran_order(a):
    b = a.copy()
    b[0] = b[1] * b[2]
    return np.sum(b.ravel() * a.ravel())


@structured(signed(3, 4))
def reshape_of_transpose(a):
    b = a.T.reshape(2, 6)
    return np.sum(b[0] * b[1])


@structured(signed(4, 6)[:, ::2])
def ravel_of_strided(a):
    b = a.ravel()
    return np.sum(b[1:] * b[:-1])


# 12. The branch not taken.
@structured(np.array([0.5, -0.7, 1.5, -0.2]), compiled=True)
def root_behind_where(u):
    return np.sum(np.where(u > 0, np.sqrt(np.abs(u)), 0.0))


@structured(np.array([0.5, 0.0, 1.5, 0.0]) + 0.0, np.array([1.0, 2.0, 3.0, 4.0]), wrt="v")
def quotient_behind_where(u, v):
    safe = np.where(u > 0, u, 1.0)
    return np.sum(np.where(u > 0, v / safe, v * v))


@structured(-0.5)
def root_in_a_branch_not_taken(x):
    y = math.sqrt(x) if x > 0 else x * x
    return y * 2.0


# 13. Names that a branch leaves unset until later; exits.
@structured(sample(4))
def set_in_the_first_round_only(x):
    total = 0.0
    for i in range(4):
        if i == 0:
            base = x[0] * x[1]
        total += base * x[i]
        base = base * 0.5 + x[i]
    return total


@structured(sample(5), 1.6)
def exits_of_two_kinds(x, limit):
    s = 0.0
    for i in range(5):
        s += x[i] * x[i]
        if s > limit:
            s = s * x[0]
            break
        if x[i] > 1.69:
            return s * s
        s *= 0.9
    return s - x[1]


# 14. Trip counts that are not known at entry.
@structured(sample(3), 0.8)
def inner_trip_count_depends_on_data(x, c):
    s = c
    for i in range(3):
        n = int(3 * x[i])
        for k in range(n):
            s = s * 0.7 + x[i] * s * s * 0.2
    return s


# 16. Numbers.
@structured(np.full(50, 0.1, dtype=np.float32), np.float32(0.3), rtol=1e-4)
def many_small_float32(x, c):
    total = np.float32(0.0)
    for i in range(50):
        total += x[i] * c
    return total


@structured(signed(4))
def integer_array_of_counts(x):
    n = np.zeros(4, dtype=np.int64)
    total = 0.0
    for i in range(4):
        n[i] = i * 2
        if x[i] > 0:
            n[i] += 1
        total += n[i] * x[i] ** 2
    return total


@structured(0.8)
def negative_integer_powers(x):
    n = -2
    return x**n + 2.0**n * x + 10.0**-1 * x


@structured(0.8, 3, 2)
def integer_division(x, n, m):
    return n / m * x + n // m * x * x + (n % m) * x


# Shadowed names, arguments written by helpers, unused results.
@structured(0.8, 1.3)
def shadowed_builtins(x, y):
    range_ = [x, y]
    abs = x * y
    len = 2
    total = 0.0
    for i in range(len):
        total += abs * range_[i]
    return total


def shift(a):
    a[1:] = a[:-1] * 1.0
    a[0] = 0.3


@structured(signed(4))
def argument_mutated_by_helper_twice(a):
    shift(a)
    s = a[1] * a[2]
    shift(a)
    return s * a[3] + a[2]


@structured(signed(4), signed(4, seed=1))
def argument_rebound_then_changed(a, b):
    a = b
    a[0] = a[1] * 2.0
    return np.sum(a * b)


@structured(sample(3))
def element_overwritten_after_use_in_loop(a):
    total = 0.0
    for k in range(3):
        y = a[0] * a[1]
        total += y * a[2]
        a[0] = y
        a[2] = total
    return total


@structured(signed(3, 3))
def rows_written_through_views_in_order(a):
    first = a[0]
    for i in range(1, 3):
        row = a[i]
        row -= first * row[0]
        first = row
    return np.sum(a * a)
