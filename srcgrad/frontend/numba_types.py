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
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
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
    ReconstructSSA,
    RewriteSemanticConstants,
    TranslateByteCode,
)
from numba.extending import type_callable

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
from ..rules import registry
from ..rules.expressions import dotted
from ..rules.listed import as_array

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
    *(ReconstructSSA, DeadBranchPrune, NopythonTypeInference),
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
            case Call(target=None, value=v):
                put(self.show(v))
            case Call(target=t, value=v):
                put(f"{t} = {self.show(v)}", str(t))
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
                self.stubs["element"] = _element
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
        stub = _stub(ast.unparse(pattern), len(operands))
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
        reason = detail.partition("srcgrad:")[2].strip() or _shorten(str(error))
        return UnsupportedError(Complaint(place, reason, ""))


def _shorten(message: str) -> str:
    """The first telling line of Numba's message."""
    lines = [x.strip() for x in message.split("\n") if x.strip()]
    skip = ("Failed in", "During:", "- Resolution", "- argument", "File ", "Use of")
    telling = [x for x in lines if not x.startswith(skip)]
    return "Numba cannot type this: " + (telling or lines or ["?"])[0]


def operation(expr: Expr) -> tuple[Expr, list[Expr]]:
    """An operation with its operands renamed ``p0, p1, ...``, and the operands."""
    operands: list[Expr] = []
    return _pattern(expr, operands), operands


def operation_type(pattern: Expr, operands: tuple[types.Type, ...]) -> types.Type | None:
    """The type of an operation on operands of these types, None where there is none."""
    if any(isinstance(t, types.Optional) for t in operands):
        return None
    known = {f"p{k}": t for k, t in enumerate(operands)}
    found = _type_of(pattern, known, cpu_target.typing_context)
    return None if found is None else types.unliteral(found)


def _pattern(expr: Any, operands: list[Expr]) -> Any:
    """The operation with its operands renamed ``p0, p1, ...`` and collected."""
    match expr:
        case ast.Name() | ast.Subscript():
            if isinstance(expr, ast.Name) and expr.id in ("float", "int", "bool"):
                return expr
            operands.append(expr)
            return ast.Name(f"p{len(operands) - 1}")
        case ast.Attribute(value=ast.Name(id="np" | "math") | ast.Attribute(), attr=_):
            return expr if _is_dotted(expr) else _operand(expr, operands)
        case ast.Attribute():
            return _operand(expr, operands)
        case ast.Call(func=func, args=args, keywords=keywords):
            if isinstance(func, ast.Name) and func.id == "len":
                return _operand(expr, operands)
            return ast.Call(
                func,
                [_pattern(a, operands) for a in args],
                [ast.keyword(k.arg, _pattern(k.value, operands)) for k in keywords],
            )
        case ast.AST():
            fields = {
                name: [_pattern(v, operands) for v in value]
                if isinstance(value, list)
                else _pattern(value, operands)
                for name, value in ast.iter_fields(expr)
            }
            return type(expr)(**fields)
    return expr


def _operand(expr: Expr, operands: list[Expr]) -> Expr:
    operands.append(expr)
    return ast.Name(f"p{len(operands) - 1}")


def _is_dotted(expr: Expr) -> bool:
    """``np.float32``, ``math.pi``: a module's attribute."""
    while isinstance(expr, ast.Attribute):
        expr = expr.value
    return isinstance(expr, ast.Name) and expr.id in ("np", "math")


_numbers = iter(range(10**9))


@cache
def _stub(pattern: str, arity: int) -> Any:
    """A function with no body whose type is that of the operation ``pattern``."""
    name = f"_stub_{next(_numbers)}"
    params = ", ".join(f"p{k}" for k in range(arity))
    scope: dict[str, Any] = {}
    exec(f"def {name}({params}): raise NotImplementedError", scope)
    stub = scope[name]
    expr = ast.parse(pattern, mode="eval").body

    def generic(context: Any) -> Callable[..., types.Type | None]:
        scope: dict[str, Any] = {"typed": lambda *a: _typed(expr, a, context)}
        exec(f"def typer({params}): return typed({params})", scope)
        return scope["typer"]

    type_callable(stub)(generic)
    return stub


def typed_stub(name: str, arity: int, typed: Callable[..., types.Type]) -> Any:
    """A function with no body whose type for given types of its arguments is ``typed`` of them."""
    params = ", ".join(f"p{k}" for k in range(arity))
    scope: dict[str, Any] = {"typed": typed}
    exec(f"def {name}({params}): raise NotImplementedError", scope)

    def generic(_: Any) -> Any:
        exec(f"def typer({params}): return typed({params})", scope)
        return scope["typer"]

    type_callable(scope[name])(generic)
    return scope[name]


