"""Shapes: which arrays are known to have the same extents.

In: a typed Program. Out: for each array name one symbol an axis. Equal symbols mean equal
extents; a symbol is the text of an expression for the extent (``W.shape[0]``, ``3``).

Invariant: a name that is bound more than once has symbols of its own.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping
from typing import Any

from numba import types

from ..program import Alias, Assign, Expr, Program, View, binds, walk
from ..rules import registry

Symbols = dict[str, tuple[str, ...]]


def shape_symbols(program: Program) -> Symbols:
    """Symbols for every array of a program."""
    kinds = program.types
    counts = Counter(n for s in walk(program.body) for n in binds(s))
    counts.update(program.params)
    found: Symbols = {}
    for stmt in walk(program.body):
        match stmt:
            case Alias(target=t, source=s) if counts[t] == 1:
                found[t] = symbols(found, kinds, s)
            case Assign(target=t, value=v) | View(target=t, value=v) if counts[
                t
            ] == 1 and isinstance(kinds.get(t), types.Array):
                inner = _symbols_of(v, found, kinds)
                own = _own(t, kinds)
                if inner is not None and len(inner) == len(own):
                    found[t] = tuple(i or o for i, o in zip(inner, own, strict=True))
                else:
                    found[t] = own
    for name, kind in kinds.items():
        if isinstance(kind, types.Array):
            found.setdefault(name, _own(name, kinds))
    return found


def _own(name: str, kinds: Mapping[str, Any]) -> tuple[str, ...]:
    """Symbols that say nothing but whose extents they are."""
    return tuple(f"{name}.shape[{k}]" for k in range(kinds[name].ndim))


def symbols(found: Symbols, kinds: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """What is known of a name so far."""
    if name in found:
        return found[name]
    return _own(name, kinds) if isinstance(kinds.get(name), types.Array) else ()


def _symbols_of(expr: Expr, found: Symbols, kinds: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The symbols of an operation's result, "" where one is not known; None: nothing is."""

    def of(e: Expr) -> tuple[str, ...] | None:
        if isinstance(e, ast.Name):
            return symbols(found, kinds, e.id)
        return () if isinstance(e, ast.Constant | ast.Subscript | ast.Attribute) else None

    match expr:
        case ast.BinOp(left=left, op=ast.MatMult(), right=right):
            a, b = of(left), of(right)
            if not a or not b:
                return None
            return a[:-1] + (b[1:] if len(b) == 2 else ())
        case ast.BinOp(left=left, right=right) | ast.Compare(left=left, comparators=[right]):
            return _broadcast(of(left), of(right))
        case ast.UnaryOp(operand=operand):
            return of(operand)
        case ast.Call(func=func, args=[first, *rest]) as call:
            name = ast.unparse(func)
            if name in ("np.zeros_like", "np.ones_like", "np.empty_like", "np.copy"):
                return of(first)
            if name == "np.transpose" and not rest and not call.keywords:
                known = of(first)
                return None if known is None else known[::-1]
            if name == "np.dot" and len(rest) == 1:
                return _symbols_of(ast.BinOp(first, ast.MatMult(), rest[0]), found, kinds)
            declared = registry.FUNCTIONS.get(name)
            if declared is not None and declared.elementwise:
                result: tuple[str, ...] | None = of(first)
                for other in rest:
                    result = _broadcast(result, of(other))
                return result
        case ast.Subscript(value=ast.Name(id=base), slice=index):
            return _subscripted(symbols(found, kinds, base), index, kinds)
    return None


def _subscripted(
    known: tuple[str, ...], index: Expr, kinds: Mapping[str, Any]
) -> tuple[str, ...] | None:
    """Symbols of ``a[index]`` where the subscript takes integers and whole slices."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    result: list[str] = []
    axis = 0
    for part in parts:
        match part:
            case ast.Slice(lower=None, upper=None, step=None):
                result.append(known[axis])
            case ast.Slice():
                result.append("")
            case ast.Constant(value=int()):
                pass
            case ast.Name(id=name) if isinstance(kinds.get(name), types.Integer):
                pass
            case ast.BinOp() | ast.UnaryOp():
                pass
            case _:
                return None
        axis += 1
    return tuple(result) + known[axis:]


def _broadcast(a: tuple[str, ...] | None, b: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Symbols of two operands broadcast against each other."""
    if a is None or b is None:
        return None
    if len(a) < len(b):
        a, b = b, a
    padded = ("1",) * (len(a) - len(b)) + b
    return tuple(x if x == y or y == "1" else "" for x, y in zip(a, padded, strict=True))
