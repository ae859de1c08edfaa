"""SSA form by mentions: the code that Numba's own pass gives, name for name."""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest
from numba.core import ir
from numba.core.bytecode import ByteCode, FunctionIdentity
from numba.core.interpreter import Interpreter
from numba.core.ssa import _run_ssa
from random_programs import define, forget, from_seed

from srcgrad.backend import passes, ssa
from srcgrad.backend.passes import compiler_for


def straight(x):
    x = x + 1.0
    x = x * x
    return x


def joined(x, n):
    y = x
    for i in range(n):
        if i % 2:
            y = y * x
            continue
        x = x - y
        while y > 2.0:
            y = y - x
            if y < 0.0:
                break
    return y + x


def bound_in_one_branch(x, n):
    for i in range(n):
        if i > 0:
            z = x * i
        x = x + 1.0
    return z + x


def blocks_of(function: Callable[..., Any]) -> dict[int, ir.Block]:
    """Numba's form of a function, before variables are renamed."""
    identity = FunctionIdentity.from_function(function)
    blocks: dict[int, ir.Block] = Interpreter(identity).interpret(ByteCode(identity)).blocks
    return blocks


def text_of(blocks: dict[int, ir.Block]) -> list[str]:
    return [f"{label}: {stmt}" for label, block in blocks.items() for stmt in block.body]


def assert_same(function: Callable[..., Any]) -> int:
    """That both give the same; the number of definitions that were renamed."""
    ours, theirs = ssa.single_definitions(blocks_of(function)), _run_ssa(blocks_of(function))
    assert text_of(ours) == text_of(theirs)
    scopes = [next(iter(blocks.values())).scope for blocks in (ours, theirs)]
    assert scopes[0].var_redefinitions == scopes[1].var_redefinitions
    return sum(len(names) for names in scopes[0].var_redefinitions.values())


@pytest.mark.parametrize("function", [straight, joined, bound_in_one_branch])
def test_as_numba_does(function: Callable[..., Any]) -> None:
    assert assert_same(function) > 0


def test_random_programs_as_numba_does() -> None:
    renamed = 0
    for seed in range(40):
        primal = define(from_seed(seed))
        renamed += assert_same(primal)
        forget(primal)
    assert renamed > 100


def test_gradients_are_compiled_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    usual = ssa.single_definitions

    def watched(blocks: dict[int, ir.Block]) -> dict[int, ir.Block]:
        seen.append(blocks)
        return usual(blocks)

    monkeypatch.setattr(ssa, "single_definitions", watched)
    compiled = numba.njit(pipeline_class=compiler_for(joined))(joined)
    assert compiled(1.5, 6) == joined(1.5, 6)
    assert seen and passes.QuickSSA is ssa.QuickSSA


def test_with_another_numba_it_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssa, "KNOWN", False)
    monkeypatch.delattr(ssa, "single_definitions")
    compiled = numba.njit(pipeline_class=compiler_for(joined))(joined)
    np.testing.assert_equal(compiled(1.5, 6), joined(1.5, 6))
