"""Passes: Numba's, without those that find nothing to do in the text of a gradient.

In: a gradient's function. Out: the class of the compiler for it.

Invariant: what is left out would change nothing: a gradient has no functions inside it, and where
it has no expressions of whole arrays, there are none to be fused. The passes that look for them
go over the whole function several times, a twentieth of the time that compiling takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import CodeType, FunctionType
from typing import Any

import numpy as np
from numba import types
from numba.core import ir
from numba.core.compiler import Compiler, CompilerBase
from numba.core.compiler_machinery import PassManager, register_pass
from numba.core.typed_passes import NopythonRewrites
from numba.core.untyped_passes import InlineClosureLikes, ReconstructSSA
from numba.np.ufunc.dufunc import DUFunc

from .ssa import QuickSSA


def compiler_for(function: FunctionType) -> type[CompilerBase]:
    """The compiler's class: Numba's for a function that has others inside it."""
    inside = any(isinstance(value, CodeType) for value in function.__code__.co_consts)
    return Compiler if inside else GradientCompiler  # type: ignore[no-any-return]


@register_pass(mutates_CFG=True, analysis_only=False)  # type: ignore[untyped-decorator]
class ArrayRewrites(NopythonRewrites):  # type: ignore[misc]
    """Numba's rewriting of typed code, where there is something that it may rewrite."""

    _name = "srcgrad_array_rewrites"

    def run_pass(self, state: Any) -> bool:
        """Rewrite; whether anything may have changed."""
        return may_be_rewritten(state) and bool(super().run_pass(state))


class GradientCompiler(Compiler):  # type: ignore[misc]
    """Numba's compiler for a gradient."""

    def define_pipelines(self) -> list[PassManager]:
        """Numba's passes, in its order."""
        instead = {InlineClosureLikes: None, ReconstructSSA: QuickSSA}
        instead[NopythonRewrites] = ArrayRewrites
        found = []
        for usual in super().define_pipelines():
            manager = PassManager(usual.pipeline_name)
            for each, description in usual.passes:
                if (chosen := instead.get(each, each)) is not None:
                    manager.add_pass(chosen, description)
            manager.finalize()
            found.append(manager)
        return found


def may_be_rewritten(state: Any) -> bool:
    """Whether typed code has expressions of arrays, lists, or fields by their names."""
    return any(
        is_rewritten(stmt, state.typemap)
        for block in state.func_ir.blocks.values()
        for stmt in block.body
    )


def is_rewritten(stmt: ir.Stmt, kinds: Mapping[str, types.Type]) -> bool:
    """Whether one of Numba's rewrites may be about a statement."""
    match stmt:
        case ir.Assign(target=target, value=ir.Expr(op="unary" | "binop")):
            return isinstance(kinds[target.name], types.Array)
        case ir.Assign(target=target, value=ir.Expr(op="call") as call):
            function = getattr(kinds[call.func.name], "typing_key", None)
            whole = isinstance(kinds[target.name], types.Array)
            return whole and isinstance(function, np.ufunc | DUFunc)
        case (ir.SetItem() as place) | ir.Assign(value=ir.Expr(op="getitem") as place):
            return isinstance(kinds[place.index.name], types.StringLiteral)
        case ir.Assign(value=ir.Expr(op="build_list")):
            return True
    return False