def _typed(expr: Expr, operands: tuple[types.Type, ...], context: Any) -> types.Type | None:
    """The type of one operation on operands of these types."""
    known = {f"p{k}": types.unliteral(t) for k, t in enumerate(operands)}
    for t in known.values():
        if isinstance(t, types.Optional):
            return None
    found = _type_of(expr, known, context)
    if found is None and isinstance(expr, ast.Call):
        listed = {n: as_array(dotted(expr.func), t) for n, t in known.items()}
        found = _type_of(expr, listed, context) if listed != known else None
    if found is None:
        shown = [str(t) for t in known.values()]
        raise errors.TypingError(
            f"srcgrad: `{_readable(expr, known)}` does not exist for {', '.join(shown)}"
        )
    return types.unliteral(found)


def _readable(expr: Expr, known: Mapping[str, types.Type]) -> str:
    """The operation with its operands as dots."""
    text = ast.unparse(expr)
    for name in known:
        text = text.replace(name, "…")
    return text


def _element(array: Any, index: Any) -> Any:
    """``array[index]``, whose type Numba has wrong where ``index`` is a mask of several axes."""
    raise NotImplementedError


@type_callable(_element)
def _element_type(context: Any) -> Callable[..., types.Type | None]:
    def typer(array: types.Type, index: types.Type) -> types.Type | None:
        if (
            isinstance(array, types.Array)
            and isinstance(index, types.Array)
            and index.dtype == types.boolean
            and 1 < index.ndim <= array.ndim
        ):
            return types.Array(array.dtype, array.ndim - index.ndim + 1, "C")
        getitem = context.resolve_value_type(operator.getitem)
        signature = context.resolve_function_type(getitem, (array, index), {})
        return None if signature is None else signature.return_type

    return typer


OPERATORS: Mapping[type[ast.AST], Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.MatMult: operator.matmul,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
    ast.Not: operator.not_,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
}


def _type_of(expr: Expr, known: Mapping[str, types.Type], context: Any) -> types.Type | None:
    """The type of an expression over typed names: the rules' word first, then Numba's."""
    match expr:
        case ast.Name(id=name):
            return known.get(name)
        case ast.Constant(value=value):
            return _constant_type(value, context)
        case ast.Attribute() if _is_dotted(expr):
            return _constant_type(eval(ast.unparse(expr), {"np": np, "math": math}), context)
        case ast.UnaryOp(op=ast.Not()):
            return types.boolean
    stated = registry.result_type(expr, lambda e: _type_of(e, known, context))
    if stated is not None:
        return stated
    match expr:
        case ast.BinOp(left=left, op=op, right=right):
            return _native(OPERATORS[type(op)], [left, right], known, context)
        case ast.UnaryOp(op=op, operand=operand):
            return _native(OPERATORS[type(op)], [operand], known, context)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _native(OPERATORS[type(op)], [left, right], known, context)
        case ast.Compare():
            return types.boolean
        case ast.Call(func=func, args=args, keywords=keywords):
            return _native(_callee(func), args, known, context, keywords)
        case ast.IfExp(body=body, orelse=orelse):
            return _either(_type_of(body, known, context), _type_of(orelse, known, context))
        case ast.BoolOp():
            return types.boolean
        case ast.Tuple(elts=elts):
            parts = [_type_of(e, known, context) for e in elts]
            return None if None in parts else types.Tuple(tuple(types.unliteral(p) for p in parts))
    return None


def _either(a: types.Type | None, b: types.Type | None) -> types.Type | None:
    """The type of a conditional expression of numbers."""
    if a is None or b is None or a == b:
        return a if b is not None else None
    return types.float64


def _callee(func: Expr) -> Any:
    """The function that a canonical name stands for."""
    if isinstance(func, ast.Name):
        helper = registry.helper(func.id)
        if helper is not None:
            return helper
    return eval(ast.unparse(func), {"np": np, "math": math})


def _constant_type(value: object, context: Any) -> types.Type | None:
    try:
        return types.unliteral(context.resolve_value_type(value))
    except (errors.NumbaError, ValueError, TypeError):
        return None


def _native(
    function: Any,
    args: list[Expr],
    known: Mapping[str, types.Type],
    context: Any,
    keywords: list[ast.keyword] | None = None,
) -> types.Type | None:
    """What Numba says of a call."""
    arg_types = [_type_of(a, known, context) for a in args]
    kw_types = {str(k.arg): _type_of(k.value, known, context) for k in keywords or []}
    if None in arg_types or None in kw_types.values():
        return None
    try:
        callee = context.resolve_value_type(function)
        signature = context.resolve_function_type(callee, tuple(arg_types), kw_types)
    except (errors.NumbaError, NotImplementedError, AttributeError, ValueError):
        return None
    return None if signature is None else signature.return_type


__all__ = ["Path", "Typing", "blocks", "infer_function", "names", "numba_types"]
