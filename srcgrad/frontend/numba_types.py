"""The types that Numba's own inference gives to the statements of a Program.

In: an untyped Program and the types of its parameters. Out: the type of every definition, by
the path of its statement, and the type of the result. Nothing is compiled: each operation is
typed through a stub that asks the rules for the type of an array operation, and Numba for
all else.

Invariant: types are those of the compiled code, since what Numba does before its inference is
done here too (pruning of dead branches, SSA; what it does for closures, ``with`` and
``literal_unroll`` is left out: a Program has none); no typing rules of our own beyond ``result=``
in the rule tables.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import types
from numba.core import bytecode, errors, ir
from numba.core.compiler import CompilerBase, Flags
from numba.core.compiler_lock import global_compiler_lock
from numba.core.compiler_machinery import PassManager
from numba.core.registry import cpu_target
from numba.core.typed_passes import NopythonTypeInference
from numba.core.untyped_passes import (
    DeadBranchPrune,
    FixupArgs,
    GenericRewrites,
    IRProcessing,
    RewriteSemanticConstants,
    TranslateByteCode,
)

from ..backend.ssa import QuickSSA
from ..errors import Complaint, Place, UnsupportedError
from ..program import (
    Alias,
    Assign,
    Block,
    Call,
    Check,
    Expr,
    For,
    If,
    Increment,
    Pop,
    Program,
    Push,
    Return,
    Stmt,
    Store,
    Swap,
    Update,
    View,
    While,
    blocks,
    names,
)
from .operations import operation
from .stubs import element, operation_stub

Path = tuple[int, ...]
"""Where a statement stands: its position in the body, then block and position, and so on."""


TYPED = "typed_"
"""The name of the function that inference sees."""


@dataclass(frozen=True)
class Typing:
    """What inference found.

    Attributes
    ----------
    defined : mapping
        Types by path and name.
    result : numba.types.Type
        That of the result.
    source : str
        The text that inference saw.
    """

    defined: Mapping[tuple[Path, str], types.Type]
    result: types.Type
    source: str


PASSES: tuple[type, ...] = (
    *(TranslateByteCode, FixupArgs, IRProcessing),
    *(RewriteSemanticConstants, DeadBranchPrune, GenericRewrites),
    *(QuickSSA, DeadBranchPrune, NopythonTypeInference),
)
"""Numba's passes up to type inference."""


class _TypeOnly(CompilerBase):
    """Numba's pipeline up to type inference."""

    def define_pipelines(self) -> list[PassManager]:
        manager = PassManager("srcgrad-types")
        for each in PASSES:
            manager.add_pass(each, each.__name__)
        manager.finalize()
        return [manager]


def numba_types(
    program: Program,
    argument_types: tuple[types.Type, ...],
    places: Mapping[int, Place],
    calls: Mapping[str, Any] | None = None,
    before: Typing | None = None,
) -> Typing:
    """Type every definition of a program.

    Parameters
    ----------
    program, argument_types, places
        What is typed, for which arguments; where its statements stand.
    calls : mapping, optional
        Functions, known to Numba, that the program calls by other names than those of the rules.
    before : Typing, optional
        Of this program before a pass, for the same types: it holds where the text is the same.

    Raises
    ------
    UnsupportedError
        Where an operation does not exist for the types it gets, with the user's line.
    """
    text = _Text(program, {**program.routines, **(calls or {})})
    if before is not None and before.source == text.source:
        return before
    scope = {"np": np, "math": math, **text.stubs, **text.calls, **program.constants}
    exec(compile(text.source, "<srcgrad types>", "exec"), scope)
    try:
        state = infer_function(scope[TYPED], argument_types)
    except errors.NumbaError as error:
        raise text.explain(error, places) from None
    found: dict[tuple[Path, str], types.Type] = {}
    for block in state.func_ir.blocks.values():
        for stmt in block.body:
            if not isinstance(stmt, ir.Assign):
                continue
            path = text.paths.get(stmt.loc.line)
            name = stmt.target.name.partition(".")[0]  # SSA may number a numbered name again
            if path is not None and name in text.defines[path]:
                known = state.typemap.get(stmt.target.name)
                if known is not None:
                    found[path, name] = types.unliteral(known)
    return Typing(found, types.unliteral(state.return_type), text.source)


