"""Fingerprints: what changes them and what does not, and that nothing is missed."""

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest
from programs import CASES, Case

from srcgrad import SrcgradError, grad
from srcgrad.fingerprint import Fingerprint, fingerprint
from srcgrad.frontend.closure import inline_untyped
from srcgrad.frontend.parse import parse
from srcgrad.meanings import plain_function
from srcgrad.outline import outline

PROGRAM = """
import math
import numpy as np
SETTINGS = SimpleNamespace(rate=0.5, inner=SimpleNamespace(depth=2))
WEIGHTS = np.ones(3)
OTHER = np.ones(3)
TABLE = (1.0, 2.0)
def last(x, power=2.0):
    return x ** power
class Pair(NamedTuple):
    first: float = 1.0
    def scaled(self, k):
        return self.first * k
def helper(x):
    return Pair().scaled(last(x)) + (lambda y: y * FACTOR)(x)
FACTOR = 3.0
inner = grad(last, wrt="x")
def f(x, start=0.0):
    total = start + SETTINGS.rate * x * SETTINGS.inner.depth
    for i in range(3):
        total += helper(x) * WEIGHTS[i] + OTHER[0] + TABLE[1] + inner(x)
    return math.sin(total)
"""


def made(old: str = "", new: str = "") -> Fingerprint:
    """Of the program's function after a replacement."""
    assert old in PROGRAM
    scope: dict[str, object] = {"SimpleNamespace": SimpleNamespace, "grad": lambda g, wrt: Fake(g)}
    scope |= {"NamedTuple": NamedTuple, "__name__": "program"}
    exec(PROGRAM.replace(old, new) if old else PROGRAM, scope)
    function = scope["f"]
    assert callable(function)
    return fingerprint(function)


class Fake:
    """Stands for a gradient, which knows what it was made from."""

    __srcgrad__ = True

    def __init__(self, primal: Callable[..., object]) -> None:
        self._setup = (primal, "x", False, None)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("math.sin", "math.cos"),
        ("first: float = 1.0", "first: float = 2.0"),
        ("self.first * k", "self.first + k"),
        ("rate=0.5", "rate=0.25"),
        ("depth=2", "depth=3"),
        ("depth=2", "depth=2.0"),
        ("FACTOR = 3.0", "FACTOR = -3.0"),
        ("FACTOR = 3.0", "FACTOR = np.float32(3.0)"),
        ("FACTOR = 3.0", ""),
        ("power=2.0", "power=3.0"),
        ("x ** power", "x ** power + 1.0"),
        ("y * FACTOR", "FACTOR * FACTOR * y"),
        ("start=0.0", "start=-0.0"),
        ("TABLE = (1.0, 2.0)", "TABLE = (1.0, 2.5)"),
        ("WEIGHTS = np.ones(3)", "WEIGHTS = np.ones(3, dtype=np.float32)"),
        ("WEIGHTS = np.ones(3)", "WEIGHTS = np.ones(6)[::2]"),
        ("OTHER = np.ones(3)", "OTHER = WEIGHTS"),
        ("inner = grad(last", "inner = grad(lambda x: x"),
        ("range(3)", "range(4)"),
        ("import math", "import numpy as math"),
    ],
)
def test_change_that_matters(old: str, new: str) -> None:
    assert made(old, new).digest != made().digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import math\n", "import math\n# A comment.\n\n"),
        ("WEIGHTS = np.ones(3)", "WEIGHTS = np.full(5, 2.0)"),
        ("FACTOR = 3.0", "FACTOR = 3.0\nUNUSED = 4.0"),
        ("rate=0.5", "rate=0.5, unused=1.0"),
    ],
)
def test_change_that_does_not_matter(old: str, new: str) -> None:
    assert made(old, new).digest == made().digest


def test_what_is_looked_up() -> None:
    found = made()
    assert [f.__name__ for f in found.functions] == ["f", "helper", "last", "scaled"]
    names = {name for position, name in found.looked_up if position == 0}
    wanted = {"SETTINGS.rate", "SETTINGS.inner.depth", "WEIGHTS", "TABLE", "math.sin", "inner"}
    assert wanted <= names
    assert found.complete and not found.undefined
    assert made("FACTOR = 3.0", "").undefined


def imports_inside(x):
    from math import exp

    return exp(x) * x


def test_import_inside_is_not_kept() -> None:
    assert not fingerprint(imports_inside).complete
    found = outline(imports_inside)
    assert found is not None and found.digest is None
    assert grad(imports_inside)(1.0) == pytest.approx(2.0 * math.e)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nothing_that_the_source_looks_up_is_missed(case: Case) -> None:
    """The corpus: whatever inlining captures, the fingerprint has."""
    try:
        inlined = inline_untyped(parse(case.function))
    except SrcgradError:
        pytest.skip("refused")
    mark = fingerprint(plain_function(case.function))
    if not mark.complete:
        return
    inner = [s.function for s, _, _ in inlined.captured if s.function not in mark.functions]
    if inner:  # functions that are defined inside and recursive: compiled in each process
        assert outline(case.function).digest is None
    for source, name, value in inlined.captured:
        if "[" in name:  # a function of a dictionary, which is looked up: compiled in each process
            assert outline(case.function).digest is None
        elif source.function not in inner:
            assert mark.reference(source.function, name) is not None, (name, value)


def test_arrays_are_told_apart_by_place() -> None:
    one, two = np.ones(2), np.ones(2)

    def pair(a, b):
        def f(x):
            return np.sum(a * x) + np.sum(b * x)

        return f

    assert fingerprint(pair(one, two)).digest == fingerprint(pair(two, one)).digest
    assert fingerprint(pair(one, one)).digest != fingerprint(pair(one, two)).digest
