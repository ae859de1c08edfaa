"""Written: the parameters that a function may write to, before any type is known.

In: the tree of an inlined function, its parameters and the arrays that it captures. Out: those
that it may write to.

Invariant: the names are too many rather than too few: what is not known to be new memory may be
a part of anything that it was made from.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from ..rules import registry
from ..rules.expressions import dotted
from .memory import HARMLESS, VIEWS

Roots = frozenset[str]

NUMBERS = frozenset({"len", "float", "int", "bool", "abs", "round", "range"})
"""Builtins whose results are no part of an operand."""


def written(tree: ast.FunctionDef, params: Collection[str]) -> tuple[str, ...]:
    """The parameters, or arrays from outside, that may be written to, in order."""
    shared = Shared({p: frozenset({p}) for p in params})
    pairs = list(bindings(tree))
    before = None
    while before != (before := (dict(shared.roots), len(shared.lists))):
        for name, value in pairs:
            shared.bind(name, value)
    found = shared.union(list(targets(tree)))
    return tuple(p for p in params if p in found)


@dataclass
class Shared:
    """Parameters that each name may be a part of, and names that may be lists or tuples."""

    roots: dict[str, Roots]
    lists: set[str] = field(default_factory=set)

    def bind(self, name: str, value: ast.expr) -> None:
        """Note what a name may be."""
        self.roots[name] = self.roots.get(name, frozenset()) | self.of(value)
        if self.is_list(value):
            self.lists.add(name)

    def of(self, value: ast.expr) -> Roots:
        """The parameters that a value may be, or hold, a part of."""
        match value:
            case ast.Name(id=name):
                return self.roots.get(name, frozenset())
            case ast.Subscript(value=base) | ast.Attribute(value=base):
                return self.of(base)
            case ast.Call(func=func):
                return frozenset() if makes(func) else self.union(operands(value))
            case ast.Constant() | ast.Compare() | ast.UnaryOp():
                return frozenset()
            case ast.BinOp() if not self.is_list(value):
                return frozenset()
        return self.union([e for e in ast.iter_child_nodes(value) if isinstance(e, ast.expr)])

    def union(self, values: list[ast.expr]) -> Roots:
        """The parameters that any of some values may be a part of."""
        return frozenset[str]().union(*map(self.of, values))

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


def is_view(func: ast.expr) -> bool:
    """Whether a function returns a part of an array."""
    if dotted(func) in registry.FUNCTIONS:
        return True
    return isinstance(func, ast.Attribute) and func.attr in VIEWS


def bindings(tree: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    """Names, each with a value that it may get, or hold as an element."""
    for node in ast.walk(tree):
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


def targets(tree: ast.FunctionDef) -> Iterator[ast.expr]:
    """What is written to."""
    for node in ast.walk(tree):
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