@global_compiler_lock
def infer_function(function: Any, argument_types: tuple[types.Type, ...]) -> Any:
    """Run the type-only pipeline; its state holds the typed IR."""
    typing_context, target_context = cpu_target.typing_context, cpu_target.target_context
    typing_context.refresh()
    target_context.refresh()
    flags = Flags()
    flags.nrt = True
    library = target_context.codegen().create_library("srcgrad.types")
    compiler = _TypeOnly(typing_context, target_context, library, argument_types, None, flags, {})
    state = compiler.state
    state.func_id = bytecode.FunctionIdentity.from_function(function)
    state.bc = bytecode.ByteCode(state.func_id)
    state.lifted = ()
    state.lifted_from = None
    compiler.define_pipelines()[0].run(state)
    return state


class _Text:
    """The program as Python text for inference: one statement a line, operations as stubs."""

    def __init__(self, program: Program, calls: Mapping[str, Any]) -> None:
        self.calls = calls
        self.lines = [f"def {TYPED}({', '.join(program.params)}):"]
        self.paths: dict[int, Path] = {}
        self.statements: dict[int, Stmt] = {}
        self.defines: dict[Path, set[str]] = {}
        self.stubs: dict[str, Any] = {}
        self.block(program.body, (), 1)
        self.source = "\n".join(self.lines) + "\n"

    def block(self, body: Block, path: Path, depth: int) -> None:
        """Write the statements of a block."""
        for position, stmt in enumerate(body):
            self.statement(stmt, (*path, position), depth)
        if not body:
            self.lines.append("    " * depth + "pass")

    def write(self, text: str, stmt: Stmt, path: Path, depth: int, *defined: str) -> None:
        """One line, which defines some names."""
        self.lines.append("    " * depth + text)
        self.paths[len(self.lines)] = path
        self.statements[len(self.lines)] = stmt
        self.defines[path] = set(defined)

    def statement(self, stmt: Stmt, path: Path, depth: int) -> None:
        """Write one statement and what is inside it."""

        def put(text: str, *defined: str) -> None:
            self.write(text, stmt, path, depth, *defined)

        match stmt:
            case Assign(target=t, value=v) | View(target=t, value=v):
                put(f"{t} = {self.show(v)}", t)
            case Call(targets=(), value=v):
                put(self.show(v))
            case Call(targets=ts, value=v):
                put(f"{', '.join(ts)} = {self.show(v)}", *ts)
            case Alias(target=t, source=s):
                put(f"{t} = {s}", t)
            case Update(target=t, op=op, value=v):
                put(f"{t} = {self.show(ast.BinOp(ast.Name(t), op, v))}", t)
            case Increment(target=t, index=None, value=v, negative=n):
                put(f"{t} {'-' if n else '+'}= {self.show(v)}")
            case Store(target=t, index=i, value=v) | Increment(target=t, index=i, value=v):
                place = ast.Subscript(ast.Name(t), i or ast.Slice(), ast.Store())
                put(f"{self.show(place)} = {self.show(v)}")
            case Swap(targets=ts, sources=ss):
                put(f"{', '.join(ts)} = {', '.join(ss)}", *ts)
            case Push(tape=tape, value=v):
                put(f"{tape}.append({self.show(v)})")
            case Pop(target=None, tape=tape):
                put(f"{tape}.pop()")
            case Pop(target=t, tape=tape):
                put(f"{t} = {tape}.pop()", str(t))
            case Check():
                put("pass")
            case Return(value=v):
                put(f"return {self.show(v)}")
            case If(test=test):
                put(f"if {self.show(test)}:")
                self.block(stmt.body, (*path, 0), depth + 1)
                if stmt.orelse:
                    self.lines.append("    " * depth + "else:")
                    self.block(stmt.orelse, (*path, 1), depth + 1)
            case For(counter=c, start=a, stop=b, step=s):
                put(f"for {c} in range({self.show(a)}, {self.show(b)}, {self.show(s)}):", c)
                self.block(stmt.body, (*path, 0), depth + 1)
            case While(test=test):
                put(f"while {self.show(test)}:")
                self.block(stmt.body, (*path, 0), depth + 1)

    def show(self, expr: Expr) -> str:
        """The expression with its operations replaced by stubs."""
        return ast.unparse(ast.fix_missing_locations(self.stubbed(expr)))

    def stubbed(self, expr: Any) -> Any:
        """Each operation as a call of its stub; subscripts, displays and tests as they are."""
        match expr:
            case ast.BinOp(left=ast.List() as left, op=ast.Mult() as op, right=right):
                return ast.BinOp(self.stubbed(left), op, self.stubbed(right))
            case ast.BinOp() | ast.Compare() | ast.UnaryOp(op=ast.USub() | ast.Invert()):
                if isinstance(expr, ast.UnaryOp) and isinstance(expr.operand, ast.Constant):
                    return expr
                return self.stub_call(expr)
            case ast.Call(func=ast.Name(id="len" | "range")):
                return expr
            case ast.Subscript(value=ast.Name(), slice=ast.Name(), ctx=ast.Load()):
                self.stubs["element"] = element
                return ast.Call(ast.Name("element"), [expr.value, expr.slice], [])
            case ast.Call(func=ast.Name(id=name), args=args) if name in self.calls:
                return ast.Call(expr.func, [self.stubbed(a) for a in args], [])
            case ast.Call():
                return self.stub_call(expr)
            case ast.AST():
                fields = {
                    name: [self.stubbed(v) for v in value]
                    if isinstance(value, list)
                    else self.stubbed(value)
                    for name, value in ast.iter_fields(expr)
                }
                return type(expr)(**fields)
        return expr

    def stub_call(self, expr: Expr) -> Expr:
        """``stub_k(operands)`` for one operation; constants are part of the stub."""
        pattern, operands = operation(expr)
        stub = operation_stub(ast.unparse(pattern), len(operands))
        self.stubs[stub.__name__] = stub
        return ast.Call(ast.Name(stub.__name__), [self.stubbed(o) for o in operands], [])

    def explain(self, error: Exception, places: Mapping[int, Place]) -> Exception:
        """Numba's typing error as one of ours, at the user's line."""
        location = getattr(error, "loc", None)
        line = getattr(location, "line", 0)
        stmt = self.statements.get(line)
        number = stmt.line if stmt else 0
        place = places.get(number)
        first = str(error).split("\n")
        detail = next((x.strip() for x in first if "srcgrad:" in x), "")
        if not detail and (mixed := TWO_KINDS.search(str(error))):
            reason = f"`{mixed[1].split('.')[0]}` is a number in one place and an array in another"
            advice = "start with an array, such as `np.zeros(...)`, or use two names"
            return UnsupportedError(Complaint(place, reason, advice))
        reason = detail.partition("srcgrad:")[2].strip() or _shorten(str(error), stmt)
        return UnsupportedError(Complaint(place, reason, ""))


NUMBER = r"(?:Literal|float|int|bool)\S*"
TWO_KINDS = re.compile(
    rf"Cannot unify (?:{NUMBER} and array|array\(.*\) and {NUMBER}).* for '([^']+)'"
)
"""Numba's words for a name that stands for a number and for an array."""


def _shorten(message: str, stmt: Stmt | None) -> str:
    """The first telling line of Numba's message, or the operation, if it tells of stubs only."""
    lines = [x.strip() for x in message.split("\n") if x.strip()]
    skip = ("Failed in", "During:", "- Resolution", "- argument", "File ", "Use of")
    telling = [x for x in lines if not x.startswith(skip)]
    shown = (telling or lines or ["?"])[0]
    if "Function(" in shown and isinstance(value := getattr(stmt, "value", None), ast.expr):
        return f"`{ast.unparse(value)}` has no type that Numba knows"
    return f"Numba cannot type this: {shown}"


__all__ = ["Path", "Typing", "blocks", "infer_function", "names", "numba_types"]
