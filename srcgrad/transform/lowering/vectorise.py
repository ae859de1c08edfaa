"""Vectorise: innermost loops call mathematical functions that LLVM can vectorise.

In: a Program at level "loops". Out: the same, where ``math.exp(x)`` in a loop whose rounds are
independent is ``exp_f64(x)`` or ``exp_f32(x)`` of ``vectormath``. Loops with sin, cos and tan are
there twice: their arithmetic holds for arguments up to a limit, which is looked at first.

Invariant: the same values to the error that ``vectormath`` states; a loop that carries a value
from round to round, other than a sum, is left alone: there the library's functions are faster.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from numba import types

from ...analysis.exposed import exposed
from ...naming import free_name
from ...program import (
    Alias,
    Assign,
    Block,
    Comment,
    For,
    If,
    Increment,
    Program,
    Stmt,
    Store,
    added,
    binds,
    blocks,
    bound,
    expressions,
    names,
    uses,
    walk,
    with_blocks,
    with_expressions,
)
from ...rules.expressions import dotted
from ...vectormath import ACCURACY, FUNCTIONS
from .effects import memory_classes
from .pull import variable
from .versions import CIRCULAR, counting

Forms = Mapping[str | None, str]

FORMS: Forms = {
    **{f"math.{name}": name for name in ACCURACY},
    "np.exp2": "exp2",
    "sigmoid": "sigmoid",
    "exp_weight": "exp_weight",
}
"""What is replaced, and the function that stands for it."""

LIBRARY: Forms = {k: v for k, v in FORMS.items() if k not in CIRCULAR}
"""What is replaced whatever the size of the arguments."""

SMOOTH = frozenset(
    f"math.{name}" for name in ("sqrt", "asin", "acos", "atan", "atan2", "fabs", "hypot")
)
"""Functions that stay, and whose results have the precision of their operands."""

Kinds = Mapping[str, Any]


def vectorised(program: Program) -> Program:
    """The program with vectorised functions in its innermost loops."""
    kinds = program.types
    taken = {program.name, *bound(program.body), *program.params, *program.constants}
    taken |= {*program.routines, *program.gates}
    if not taken.isdisjoint(FUNCTIONS):
        return program
    classes = memory_classes(program)
    far = free_name("far", taken)

    def change(body: Block) -> Block:
        return tuple(new for stmt in body for new in statement(stmt))

    def statement(stmt: Stmt) -> Block:
        if not (isinstance(stmt, For) and is_parallel(stmt)):
            return (with_blocks(stmt, tuple(map(change, blocks(stmt)))),)
        library = called(stmt, kinds, LIBRARY)
        first = counting(stmt, far, classes, lambda c: bool(call_of("sin", c.args, kinds)))
        if not first:
            return (library,)
        test = ast.Compare(variable(far), [ast.Eq()], [ast.Constant(0)])
        counted = tuple(called(s, kinds, LIBRARY) for s in first)
        return (*counted, If(test, (called(stmt, kinds, FORMS),), (library,), line=stmt.line))

    body = change(program.body)
    known = {**kinds, far: types.int64} if far in bound(body) else kinds
    return program.with_body(body, types=known)


def is_parallel(loop: For) -> bool:
    """Whether rounds share nothing but sums: an innermost loop that LLVM vectorises."""
    inside = list(walk(loop.body))
    plain = Assign | Store | Increment | If | Comment | Alias
    if loop.exit or not all(isinstance(s, plain) for s in inside):
        return False
    carried = exposed(loop.body) & bound(loop.body)
    return all(is_sum(inside, name) for name in carried) and all(
        len(places(inside, s.target)) == 1
        for s in inside
        if isinstance(s, Store | Increment) and s.index is not None
    )


def is_sum(inside: list[Stmt], name: str) -> bool:
    """Whether a name is only added to."""
    for stmt in inside:
        match added(stmt):
            case (target, term) if target == name:
                if name in names(term):
                    return False
            case _ if name in uses(stmt) or name in binds(stmt):
                return False
    return True


def places(inside: list[Stmt], array: str) -> set[str]:
    """The subscripts at which a loop uses an array."""
    found = {
        ast.unparse(s.index)
        for s in inside
        if isinstance(s, Store | Increment) and s.target == array and s.index is not None
    }
    for node in (n for s in inside for e in expressions(s) for n in ast.walk(e)):
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=index) if name == array:
                found.add(ast.unparse(index))
    return found


def called(stmt: Stmt, kinds: Kinds, forms: Forms) -> Stmt:
    """A statement with its calls replaced, inner ones too."""
    inner = tuple(tuple(called(s, kinds, forms) for s in b) for b in blocks(stmt))
    return with_blocks(with_expressions(stmt, lambda e: replaced(e, kinds, forms)), inner)


def replaced(expr: Any, kinds: Kinds, forms: Forms) -> Any:
    """An expression with its calls replaced, inner ones first."""
    if not isinstance(expr, ast.AST):
        return expr
    fields = {
        key: [replaced(v, kinds, forms) for v in value]
        if isinstance(value, list)
        else replaced(value, kinds, forms)
        for key, value in ast.iter_fields(expr)
    }
    new = type(expr)(**fields)
    match new:
        case ast.Call(func=func, args=args, keywords=[]) if dotted(func) in forms:
            return call_of(forms[dotted(func)], args, kinds) or new
        case ast.BinOp(left=left, op=ast.Pow(), right=right) if precision(right, kinds) != "int":
            return call_of("pow", [left, right], kinds) or new
    return new


def call_of(name: str, args: list[ast.expr], kinds: Kinds) -> ast.Call | None:
    """A call of one of the functions, where its operands are floats of one precision."""
    suffixes = {precision(a, kinds) for a in args}
    if suffixes not in ({"f64"}, {"f32"}) or len(args) != (2 if name == "pow" else 1):
        return None
    return ast.Call(ast.Name(f"{name}_{suffixes.pop()}", ast.Load()), args, [])


def precision(expr: ast.AST, kinds: Kinds) -> str | None:
    """Of a number as Numba has it: "f64", "f32" or "int"; None for anything else."""
    match expr:
        case ast.Name(id=name):
            return of_type(kinds.get(name))
        case ast.Constant(value=value):
            return {float: "f64", int: "int"}.get(type(value))
        case ast.Subscript(value=ast.Name(id=name)):
            kind = kinds.get(name)
            return of_type(kind.dtype) if isinstance(kind, types.Array) else None
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            return precision(operand, kinds)
        case ast.IfExp(body=a, orelse=b):
            return joint([precision(a, kinds), precision(b, kinds)])
        case ast.BinOp(left=a, op=op, right=b):
            found = joint([precision(a, kinds), precision(b, kinds)])
            return "f64" if found == "int" and isinstance(op, ast.Div) else found
        case ast.Call(func=func, args=args):
            name = dotted(func) or ""
            if name in ("np.float32", "np.float64", "float"):
                return "f32" if name == "np.float32" else "f64"
            if name.endswith(("_f64", "_f32")):
                return name[-3:]
            found = joint([precision(a, kinds) for a in args])
            if name in FORMS or name in SMOOTH:
                return "f64" if found == "int" else found
            if name in ("abs", "min", "max"):
                return found
    return None


def of_type(kind: Any) -> str | None:
    """The precision of a number's type."""
    if isinstance(kind, types.Integer):
        return "int"
    return {types.float64: "f64", types.float32: "f32"}.get(kind)


def joint(found: list[str | None]) -> str | None:
    """The precision of an operation on numbers: float32 with an integer is float64."""
    if None in found or not found:
        return None
    return found[0] if len(set(found)) == 1 else "f64"
