"""break, continue, early return, for-else, while-else."""

import numpy as np

from programs.case import sample, signed, structured


@structured(sample(6), compiled=True)
def break_by_value(x):
    total = 0.0
    for i in range(6):
        total += x[i] * x[i]
        if total > 2.0:
            break
    return total * x[0]


@structured(sample(6))
def break_before_work(x):
    total = 1.0
    for v in x:
        if total > 3.0:
            break
        total = total * (1.0 + v)
    return total


@structured(signed(6), compiled=True)
def continue_by_value(x):
    total = 1.0
    for i in range(6):
        if x[i] < 0:
            continue
        total = total * x[i] + x[i]
    return total


@structured(sample(8))
def break_and_continue(x):
    total = 0.5
    for i in range(8):
        if i % 3 == 1:
            continue
        total += x[i] * total
        if total > 4:
            break
        total *= 0.9
    return total


@structured(sample(6))
def break_in_first_round(x):
    total = x[0]
    for i in range(6):
        if total > 0:
            break
        total += x[i]
    return total * total


@structured(sample(6))
def break_in_last_round(x):
    total = 1.0
    for i in range(6):
        total *= x[i]
        if i == 5:
            break
        total += 1.0
    return total


@structured(sample(6), 100.0)
def for_else_runs(x, limit):
    total = 0.0
    for v in x:
        total += v * v
        if total > limit:
            break
    else:
        total = total * x[0]
    return total


@structured(sample(6), 1.0)
def for_else_skipped(x, limit):
    total = 0.0
    for v in x:
        total += v * v
        if total > limit:
            break
    else:
        total = total * x[0]
    return total


@structured(1.2, 4)
def exits_in_the_else_of_an_inner_loop(x, n):
    s = x
    for i in range(n):
        for j in range(3):
            if s > 5:
                break
            s = s * x + 0.1 * j
        else:
            if i == 1:
                continue
            if s > 3:
                break
            s = s * 0.9
        s += x * x
    return s


@structured(0.6, 4)
def continue_in_the_else_of_a_while(x, n):
    s = x
    for _ in range(n):
        k = 0
        while k < 3:
            k += 1
            s = s * x + 0.3 * k
            if s > 6:
                return s * x
        else:
            if s > 1:
                continue
        s += x * x
    return s


@structured(3.0)
def while_else(x):
    n = 0
    while x > 1.0:
        x = x * 0.6
        n += 1
        if n > 10:
            break
    else:
        x = x * x
    return x


@structured(3.0)
def while_break(x):
    y = x
    while True:
        y = y * 0.5 + 0.1 * x
        if y < 1.0:
            break
    return y * x


@structured(3.0)
def while_continue(x):
    i = 0
    y = x
    while i < 6:
        i += 1
        if i % 2 == 0:
            continue
        y = y * x / i
    return y


@structured(0.7, 0.9)
def early_return(x, y):
    if x > 0.5:
        return x * y
    z = x + y
    return z * z


@structured(0.4, 0.9)
def early_return_not_taken(x, y):
    if x > 0.5:
        return x * y
    z = x + y
    return z * z


@structured(0.4, 0.9)
def return_in_both_branches(x, y):
    if x > y:
        return x
    else:
        y = y * x
        return y * y


@structured(sample(6), compiled=True)
def return_in_loop(x):
    total = 0.0
    for i in range(6):
        total += x[i]
        if total > 2.0:
            return total * x[i]
    return total


@structured(sample(3, 3), 2.0)
def return_in_nested_loop(a, limit):
    total = 0.0
    for i in range(3):
        for j in range(3):
            total += a[i, j] ** 2
            if total > limit:
                return total * a[i, j]
        total *= 0.9
    return total


@structured(sample(3, 3), 100.0)
def return_in_nested_loop_not_taken(a, limit):
    total = 0.0
    for i in range(3):
        for j in range(3):
            total += a[i, j] ** 2
            if total > limit:
                return total * a[i, j]
        total *= 0.9
    return total


@structured(sample(3, 3))
def break_of_inner_loop(a):
    total = 0.0
    for i in range(3):
        for j in range(3):
            if a[i, j] > 1.2:
                break
            total = total * 0.7 + a[i, j]
        total += a[i, 0] * total
    return total


@structured(sample(3, 4))
def break_of_both_loops(a):
    total = 0.0
    done = False
    for i in range(3):
        for j in range(4):
            total += a[i, j] * a[i, j]
            if total > 5:
                done = True
                break
        if done:
            break
        total *= 1.1
    return total


@structured(sample(3, 4))
def continue_in_nested_loops(a):
    total = 1.0
    for i in range(3):
        if i == 1:
            continue
        for j in range(4):
            if j == 2:
                continue
            total = total * 0.5 + a[i, j] * total
    return total


@structured(2.5)
def return_from_while(x):
    n = 0
    while True:
        x = x * 0.7
        n += 1
        if x < 1.0:
            return x * n
        if n > 50:
            return 0.0


@structured(signed(5))
def find_first(x):
    for i in range(5):
        if x[i] < 0:
            return x[i] * x[i - 1]
    return 0.0


@structured(sample(5))
def loop_variable_after_break(x):
    total = 0.0
    for i in range(5):
        total += x[i]
        if total > 1.5:
            break
    return total * x[i] + i


