"""Every function of the corpus against differences: its listing, and a subset compiled."""

import functools
from typing import Any

import pytest
from oracles import check_gradient, differences, plain
from programs import CASES, Case

from srcgrad import SrcgradError, grad

# What is refused for now, with an error that says so.
UNSUPPORTED: set[str] = set()

STRAIGHT = [case for case in CASES if not case.structured and case.name not in UNSUPPORTED]
REFUSED = [case for case in CASES if case.name in UNSUPPORTED]
STRUCTURED = [case for case in CASES if case.structured and case not in REFUSED]
MARKED = [case for case in CASES if case.compiled and case not in REFUSED]
COMPILED = MARKED[::2]
FIRST = {case.name for case in COMPILED}
OTHERS = [case for case in CASES if case.name not in FIRST and case not in REFUSED]


NAMED = {case.name: case for case in CASES}


@functools.cache
def slopes(name: str) -> Any:
    """The gradient of a case by differences, and its error."""
    case = NAMED[name]
    return differences(plain(case.function), *case.args, wrt=case.wrt)


def check(case: Case, compiled: bool) -> None:
    """By ``value_and_grad``; by ``grad`` as well where it compiles quickly."""
    check_gradient(
        case.function,
        *case.args,
        wrt=case.wrt,
        rtol=case.rtol,
        compiled=compiled,
        without_value=not case.structured,
        oracle=lambda *_, **__: slopes(case.name),
    )


def name(case: Case) -> str:
    return case.name


def test_names_are_distinct() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", STRAIGHT, ids=name)
def test_straight_line(case: Case) -> None:
    check(case, compiled=False)


@pytest.mark.parametrize("case", STRUCTURED, ids=name)
def test_structured(case: Case) -> None:
    check(case, compiled=False)


@pytest.mark.parametrize("case", REFUSED, ids=name)
def test_refused(case: Case) -> None:
    """Never a wrong number: an error that names the line."""
    with pytest.raises(SrcgradError) as caught:
        grad(case.function, wrt=case.wrt).source(*case.args)
    assert caught.value.complaints[0].reason


@pytest.mark.parametrize("case", COMPILED, ids=name)
def test_compiled(case: Case) -> None:
    check(case, compiled=True)


@pytest.mark.slow
@pytest.mark.parametrize("case", OTHERS, ids=name)
def test_all_compiled(case: Case) -> None:
    check(case, compiled=True)


@pytest.mark.parametrize("case", CASES, ids=name)
def test_corpus_is_smooth_at_its_samples(case: Case) -> None:
    """The oracle is worth trusting: the differences converge."""
    slope, error = slopes(case.name)
    assert slope.size > 0
    assert (error <= case.rtol * (abs(slope) + 0.1 * abs(slope).max() + 1e-3)).all()
