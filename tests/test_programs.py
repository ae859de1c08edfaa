"""Every function of the corpus against differences: its listing, and a subset compiled."""

import functools
from typing import Any

import pytest
from oracles import check_gradient, differences, plain
from programs import CASES, Case

# A quarter of those that are marked: the others, and all the rest, in the slow run.
COMPILED = {case.name for case in [case for case in CASES if case.compiled][::4]}
OTHERS = [case for case in CASES if case.name not in COMPILED]
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


@pytest.mark.parametrize("case", CASES, ids=name)
def test_gradient(case: Case) -> None:
    """Differences that converge are to be trusted; the gradient is theirs."""
    slope, error = slopes(case.name)
    assert slope.size > 0
    assert (error <= case.rtol * (abs(slope) + 0.1 * abs(slope).max() + 1e-3)).all()
    check(case, compiled=case.name in COMPILED)


@pytest.mark.slow
@pytest.mark.parametrize("case", OTHERS, ids=name)
def test_all_compiled(case: Case) -> None:
    check(case, compiled=True)
