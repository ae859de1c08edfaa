"""Types found in one pass are those that Numba infers."""

import numba
import numpy as np
import pytest
from ordinary import one_in
from programs import CASES
from programs.case import Case

from srcgrad import SrcgradError, value_and_grad
from srcgrad.frontend import one_pass as module
from srcgrad.frontend.infer import typed
from srcgrad.frontend.numba_types import numba_types
from srcgrad.frontend.one_pass import one_pass
from srcgrad.program import Program


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Every program is typed twice, primals and gradients; whether one pass was enough."""
    enough: list[bool] = []

    def both(program: Program, kinds: tuple) -> object:
        found = one_pass(program, kinds)
        if found is not None:
            expected = numba_types(program, kinds, {})
            known = dict(zip(program.params, kinds, strict=True))
            ours, theirs = (typed(program, t, known).types for t in (found, expected))
            assert list(ours.items()) == list(theirs.items())
            assert found.result == expected.result
        enough.append(found is not None)
        return found

    monkeypatch.setattr(module, "one_pass", both)
    return enough


@pytest.mark.parametrize("case", one_in(24, CASES), ids=lambda c: c.name)
def test_programs(case: Case, compared: list[bool]) -> None:
    try:
        value_and_grad(case.function, wrt=case.wrt).source(*case.args)
    except SrcgradError:
        pytest.skip("refused")
    assert compared


def wide(x, y):
    total = np.float32(0.0)
    for i in range(len(x)):
        total = total + x[i] * y[i]
    return total


def straight(x, y):
    return np.sum(np.exp(x) * y)


@pytest.mark.parametrize(("f", "enough"), [(wide, False), (straight, True)])
def test_a_name_of_two_types_is_for_numba(f, enough: bool, compared: list[bool]) -> None:
    vector = numba.float64[:]
    value_and_grad(f).source(vector, vector)
    assert compared[-1] is enough
