"""Numbers that lanes compute again rather than record: on and off agree."""

import math

import numba
import numpy as np
import pytest
from oracles import check_gradient, flatten, run_text

from srcgrad import value_and_grad
from srcgrad.backend.emit import emit
from srcgrad.pipeline import derive
from srcgrad.transform.lower import lower

RANDOM = np.random.default_rng(8)
W = RANDOM.normal(size=5)
T = RANDOM.uniform(-1.0, 1.0, size=70)


def powers(w, t):
    total = 0.0
    for i in range(len(t)):
        fit, power = 0.0, 1.0
        for j in range(len(w)):
            fit += w[j] * power
            power *= t[i]
        total += (fit - t[i]) ** 2
    return total


def polynomials(w, t):
    """Two numbers, each made from both: Chebyshev's polynomials."""
    total = 0.0
    for i in range(len(t)):
        fit, now, after = 0.0, 1.0, t[i]
        for j in range(1, len(w)):
            fit += w[j] * now
            new = 2.0 * t[i] * after - now
            now = after
            after = new
        total += math.exp(fit)
    return total


def from_the_end(w, t):
    total = 0.0
    for i in range(len(t)):
        fit, power = 0.0, t[0]
        for j in range(len(w) - 1, 0, -1):
            fit += w[j] * power * power
            power = power * t[i] + 0.5
        total += fit**3
    return total


ON = [powers, polynomials, from_the_end]


def results(f, by, w=W, t=T):
    first, *_ = derive(f, by, True, (numba.typeof(w), numba.typeof(t))).programs
    texts = [emit(lower(first, checkpoints=flag), [], "loops") for flag in (True, False)]
    return texts, [np.array(list(flatten(run_text(x)(w.copy(), t.copy())))) for x in texts]


@pytest.mark.parametrize("f", ON, ids=lambda f: f.__name__)
def test_on_and_off(f):
    check_gradient(f, W, T[:4], wrt="w", compiled=False)
    texts, (on, off) = results(f, "w")
    assert "lane" in texts[0]
    assert "tape" not in texts[0] and "tape" in texts[1]
    np.testing.assert_allclose(on, off, rtol=1e-12, atol=1e-12)
    for rounds in (0, 1):
        _, (on, off) = results(f, "w", W[:rounds])
        np.testing.assert_allclose(on, off, rtol=1e-12, atol=1e-12)


def test_compiled():
    value, slope = value_and_grad(powers, wrt="w")(W, T)
    _, (_, off) = results(powers, "w")
    np.testing.assert_allclose(np.hstack((value, slope)), off, rtol=1e-12)


def divided(w, t):
    """What makes the next number is not cheap."""
    total = 0.0
    for i in range(len(t)):
        fit, power = 0.0, 1.0
        for j in range(len(w)):
            fit += w[j] * power
            power = math.sin(power + t[i])
        total += fit * fit
    return total


def changed_first(w, t):
    """What is recorded is not what the round began with."""
    total = 0.0
    for i in range(len(t)):
        fit, power = 0.0, 1.0
        for j in range(len(w)):
            power *= t[i]
            fit += w[j] * power
        total += fit * fit
    return total


@pytest.mark.parametrize("f", [divided, changed_first], ids=lambda f: f.__name__)
def test_recorded(f):
    texts, (on, off) = results(f, "w")
    assert "tape" in texts[0]
    np.testing.assert_allclose(on, off, rtol=1e-12, atol=1e-12)


def test_gradient_of_what_is_carried():
    """The rounds of the backward loop hand on a gradient: their order matters."""
    check_gradient(powers, W, T[:4], compiled=False)
    texts, (on, off) = results(powers, None)
    assert "tape_power" in texts[0]
    np.testing.assert_allclose(on, off, rtol=1e-12, atol=1e-12)
