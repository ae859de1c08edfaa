"""Every transformation on and off: the same values, over random programs."""

import random

import numba
import numpy as np
import pytest
import random_arrays
import random_programs
import test_fused_random
import test_tables
from oracles import flatten, run_text

import srcgrad.analysis.cells
import srcgrad.pipeline
from srcgrad.analysis.recording import recording
from srcgrad.backend.emit import emit
from srcgrad.pipeline import derive
from srcgrad.transform.lower import lower

LOWERING = ("vectormath", "cast", "lanes", "workspaces", "reuse", "checkpoints", "compact",
            "reclaim", "routes", "numbers", "in_memory")  # fmt: skip


def copied(args):
    return [np.copy(a) if isinstance(a, np.ndarray) else a for a in args]


def derived(f, args):
    return derive(f, None, True, tuple(map(numba.typeof, args)))


def values(text: str, args, extra=()) -> np.ndarray:
    """What a listing returns, as one vector."""
    with np.errstate(all="ignore"):
        return np.array(list(flatten(run_text(text)(*copied(args), *copied(extra)))))


def lowered(programs, **switches: bool) -> str:
    first, *others = (lower(p, **switches) for p in programs)
    return emit(first, others, "loops")


def same(got: np.ndarray, expected: np.ndarray, note: str) -> None:
    scale = np.max(np.abs(expected), initial=1e-3)
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9 * scale, err_msg=note)


def statements(seed: int):
    """A program of statements of all kinds."""
    text = random_programs.from_seed(400 + seed, longest=4)
    return text, random_programs.define(text), random_programs.arguments()


def arrays(seed: int):
    """A program of whole arrays."""
    choices = random_programs.Choices(random.Random(400 + seed).randint)
    text = random_arrays.program_text(choices)
    return text, random_programs.define(text), random_arrays.arguments(3, 4)


def sums(seed: int):
    """A loop that adds up."""
    choices = random_programs.Choices(random.Random(400 + seed).randint)
    text = test_fused_random.program_text(choices)
    return text, test_fused_random.define(text), test_fused_random.ARGUMENTS


KINDS = (statements, arrays, sums)


def test_each_switch_of_lowering() -> None:
    """A program for each switch, which is off, and then on while all others are off."""
    for seed, switch in enumerate(LOWERING):
        text, f, args = KINDS[seed % 3](seed)
        found = derived(f, args)
        expected = values(found.flat, args, found.extra)
        alone = {name: name == switch for name in LOWERING}
        for switches in ({switch: False}, alone):
            listing = lowered(found.programs, **switches)
            same(values(listing, args, found.extra), expected, f"{switches}\n{text}")


PLANS = {
    "everything recorded": (
        srcgrad.pipeline,
        "recording",
        lambda facts, **_: recording(facts, everything=True, fuse=False),
    ),
    "nothing rearranged": (srcgrad.pipeline, "rearranged", lambda facts: facts.program),
    "no table": (srcgrad.analysis.cells, "table_stores", lambda _: frozenset()),
    "no unread store": (srcgrad.analysis.cells, "unread_stores", lambda _: frozenset()),
}


def on_and_off(f, args, plans, monkeypatch: pytest.MonkeyPatch, text: str = "") -> int:
    """Hold a listing to those of other plans; how many of them differ as texts."""
    first, different = derived(f, args), 0
    expected = values(first.flat, args, first.extra)
    for plan in plans:
        with monkeypatch.context() as patch:
            patch.setattr(*PLANS[plan])
            second = derived(f, args)
        same(values(second.flat, args, second.extra), expected, f"{plan}\n{text}")
        different += first.flat != second.flat
    return different


@pytest.mark.parametrize("kind", [statements, sums])
def test_each_plan(kind, monkeypatch: pytest.MonkeyPatch) -> None:
    different = 0
    for seed in (11, 13):
        text, f, args = kind(seed)
        different += on_and_off(f, args, PLANS, monkeypatch, text)
    assert different


def test_tables_on_and_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the analysis finds tables, recording what they overwrite changes nothing."""
    for f, args, _ in test_tables.PROGRAMS[:3]:
        assert on_and_off(f, args, ["no table"], monkeypatch)
    for f, args, recorded in test_tables.PROGRAMS[5:8]:
        assert recorded and not on_and_off(f, args, ["no table"], monkeypatch)
