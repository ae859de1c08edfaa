"""Operations: the type of one operation, from the types of its operands.

In: a canonical expression. Out: its type: what ``result=`` in the rule tables says, else what
Numba says of the same operation.

Invariant: None where there is no such operation; nothing is compiled.
"""

from __future__ import annotations

import ast
import builtins
import math
import operator
from collections.abc import Mapping
from typing import Any

import numpy as np
from numba import types
from numba.core import errors
from numba.core.registry import cpu_target

from ..program import Expr
from ..rules import registry
from ..rules.expressions import dotted
from ..rules.listed import as_array

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


def operation(expr: Expr) -> tuple[Expr, list[Expr]]:
    """An operation with its operands renamed ``p0, p1, ...``, and the operands."""
    operands: list[Expr] = []
    return _pattern(expr, operands), operands


def operation_type(pattern: Expr, operands: tuple[types.Type, ...]) -> types.Type | None:
    """The type of an operation on operands of these types, None where there is none."""
    if any(isinstance(t, types.Optional) for t in operands):
        return None
    key = ast.unparse(pattern), operands
    found = KNOWN.get(key)
    if found is None:
        known = {f"p{k}": t for k, t in enumerate(operands)}
        found = _type_of(pattern, known, cpu_target.typing_context)
        if found is not None and not _calls_by_name(pattern) and len(KNOWN) < MOST_KNOWN:
            KNOWN[key] = found
    return None if found is None else types.unliteral(found)


KNOWN: dict[tuple[str, tuple[types.Type, ...]], types.Type] = {}
"""Types of operations, as Numba is slow to say: of operators and of modules' functions."""
MOST_KNOWN = 10_000


def _calls_by_name(pattern: Expr) -> bool:
    """Whether an operation calls what a name stands for: a user's gate, which may be another."""
    calls = (n for n in ast.walk(pattern) if isinstance(n, ast.Call))
    return any(isinstance(n.func, ast.Name) for n in calls)


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


def stub_type(expr: Expr, operands: tuple[types.Type, ...], context: Any) -> types.Type | None:
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
    """The function that a canonical name stands for; None for one that only types know."""
    if isinstance(func, ast.Name):
        helper = registry.helper(func.id)
        if helper is not None:
            return helper
        return getattr(builtins, func.id, None)
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
