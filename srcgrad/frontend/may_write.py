"""Written: the parameters that a function may write to, before any type is known.

In: the tree of an inlined function, its parameters and the arrays that it captures. Out: those
that it may write to, each with a number of axes: an array that has no more of them is not written
to (``s = b[i]; s += 1.0`` is about a number, where ``b`` is a vector).

Invariant: the names are too many rather than too few, and the axes too few: what is not known to
be new memory may be a part of anything that it was made from.
"""

from __future__ import annotations

import ast
import copy
import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ..rules import registry
from ..rules.expressions import dotted
from .memory import HARMLESS, VIEWS

Roots = Mapping[str, float]
"""Parameters, each with how many of its axes were taken off by subscripts; that is at least as
many as there are, and minus infinity where it is not known."""

NUMBERS = frozenset({"len", "float", "int", "bool", "abs", "round", "range"})
"""Builtins whose results are no part of an operand."""


def written(tree: ast.FunctionDef, params: Collection[str]) -> dict[str, int]:
    """The parameters, or arrays from outside, that may be written to, in order, with their axes."""
    body = rebound_apart(tree.body, params)
    shared = Shared({p: {p: 0} for p in params}, counters(body) - set(params))
    pairs = list(bindings(body))
    before = None
    while before != (before := (dict(shared.roots), len(shared.lists))):
        for name, value in pairs:
            shared.bind(name, value)
    found = shared.union(list(targets(body)), 0)
    return {p: int(max(found[p], 0)) for p in params if p in found}


def rebound_apart(body: list[ast.stmt], params: Collection[str]) -> list[ast.stmt]:
    """The statements, where a parameter that is bound anew has another name from there on.

    ``x = x.copy()`` as a statement of the function itself, not one inside an ``if`` or a loop.
    """
    body = [copy.deepcopy(stmt) for stmt in body]  # statements of a tree may share their names
    for k, stmt in enumerate(body):
        if not isinstance(stmt, ast.Assign):
            continue
        inside = [n for t in stmt.targets for n in ast.walk(t) if isinstance(n, ast.Name)]
        anew = {n.id for n in inside if isinstance(n.ctx, ast.Store)} & set(params)
        later = [n for s in body[k + 1 :] for n in ast.walk(s) if isinstance(n, ast.Name)]
        for name in inside + later:
            if name.id in anew:
                name.id += "'"
    return body


def counters(body: list[ast.stmt]) -> set[str]:
    """Names that count the rounds of ``range`` and nothing else: integers."""
    nodes = [n for s in body for n in ast.walk(s)]
    stored = Counter(n.id for n in nodes if isinstance(n, ast.Name) and is_stored(n))
    found: Counter[str] = Counter()
    for node in nodes:
        match node:
            case ast.For(target=ast.Name(id=name), iter=ast.Call(func=ast.Name(id="range"))):
                found[name] += 1
    return {name for name, count in found.items() if stored[name] == count}


def is_stored(name: ast.Name) -> bool:
    """Whether a name is bound or unbound."""
    return not isinstance(name.ctx, ast.Load)


@dataclass
class Shared:
    """Parameters that each name may be a part of, and names that may be lists or tuples."""

    roots: dict[str, Roots]
    counters: set[str]
    lists: set[str] = field(default_factory=set)

    def bind(self, name: str, value: ast.expr) -> None:
        """Note what a name may be."""
        self.roots[name] = least([self.roots.get(name, {}), self.of(value)])
        if self.is_list(value):
            self.lists.add(name)

    def of(self, value: ast.expr) -> Roots:
        """The parameters that a value may be, or hold, a part of."""
        match value:
            case ast.Name(id=name):
                return self.roots.get(name, {})
            case ast.Subscript(value=base, slice=index):
                less = -math.inf if self.is_list(base) else self.axes(index)
                return {name: axes + less for name, axes in self.of(base).items()}
            case ast.Attribute(value=base):
                return self.union([base])
            case ast.Call(func=func):
                return {} if makes(func) else self.union(operands(value))
            case ast.Constant() | ast.Compare() | ast.UnaryOp():
                return {}
            case ast.BinOp() if not self.is_list(value):
                return {}
            case ast.IfExp(body=left, orelse=right):
                return least([self.of(left), self.of(right)])
        return self.union([e for e in ast.iter_child_nodes(value) if isinstance(e, ast.expr)])

    def axes(self, index: ast.expr) -> float:
        """How many axes a subscript takes off at least, where the result is no new memory."""
        match index:
            case ast.Tuple(elts=several):
                return sum(map(self.axes, several))
            case ast.Slice():
                return 0
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
                known = self.is_integer(left) or self.is_integer(right)  # so the other is no tuple
                return 1 if known else -math.inf
        return 1 if self.is_integer(index) else -math.inf

    def is_integer(self, value: ast.expr) -> bool:
        """Whether a value is known to be an integer."""
        match value:
            case ast.Constant(value=number):
                return type(number) is int
            case ast.Name(id=name):
                return name in self.counters
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return self.is_integer(inner)
            case ast.BinOp(left=left, right=right):
                return self.is_integer(left) and self.is_integer(right)
        return False

    def union(self, values: list[ast.expr], less: float = -math.inf) -> Roots:
        """The parameters that any of some values may be a part of, of as many axes as it may be."""
        found = least(map(self.of, values))
        return {name: axes + less for name, axes in found.items()}

    def is_list(self, value: ast.expr) -> bool:
        """Whether a value may be a list or tuple that is made here."""
        match value:
            case ast.Constant() | ast.Compare() | ast.UnaryOp() | ast.Attribute():
                return False
            case ast.Name(id=name):
                return name in self.lists
            case ast.Subscript(value=base):
                return self.is_list(base)
            case ast.BinOp(left=left, right=right):
                return self.is_list(left) or self.is_list(right)
            case ast.IfExp(body=left, orelse=right) | ast.BoolOp(values=[left, right]):
                return self.is_list(left) or self.is_list(right)
            case ast.Call(func=func):
                return not makes(func) and not is_view(func)
        return True