@structured(sample(5))
def several_breaks(x):
    s = 0.1
    for i in range(5):
        s = s + x[i]
        if s > 3.0:
            s = s * x[0]
            break
        s = s * 1.1
        if i == 3:
            s = s - x[1] * s
            break
    return s


@structured(sample(5))
def exit_flag_of_the_user(x):
    stop = False
    done = 0.5
    i = 0
    while not stop and i < 5:
        done = done + x[i] * done
        stop = done > 2.0
        i += 1
    return done


@structured(sample(4, 3))
def return_an_element_of_an_array(a):
    b = np.zeros(3)
    for i in range(4):
        b = b + a[i] * a[i]
        if b[0] > 1.0:
            return b[1] * b[2]
    return b[0]


@structured(sample(5), 1.4)
def return_of_different_names(x, limit):
    total = 0.0
    for v in x:
        total += v
        if total > limit:
            over = total - limit
            return over * over
    rest = limit - total
    return rest


@structured(sample(4))
def else_with_nested_loop(x):
    total = 1.0
    for i in range(4):
        for j in range(i):
            total *= 1 + 0.1 * x[j]
            if total > 1.3:
                break
        else:
            total += x[i]
            continue
        total -= 0.5 * x[i]
        break
    return total


@structured(sample(4), 1)
def else_of_a_loop_that_nothing_leaves(a, n):
    if n > 0:
        for k in range(n):
            a[0] += a[k]
        else:
            a[1], a[3] = a[3], a[1]
    return np.sum(a * np.array([0.3, 1.1, -0.7, 0.5]) ** 2)


@structured(sample(4), 2)
def exits_of_loops_inside_a_branch(a, n):
    total = 0.0
    if n > 0:
        for k in range(4):
            if k == n:
                continue
            total += a[k] ** 2
            if k == 3:
                break
    else:
        while n < 5:
            n += 1
            if n % 2:
                continue
            total += a[0]
    return total * a[1]


@structured(sample(4), 0.9, 2.0, compiled=True)
def returns_in_the_else_of_a_loop(a, x, y):
    for _ in range(2):
        y = y * x
    else:
        if y > 2.0:
            return a[0] * y
        if y > 1.0:
            return a[1] * y * y
    x = x * a[2]
    y = y + x
    x = x * y
    y = x + a[3]
    return x * y


@structured(sample(4), 0.6, 2.0)
def falls_through_the_else_of_a_loop(a, x, y):
    for _ in range(2):
        y = y * x
        if y > 9.0:
            return y
    else:
        if y > 2.0:
            return a[0] * y
    x = x * a[2]
    y = y + x
    x = x * y
    y = x + a[3]
    return x * y


@structured(sample(3), compiled=True)
def array_left_by_a_loop_that_breaks(x):
    y = x
    for _ in range(50):
        new = y - (y * y - x) / (2 * y)
        if np.max(np.abs(new - y)) < 1e-12:
            break
        y = new
    return np.sum(new * x)


@structured(sample(3), 2, wrt="x", compiled=True)
def buffer_left_by_a_loop_of_some_rounds(x, n):
    y = x
    for _ in range(n):
        b = np.zeros(3)
        for i in range(3):
            b[i] = y[i] * x[i]
        if b[0] > 100:
            break
        y = b
    return np.sum(b * y)


@structured(sample(3))
def array_set_in_one_branch_and_read_in_another(x):
    if x[0] > 0.2:
        b = x * 2
    s = np.sum(x)
    if s > 0.1:
        s += np.sum(b * b)
    return s


@structured(signed(4), 0.4)
def return_before_a_function_is_defined(a, x):
    if x > 0:
        if a[0] > 2.0:
            return 0.0
        x = 2.0 * x
    g = lambda q: q * x
    return g(a[0])


def first_above(x, limit):
    for k in range(len(x)):
        if x[k] > limit:
            return k
    return -1


@structured(np.array([0.3, 0.9, 1.4, 0.7]), 0.6, compiled=True)
def the_place_that_a_loop_returns(x, c):
    low, high = first_above(x, c), first_above(x, 2.0 + c)
    return x[low] * c + x[low + 1] * x[high] * 0.5


def scaled_by_one(x, limit):
    for v in x:
        if v > limit:
            return x * v
    return x


@structured(np.array([0.3, 0.9, 1.4, 0.7]), 0.6)
def the_array_that_a_loop_returns(x, c):
    return np.sum(scaled_by_one(x, c) ** 2) + c * np.sum(scaled_by_one(x, 2.0 + c) ** 3)


def pivot(m, limit):
    for i in range(m.shape[0]):
        for j in range(m.shape[1]):
            if m[i, j] > limit:
                return i, j, m[i, j] * limit
            if m[i, j] < 0.1:
                break
    return 0, 1, limit


@structured(np.array([[0.3, 0.05, 2.0], [0.7, 1.2, 0.4]]), 1.1)
def the_tuple_that_loops_return(m, c):
    i, j, value = pivot(m, c)
    m[i] = m[i] / value
    return np.sum(m[:, j] ** 2) + pivot(m, 2.0 + c)[2] * value


def halved(x, n):
    for k in range(len(x)):
        if n > 0 and x[k] > 0.5:
            part, count = halved(x * 0.6, n - 1)
            return part * x[k], count + k
    return np.sum(x * x), 1


@structured(np.array([0.3, 0.9, 1.4, 0.7]))
def the_tuple_that_a_recursive_loop_returns(x):
    y, count = halved(x, 3)
    return y * x[0] * count
