"""Arithmetic that a loop does not change stands before it, and contributions that can wait do."""

import math
from typing import Any

import numpy as np
import pytest
from oracles import differences, run_text

from srcgrad import pipeline, value_and_grad
from srcgrad.analysis import accumulations

X = np.array([0.3, 0.7, 1.9, -0.4])


def option(s, r, sigma, t, x):
    total = 0.0
    for i in range(len(x)):
        end = s * math.exp((r - 0.5 * sigma**2) * t + sigma * math.sqrt(t) * x[i])
        total += max(end - 1.0, 0.0)
    return math.exp(-r * t) * total / len(x)


def in_two_loops(a, b, x):
    c = a * b
    total = c
    for i in range(len(x)):
        total += math.sin(x[i] * c) * (a - b)
    other = 0.0
    for i in range(len(x)):
        other += math.cos(x[i] * (a - b))
    v = c * total
    w = a * other + v
    return v * w + b * total


def added_up_twice(a, b, x):
    total = 0.0
    for i in range(len(x)):
        total += math.sin(x[i] * a)
    v = a * total
    for i in range(len(x)):
        total += math.cos(x[i]) * b**2
    return v * 2.0 + total * b


def bound_again(a, b, x):
    c = a
    total = 0.0
    for i in range(len(x)):
        d = c * b
        total += d * x[i]
        c = math.sin(c)
        e = b * b
        if x[i] > 0.5:
            e = a * b
        total += e
    return total * c


def in_a_loop_in_a_loop(a, b, x):
    total = 0.0
    for i in range(len(x)):
        q = a * a
        for j in range(i):
            p = q * b
            s = p * x[i]
            total += s * x[j] + b
    return total * a


ARGS = {option: (1.1, 0.1, 0.3, 1.5)}
CASES = [option, in_two_loops, added_up_twice, bound_again, in_a_loop_in_a_loop]


@pytest.mark.parametrize("rounds", [4, 1, 0])
@pytest.mark.parametrize("function", CASES, ids=lambda f: str(f.__name__))
def test_on_and_off_agree(function: Any, rounds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    args = [*ARGS.get(function, (0.7, 1.3)), X[:rounds]]
    if rounds == 0 and function is option:
        return  # divides by the number of rounds
    text = value_and_grad(function).source(*args)
    monkeypatch.setattr(pipeline, "hoisted", lambda program: program)
    monkeypatch.setattr(accumulations, "can_wait", lambda *_: False)
    off = value_and_grad(function).source(*args)
    assert (text != off) == (function is not bound_again)
    value, found = run_text(text)(*args)
    assert value == pytest.approx(function(*args), rel=1e-13)
    expected = differences(function, *args)[0]
    for k in range(len(args) - 1):
        assert found[k] == pytest.approx(expected[k], rel=1e-7, abs=1e-9)
    for one, other in zip(found, run_text(off)(*args)[1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)


def test_compiled() -> None:
    args = [*ARGS[option], X]
    gradient = value_and_grad(option)
    value, found = gradient(*args)
    assert value == pytest.approx(option(*args), rel=1e-13)
    expected = differences(option, *args)[0]
    for k in range(4):
        assert found[k] == pytest.approx(expected[k], rel=1e-7)
    assert "tape" not in gradient.source(level="loops")
