"""Arrays of a round: cheap ones are made again, and neither sweep keeps them for the other."""

import numpy as np
from oracles import check_gradient

from srcgrad import value_and_grad

CENTRES = np.array([[0.3, -0.2], [1.1, 0.4], [-0.7, 0.9]])
POINTS = np.array([[0.1, 0.7], [-0.4, 1.2], [0.8, -0.3], [1.4, 0.2]])


def distances(centres, points):
    best = np.full(len(points), 100.0)
    for j in range(len(centres)):
        best = np.minimum(best, np.sum((points - centres[j]) ** 2, axis=1))
    return np.sum(best)


def in_place(u, alpha, steps):
    for _ in range(steps):
        u[1:-1] += alpha * (u[:-2] - 2.0 * u[1:-1] + u[2:])
    return np.sum(u * u)


def test_differences_are_made_again() -> None:
    check_gradient(distances, CENTRES, POINTS, compiled=False)
    gradient = value_and_grad(distances, wrt="centres")
    flat = gradient.source(CENTRES, POINTS)
    assert flat.count("s1 = points - s0") == 2 and "tape_s1" not in flat, flat
    loops = gradient.source(CENTRES, POINTS, level="loops")
    assert "s1 = np.empty" not in loops.split("# Backward pass")[0], loops


def test_what_the_statement_itself_changes() -> None:
    """The array added to a part of ``u`` is computed from ``u`` as it was before."""
    check_gradient(in_place, np.linspace(0.3, 1.4, 6) ** 2, 0.1, 3, compiled=False)
