"""Lists and dictionaries from outside: a change of what they have is seen at the next call."""

from __future__ import annotations

import numpy as np

from srcgrad import grad

LEVELS = [1.0, 2.0, 3.0]
PARAMETERS = {"slope": 2.0, "weights": np.array([1.0, 4.0])}


def weighted(x):
    total = 0.0
    for k in range(3):
        total += LEVELS[k] * x[k] ** 2
    return total * PARAMETERS["slope"] + PARAMETERS["weights"][1] * x[0]


def expected(x):
    slope = PARAMETERS["slope"] * 2.0 * np.array(LEVELS) * x
    slope[0] += PARAMETERS["weights"][1]
    return slope


def test_changes_from_outside_are_seen() -> None:
    x = np.array([0.5, 1.5, 2.5])
    slope = grad(weighted)
    np.testing.assert_allclose(slope(x), expected(x), rtol=1e-12)
    LEVELS[1] = 5.0
    np.testing.assert_allclose(slope(x), expected(x), rtol=1e-12)
    PARAMETERS["slope"] = 3.0
    np.testing.assert_allclose(slope(x), expected(x), rtol=1e-12)
    PARAMETERS["weights"][1] = 7.0
    np.testing.assert_allclose(slope(x), expected(x), rtol=1e-12)
    PARAMETERS["weights"] = np.array([0.0, -1.0])
    np.testing.assert_allclose(slope(x), expected(x), rtol=1e-12)
