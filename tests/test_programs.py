"""Every function of the corpus against differences: its listing, and a subset compiled."""

import pytest
from oracles import check_gradient, differences, plain
from programs import CASES, Case

STRAIGHT = [case for case in CASES if not case.structured]
STRUCTURED = [case for case in CASES if case.structured]
COMPILED = [case for case in CASES if case.compiled]
OTHERS = [case for case in CASES if not case.compiled]


def check(case: Case, compiled: bool) -> None:
    check_gradient(case.function, *case.args, wrt=case.wrt, rtol=case.rtol, compiled=compiled)


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
    slope, error = differences(plain(case.function), *case.args, wrt=case.wrt)
    assert slope.size > 0
    assert (error <= case.rtol * (abs(slope) + 0.1 * abs(slope).max() + 1e-3)).all()
