"""Memory: whether a compiled function changes its arguments, or returns a part of one.

In: a Numba dispatcher and the types of its arguments. Out: ``Memory``: the type of its result,
which arguments it may write to, and which its result may share memory with.

Invariant: both sets are too large rather than too small; the function is typed, not compiled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numba import types
from numba.core import errors, ir

from ..rules import registry
from .numba_types import infer_function

Roots = frozenset[int]

HARMLESS = frozenset(
    {
        *("sum", "mean", "min", "max", "prod", "std", "var", "argmin", "argmax", "any", "all"),
        *("cumsum", "cumprod", "copy", "astype", "flatten", "item", "argsort", "nonzero", "dot"),
        *("conj", "conjugate", "repeat", "take", "round"),
    }
)
"""Methods of arrays that change nothing and return something new."""

VIEWS = frozenset({"reshape", "ravel", "transpose", "view", "diagonal"})
"""Methods that return a part of the array, or may."""

WRITERS = frozenset(
    {"copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask", "shuffle"}
)
"""Functions of NumPy that change their first argument."""

PLAIN = (types.Number, types.Boolean, types.NoneType, types.UnicodeType)
"""What has no memory to share."""


@dataclass(frozen=True)
class Memory:
    """What a function does to its arguments, which are known by position."""

    result: types.Type
    writes: Roots
    shares: Roots


def memory(dispatcher: Any, kinds: tuple[types.Type, ...], depth: int = 0) -> Memory:
    """Follow the arguments of a function for these types.

    Raises
    ------
    numba.core.errors.NumbaError
        Where Numba cannot compile the function.
    """
    every = frozenset(range(len(kinds)))
    state = infer_function(dispatcher.py_func, kinds)
    if depth > 20:
        return Memory(types.unliteral(state.return_type), every, every)
    found = _Walk(state, depth)
    before = None
    while before != (before := found.snapshot()):
        found.run()
    return Memory(types.unliteral(state.return_type), frozenset(found.writes), found.shares)


@dataclass
class _Walk:
    """Which arguments each variable of Numba's own form of the code may be a part of."""

    state: Any
    depth: int
    roots: dict[str, Roots] = field(default_factory=dict)
    writes: set[int] = field(default_factory=set)
    shares: Roots = frozenset()

    def snapshot(self) -> tuple[Mapping[str, Roots], int, Roots]:
        """What is known so far."""
        return dict(self.roots), len(self.writes), self.shares

    def run(self) -> None:
        """Look at each statement once."""
        for block in self.state.func_ir.blocks.values():
            for stmt in block.body:
                self.statement(stmt)

    def of(self, *variables: Any) -> Roots:
        """The arguments that variables may be a part of."""
        known = (self.roots.get(v.name, frozenset()) for v in variables if v is not None)
        return frozenset().union(*known)

    def statement(self, stmt: Any) -> None:
        """What a statement writes to, and what it binds."""
        match stmt:
            case ir.Assign(target=target, value=value):
                found = self.value(value)
                kind = self.state.typemap.get(target.name)
                if found and not isinstance(kind, PLAIN):
                    self.roots[target.name] = self.of(target) | found
            case ir.Return(value=value):
                if not isinstance(self.state.return_type, PLAIN):
                    self.shares |= self.of(value)
            case ir.SetItem() | ir.StaticSetItem() | ir.SetAttr() | ir.DelItem():
                self.writes |= self.of(stmt.target)

    def value(self, value: Any) -> Roots:
        """The arguments that a value may be a part of."""
        match value:
            case ir.Arg(index=index):
                return frozenset({index})
            case ir.Var():
                return self.of(value)
            case ir.Expr(op="binop" | "unary"):
                return frozenset()
            case ir.Expr(op="inplace_binop"):
                if not isinstance(self.state.typemap[value.lhs.name], PLAIN):
                    self.writes |= self.of(value.lhs)
                return self.of(value.lhs)
            case ir.Expr(op="call"):
                return self.call(value)
            case ir.Expr():
                return self.of(*value.list_vars())
        return frozenset()

    def call(self, expr: Any) -> Roots:
        """What a call returns a part of; what it writes to is noted."""
        args = [*expr.args, *(v for _, v in expr.kws), expr.vararg]
        given = self.of(*args)
        kind = self.state.typemap[expr.func.name]
        if isinstance(kind, types.BoundFunction):
            return self.method(expr, given)
        if not given:
            return frozenset()
        if isinstance(kind, types.Dispatcher):
            return self.function(kind.dispatcher, expr)
        python = getattr(kind, "typing_key", None)
        name = getattr(python, "__name__", "")
        many = isinstance(python, np.ufunc) and len(expr.args) > python.nin
        if name in WRITERS or many or any(k == "out" for k, _ in expr.kws):
            self.writes |= given
        known = registry.FUNCTIONS.get(registry.canonical_name(python) or "")
        if known is None:
            return given
        return frozenset() if known.effect == "fresh" else given

    def method(self, expr: Any, given: Roots) -> Roots:
        """A method of an array or a list."""
        base = self.of(expr.func)
        name = getattr(self.state.func_ir.get_definition(expr.func), "attr", "")
        if name in HARMLESS:
            return frozenset()
        if name not in VIEWS:
            self.writes |= base
        if name in ("append", "extend", "insert") and given:
            receiver = self.state.func_ir.get_definition(expr.func).value
            self.roots[receiver.name] = self.of(receiver) | given
        return base | given

    def function(self, dispatcher: Any, expr: Any) -> Roots:
        """A call of another compiled function."""
        signature = self.state.calltypes[expr]
        if expr.kws or expr.vararg or len(signature.args) != len(expr.args):
            every = self.of(*expr.args, *(v for _, v in expr.kws), expr.vararg)
            self.writes |= every
            return every
        try:
            inner = memory(dispatcher, tuple(map(types.unliteral, signature.args)), self.depth + 1)
        except errors.NumbaError:
            self.writes |= self.of(*expr.args)
            return self.of(*expr.args)
        self.writes |= self.of(*(expr.args[k] for k in inner.writes))
        return self.of(*(expr.args[k] for k in inner.shares))
