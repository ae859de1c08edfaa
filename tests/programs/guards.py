"""Values that feed one branch of ``np.where``: where it is not taken they count for nothing."""

import numpy as np

from programs.case import signed, structured

ROOTS = np.array([0.3, 0.7, 0.9])
LIMITS = np.array([0.2, 0.05, -0.5])
X = np.array([0.1, -0.4, 0.9])


# Operations that mix elements: the condition on results says nothing of operands.
@structured(signed(3, 3), signed(3, 3, seed=4), compiled=True)
def product_behind_where(A, B):
    return np.sum(np.where(A > 0, np.exp(A @ B), 0.0))


@structured(signed(5))
def running_sum_behind_where(x):
    return np.sum(np.where(x > 0, np.cumsum(x**2), x))


@structured(signed(5))
def rolled_behind_where(x):
    return np.sum(np.where(x > 0, np.roll(x**2, 1), x))


@structured(signed(5), signed(5, seed=4))
def sorted_behind_where(x, y):
    return np.sum(np.where(y > 0, np.sin(np.sort(x)), y))


# Branches that are broadcast: an element may be used in one row and not in another.
@structured(signed(4, 3), ROOTS, compiled=True)
def row_behind_where(A, u):
    return np.sum(np.where(A > 0, np.sqrt(u), 0.0))


@structured(signed(3, 4), ROOTS[:, None])
def column_behind_where(A, u):
    return np.sum(np.where(A > 0, A, np.sqrt(u)))


# Conditions that are something else by the time the operand is reached.
@structured(X, LIMITS)
def used_in_several_rounds(x, t):
    s = np.exp(x)
    total = 0.0
    for i in range(3):
        total += np.sum(np.where(x > t[i], s, 0.0)) * t[i]
    return total


@structured(X, LIMITS)
def condition_carried(x, t):
    c = x > 0
    total = 0.0
    for i in range(3):
        q = np.sum(np.where(c, x * x, 0.0))
        s = np.exp(x * t[i])
        if q > 0.3:
            c = x < 5
        total += np.sum(np.where(c, s, 0.0)) * t[i] + q
    return total


@structured(X)
def condition_overwritten(x):
    c = x > 0
    q = np.sum(np.where(c, x * x, 0.0))
    s = np.exp(x)
    c[:] = x < 5
    return np.sum(np.where(c, s, 0.0)) * q
