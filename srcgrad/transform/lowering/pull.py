"""Pulls: arrays that are not computed yet, only known element by element.

In: scalar expressions and arrays. Out: a ``Pull``: extents, dtype, and the expression of the
element at given indices; broadcasting of several to common extents, at compile time where it
is decided by ranks and known extents, at run time otherwise.

Invariant: for every extent an index runs over ``range(extent)``; ``at`` may put definitions of
scalars into the loop body, each of a fresh name.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numba.np.numpy_support import as_dtype, from_dtype

from ...program import Assign, Expr, Stmt, View
from .scope import Opaque, Scope, depends
from .shapes import Extent, Extents, parse, spelled
from .windows import known_as, same

Index = tuple[Expr, ...]
Body = list[Stmt]
At = Callable[[Index, Body], Expr]


@dataclass(frozen=True)
class Pull:
    """An array not computed yet; a number where there are no extents.

    Attributes
    ----------
    extents : tuple of int or str
        One for each axis.
    dtype : numpy.dtype
        Of the elements. Numbers are weak: their dtype only tells the kind.
    at : callable
        From indices and a loop body to the element's expression.
    name : str
        The array itself, where it is there already.
    narrow : tuple of int or str
        Where it is not empty: the extents of the value, which is the sum of the elements along
        the axes whose extent in ``narrow`` turns out to be 1 (see ``unbroadcast``).
    zero : bool
        Whether it is the constant 0.
    widen : callable or None
        From wider extents to the same values repeated, where no array is needed for that.
    """

    extents: Extents
    dtype: np.dtype[Any]
    at: At
    name: str = ""
    narrow: Extents = ()
    zero: bool = False
    widen: Callable[[Extents], Pull] | None = None

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.extents)


def variable(name: str) -> Expr:
    """A name as an expression."""
    return ast.Name(name, ast.Load())


def element(name: str, index: Sequence[Expr]) -> Expr:
    """``name[index]``."""
    return ast.Subscript(variable(name), joined(index), ast.Load())


def joined(index: Sequence[Expr]) -> Expr:
    """Indices as one subscript."""
    return index[0] if len(index) == 1 else ast.Tuple(list(index), ast.Load())


def call(function: str, *args: Expr) -> Expr:
    """A call by canonical name."""
    return ast.Call(parse(function), list(args), [])


def number(expr: Expr, dtype: np.dtype[Any]) -> Pull:
    """A scalar expression as a pull."""
    return Pull((), dtype, lambda index, body: expr)


def array(scope: Scope, name: str) -> Pull:
    """A named array as a pull."""
    kind = scope.types[name]
    extents, narrow = scope.partial.get(name) or (scope.shapes.of(name, kind.ndim), ())
    part = scope.recall(("part", name))
    if part is not None and not narrow:
        return Pull(extents, part.dtype, part.at, name)
    return Pull(
        extents,
        as_dtype(kind.dtype),
        lambda index, body: element(name, index),
        name,
        narrow,
    )


def cast(expr: Expr, source: np.dtype[Any], target: np.dtype[Any]) -> Expr:
    """The operand as NumPy's promotion sees it, where Numba's would compute in float64."""
    return call("np.float32", expr) if target == np.float32 and source != target else expr


def as_stored(expr: Expr, source: np.dtype[Any], target: np.dtype[Any]) -> Expr:
    """What an array of integers or bools holds of a number; a local number would keep it whole."""
    if source == target:
        return expr
    if target.kind == "b":
        return call("bool", expr)
    return call(f"np.{target.name}", expr) if target.kind in "iu" else expr


def atom(scope: Scope, expr: Expr, dtype: np.dtype[Any], body: Body) -> Expr:
    """The expression by a name, so that it may stand in several places."""
    if isinstance(expr, ast.Name | ast.Constant):
        return expr
    name = scope.fresh("t", from_dtype(dtype))
    body.append(Assign(name, expr, line=scope.line))
    return variable(name)


# Broadcasting


def broadcast(scope: Scope, pulls: Sequence[Pull]) -> tuple[Extents, list[Pull]]:
    """Pulls with common extents; numbers stay numbers."""
    extents: Extents = ()
    for pull in pulls:
        extents = common(scope, extents, pull.extents)
    return extents, [spread(scope, p, extents) if p.rank else p for p in pulls]


def common(scope: Scope, left: Extents, right: Extents) -> Extents:
    """The extents that two shapes broadcast to."""
    if len(left) < len(right):
        left, right = right, left
    padded = (1,) * (len(left) - len(right)) + right
    return tuple(common_extent(scope, a, b) for a, b in zip(left, padded, strict=True))


def common_extent(scope: Scope, a: Extent, b: Extent) -> Extent:
    """The extent that two broadcast to; ``spread`` checks that they do."""
    if a == b or b == 1:
        return a
    if a == 1:
        return b
    if isinstance(a, int) and isinstance(b, int):
        raise Opaque
    if same(scope, a, b):
        return known_as(scope, a)
    if isinstance(a, int) or isinstance(b, int):
        number, text = (a, b) if isinstance(a, int) else (b, a)
        scope.meet(number, text, number)
        return number
    if known := scope.recall(("common", a, b)) or scope.recall(("common", b, a)):
        scope.meet(a, b, str(known))
        return str(known)
    name = scope.fresh("n", from_dtype(np.dtype(np.int64)))
    scope.meet(a, b, name)
    scope.emit(Assign(name, parse(f"{a} if {b} == 1 else {b}"), line=scope.line))
    scope.remember(("common", a, name), name, depends(a, name))
    scope.remember(("common", b, name), name, depends(b, name))
    return str(scope.remember(("common", a, b), name, depends(a, b, name)))


def spread(scope: Scope, pull: Pull, extents: Extents) -> Pull:
    """A pull with these extents: its own where they are equal, repeated where they are 1."""
    own = extents[len(extents) - pull.rank :]
    pull = fitted(scope, pull, own)
    differs = any(have not in (1, want) for have, want in zip(pull.extents, own, strict=True))
    if differs and pull.widen:
        return spread(scope, pull.widen(own), extents)
    if differs:
        pull = stretched(scope, pull, own)
    if pull.extents == extents:
        return pull
    fixed = [have == 1 and want != 1 for have, want in zip(pull.extents, own, strict=True)]

    def at(index: Index, body: Body) -> Expr:
        mine = index[len(index) - len(fixed) :]
        zero = ast.Constant(0)
        return pull.at(tuple(zero if f else i for f, i in zip(fixed, mine, strict=True)), body)

    return replace(pull, extents=extents, at=at, name="", widen=None)


def fitted(scope: Scope, pull: Pull, extents: Extents) -> Pull:
    """A pull whose extents are said as those that they are found to equal."""
    pairs = zip(pull.extents, extents, strict=True)
    own = tuple(want if same(scope, have, want) else have for have, want in pairs)
    return pull if own == pull.extents else replace(pull, extents=own)


def stretched(scope: Scope, pull: Pull, extents: Extents) -> Pull:
    """A pull whose extents may differ at run time: repeated then, or an error."""
    wanted = tuple(
        have if have == 1 else want for have, want in zip(pull.extents, extents, strict=True)
    )
    name = pull.name or materialised(scope, pull)
    key = ("stretched", name, wanted)
    full = scope.recall(key)
    if full is None and (again := scope.recall(("definition", name))):
        full = scope.derived(name, "full", scope.types[name])
        recomputed(scope, again(wanted), name, full)
        scope.remember(key, full, {name, scope.memory(name), *depends(*wanted)})
    if full is None:
        kind = scope.types[name]
        full = scope.derived(name, "full", kind.copy(layout="C" if kind.layout == "C" else "A"))
        shape = ast.Tuple([spelled(e) for e in wanted], ast.Load())
        function = {1: "stretch_vector", 2: "stretch_matrix"}.get(kind.ndim, "stretch")
        scope.emit(View(full, name, call(function, variable(name), shape), line=scope.line))
        scope.remember(key, full, {name, scope.memory(name), *depends(*wanted)})
        scope.shapes.arrays[full] = wanted
    return array(scope, full)


def recomputed(scope: Scope, pull: Pull, name: str, full: str) -> None:
    """An array computed once more in wider extents, so that its loop can be fused there."""
    from .nests import compute

    comment, scope.comment = scope.comment, f"{name}, broadcast"
    compute(scope, pull, full, layout=scope.types[name].layout)
    scope.comment = comment
    scope.twins[name] = full


def materialised(scope: Scope, pull: Pull) -> str:
    """The name of an array that holds a pull's elements."""
    from .nests import compute

    return pull.name or compute(scope, pull)