def operands(call: ast.Call) -> list[ast.expr]:
    """What a call is given, and the object that a method is of."""
    base = [call.func.value] if isinstance(call.func, ast.Attribute) else []
    return [*base, *call.args, *(k.value for k in call.keywords)]


def makes(func: ast.expr) -> bool:
    """Whether a function returns a number or an array that shares no memory."""
    name = dotted(func) or ""
    if name in NUMBERS or name.startswith("math."):
        return True
    known = registry.FUNCTIONS.get(name)
    if known is not None:
        return known.effect == "fresh"
    return isinstance(func, ast.Attribute) and func.attr in HARMLESS


def least(found: Iterable[Roots]) -> Roots:
    """All of some parameters, each with the least of its numbers."""
    result: dict[str, float] = {}
    for roots in found:
        for name, axes in roots.items():
            result[name] = min(axes, result.get(name, axes))
    return result


def is_view(func: ast.expr) -> bool:
    """Whether a function returns a part of an array."""
    if dotted(func) in registry.FUNCTIONS:
        return True
    return isinstance(func, ast.Attribute) and func.attr in VIEWS


def bindings(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """Names, each with a value that it may get, or hold as an element."""
    for node in (n for s in body for n in ast.walk(s)):
        match node:
            case ast.Assign(targets=places, value=value):
                for place in places:
                    yield from names_of(place, value)
            case ast.For(target=place, iter=value) | ast.comprehension(target=place, iter=value):
                yield from names_of(place, value)
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                yield name, value
            case ast.AugAssign(target=place, value=value) if (base := base_of(place)) is not None:
                yield base, ast.BinOp(ast.Name(base, ast.Load()), node.op, value)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name)), args=args):
                yield from ((name, element(name, a)) for a in args)


def names_of(place: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """The names in the target of an assignment."""
    match place, value:
        case ast.Tuple(elts=inner) | ast.List(elts=inner), ast.Tuple(elts=given) if len(
            inner
        ) == len(given):
            for one, part in zip(inner, given, strict=True):
                yield from names_of(one, part)
        case ast.Tuple(elts=inner) | ast.List(elts=inner), _:
            for one in inner:
                yield from names_of(one, value)
        case ast.Starred(value=inner), _:
            yield from names_of(inner, ast.List([value], ast.Load()))
        case ast.Name(id=name), _:
            yield name, value
        case ast.Subscript(), _ if (base := base_of(place)) is not None:
            yield base, element(base, value)


def element(base: str, value: ast.expr) -> ast.expr:
    """``base + value``: shares with the value where the base is a list."""
    return ast.BinOp(ast.Name(base, ast.Load()), ast.Add(), value)


def base_of(node: ast.expr) -> str | None:
    """The name whose part a subscript is."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def targets(body: list[ast.stmt]) -> Iterator[ast.expr]:
    """What is written to."""
    for node in (n for s in body for n in ast.walk(s)):
        match node:
            case ast.Subscript(value=base, ctx=ast.Store() | ast.Del()):
                yield base
            case ast.AugAssign(target=ast.Name(id=name)):
                yield ast.Name(name, ast.Load())
            case ast.Expr(value=ast.Call() as call):
                yield from operands(call)
            case ast.Call(func=ast.Attribute(value=base, attr=attr) as func) if (
                attr not in HARMLESS | VIEWS and dotted(func) is None
            ):
                yield base
            case ast.Call(keywords=keywords):
                yield from (k.value for k in keywords if k.arg == "out")
