"""Calls whose values are in numbers: replaced by them, where nothing has changed since."""

import inspect
import math
from typing import Any

import numpy as np
import pytest
from oracles import check_gradient, flatten, run_text
from programs import CASES

from srcgrad import grad, pipeline
from srcgrad.backend.emit import emit
from srcgrad.transform.lower import lower


def rotated(x, y, t):
    c = math.cos(t)
    s = math.sin(t)
    return (x * c - y * s) ** 2 + x * y


def turned_if_it_turns(x, y, square):
    if square > 0.0:
        t = math.sqrt(square)
        c, s = math.cos(t), math.sin(t)
        x, y = x * c - y * s, x * s + y * c
    return x * x * y


def angle_changes(x, t):
    c = math.cos(t)
    t = t * 2.0
    s = math.sin(t)
    return x * c * s


def value_changes(x, t):
    c = math.cos(t)
    c = c * x
    return c * math.sin(t)


def in_a_loop(x, rounds):
    y = 0.3
    for _ in range(rounds):
        c = math.cos(x)
        x = x + 0.1 * c
        y += math.sin(x) * c
    return y


def in_one_branch(x, t):
    c = 2.0
    if x > 0.0:
        c = math.cos(t)
    return math.sin(t) * c * x


def of_elements(x):
    s = math.sin(x[0])
    c = math.cos(x[0])
    x[0] = 3.0
    return s * c * math.cos(x[0]) * x[1]


TURNING = [c for c in CASES if "cos" in inspect.getsource(c.function)]
"""Cases with something to replace."""

PROGRAMS: list[tuple[Any, tuple[Any, ...], int]] = [
    (rotated, (0.3, 0.7, 1.1), 2),
    (turned_if_it_turns, (0.3, 0.7, 1.1), 2),
    (angle_changes, (0.3, 0.9), 4),
    (value_changes, (0.3, 0.9), 2),
    (in_a_loop, (0.3, 4), 5),
    (in_one_branch, (0.3, 0.9), 3),
    (in_one_branch, (-0.3, 0.9), 3),
]


@pytest.mark.parametrize(("f", "args", "calls"), PROGRAMS)
def test_programs(f: Any, args: tuple[Any, ...], calls: int) -> None:
    check_gradient(f, *args, compiled=False)
    loops = grad(f).source(*args, level="loops")
    assert loops.count("math.cos(") + loops.count("math.sin(") == calls, loops


def test_elements() -> None:
    check_gradient(of_elements, np.array([0.4, 1.2]), compiled=False)


@pytest.mark.parametrize("case", TURNING, ids=lambda case: case.name)
def test_on_and_off(case: Any) -> None:
    derived = case_derived(case)
    texts = [
        emit(lower(derived.programs[0], reuse=flag), derived.programs[1:], "loops")
        for flag in (True, False)
    ]
    if texts[0] == texts[1]:
        return
    on, off = (list(flatten(run_text(text)(*case.args, *derived.extra))) for text in texts)
    np.testing.assert_array_equal(on, off)


def case_derived(case: Any) -> pipeline.Derived:
    """The gradient of a case, as the pipeline leaves it."""
    gradient = grad(case.function, wrt=case.wrt)
    return gradient.derived(gradient._kinds(case.args))
