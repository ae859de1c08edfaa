"""Stages: an innermost loop one function at a time gives what it gives a round at a time."""

import math
import random
import re

import numba
import numpy as np
import pytest
from oracles import check_gradient
from random_programs import define, forget

import srcgrad.transform.lowering.lanes
from srcgrad import value_and_grad
from srcgrad.pipeline import derive

W = np.array([[0.63, -1.12, 0.4, 0.9, -0.7], [0.31, -0.42, 1.2, 0.5, -0.6]])
B = np.array([0.2, -0.5, 0.3, 0.8, -0.1])
ARGUMENTS = (W, B)
MARK = "rounds of `j` at a time"


@pytest.fixture(autouse=True)
def few_lanes(monkeypatch):
    """Two rounds side by side: the five columns are two blocks and a half."""
    monkeypatch.setattr(srcgrad.transform.lowering.lanes, "LANES", 2)


def run(text, name, args):
    scope = {}
    lines = (x for x in text.splitlines() if not x.startswith("@numba.njit"))
    exec(compile("\n".join(lines), "<loops>", "exec"), scope)
    value, parts = scope[name](*[np.copy(a) for a in args])
    return np.concatenate([np.ravel(x) for x in (value, *parts)])


def in_stages(f, args=ARGUMENTS):
    """Whether it has stages, after holding it to what it is without."""
    kinds = tuple(map(numba.typeof, args))
    on, off = (derive(f, None, True, kinds, lanes=flag) for flag in (True, False))
    assert MARK not in off.loops
    for n in (0, 1, 5):
        cut = [a[..., :n].copy() for a in args]
        texts = (run(d.loops, d.name, cut) for d in (on, off))
        np.testing.assert_allclose(*texts, rtol=1e-12, atol=1e-14)
    return MARK in on.loops


def cell(w, b):
    state = w.copy()
    total = 0.0
    for t in range(3):
        for j in range(w.shape[1]):
            gate = 1.0 / (1.0 + math.exp(-state[0, j] * b[j]))
            change = math.tanh(state[1, j] + b[j])
            state[1, j] = state[1, j] * gate + change
            state[0, j] = gate * math.tanh(state[1, j])
            total += state[0, j] * (t + 1)
    return total


def functions_of_functions(w, b):
    a = np.zeros((2, len(b)))
    for j in range(len(b)):
        s = w[0, j] * b[j]
        for_later = s * s
        s = math.exp(s)
        a[0, j] = s
        s = math.log1p(a[0, j]) * for_later
        if w[1, j] > 0.0:
            s = math.exp(-s)
        a[1, j] = s + a[0, j]
        a[0, j] = math.tanh(a[1, j]) * a[0, j]
    return np.sum(a * w)


@pytest.mark.parametrize("f", [cell, functions_of_functions], ids=lambda f: f.__name__)
def test_in_stages(f):
    assert in_stages(f)
    check_gradient(f, *ARGUMENTS, compiled=False)


def test_compiled():
    on, off = (value_and_grad(cell, lanes=flag)(*ARGUMENTS) for flag in (True, False))
    np.testing.assert_allclose(on[0], off[0], rtol=1e-13)
    for mine, other in zip(on[1], off[1], strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12)


def test_one_loop_for_each_function():
    """Nothing but a buffer goes in and out of what LLVM is to vectorise."""
    text = derive(cell, None, True, tuple(map(numba.typeof, ARGUMENTS))).loops
    calls = re.findall(r"\w+ = \w+_lanes\[lane\]\n\s+\w+ = (exp|tanh)_f64\(\w+\)\n", text)
    assert len(calls) == 3


def neighbours(w, b):
    """A round reads what the one before has stored."""
    a = w.copy()
    for j in range(1, len(b)):
        a[0, j] = math.exp(-a[0, j - 1]) * b[j]
        a[1, j] = math.exp(-a[0, j])
    return np.sum(a)


def one_element(w, b):
    a = w.copy()
    for j in range(len(b)):
        a[0, 0] = math.exp(-a[0, 0]) * b[j]
        a[1, j] = math.exp(-a[0, 0])
    return np.sum(a)


def another_name(w, b):
    a = w.copy()
    row = a[0]
    for j in range(1, len(b)):
        a[0, j] = math.exp(-row[j - 1]) * b[j]
        a[1, j] = math.exp(-a[0, j])
    return np.sum(a)


@pytest.mark.parametrize("f", [neighbours, one_element, another_name], ids=lambda f: f.__name__)
def test_rounds_that_depend_on_each_other_stay(f):
    assert not in_stages(f)


# Random loops

PLACES = ("a[0, j]", "a[1, j]", "c[j]")


def random_text(seed):
    """A loop that loads, computes, calls and stores, in any order."""
    source = random.Random(seed)
    known = ["w[0, j]", "b[j]"]
    lines = []

    def value():
        return source.choice(known + list(PLACES))

    for k in range(source.randint(4, 12)):
        form = source.choice(
            ("math.exp(0.1 * {} - 1.0)", "math.tanh({})", "{} * {}", "{} - 0.5 * {}", "{}")
        )
        line = form.format(*(value() for _ in range(form.count("{}"))))
        target = source.choice((*PLACES, f"s{k}", "s", "total"))
        if target == "total":
            line = f"total += {line}"
        elif target == "s" and "s" not in known:
            line = f"s = {line}"
            known.append("s")
        else:
            line = f"{target} {source.choice(('=', '=', '+=')) if target in PLACES else '='} {line}"
            known += [] if target in PLACES or target in known else [target]
        if line[0] not in "st" and source.random() < 0.25:
            line = f"if {value()} > 0.3:\n            {line}"
        lines.append(line)
    lines += ["a[0, j] = math.exp(-a[1, j] * 0.1)", "c[j] *= math.tanh(a[0, j])"]
    body = "\n        ".join(lines)
    return f"""import math
import numpy as np


def primal(w, b):
    a, c, total = w.copy(), b.copy(), 0.0
    for j in range(len(b)):
        {body}
    return total + np.sum(a * w) + np.sum(c)
"""


@pytest.mark.parametrize("seed", range(12))
def test_random_loops(seed):
    f = define(random_text(seed))
    assert in_stages(f)
    forget(f)
