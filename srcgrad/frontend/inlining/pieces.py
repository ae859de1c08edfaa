"""Pieces: functions whose results, or arguments, are several arrays that are written out.

In: a call of ``np.split`` and its like, ``np.piecewise`` or ``np.choose``. Out: the tuple of the
parts, or the name of what the pieces make up; None for any other call.

Invariant: the values are NumPy's: parts are views, of overlapping conditions the last one wins.
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from ...rules.expressions import literal
from ...syntax import elements_of
from .body import Body, Scope, name_of
from .captures import static

MOST = 64
"""How many parts an array is split into at most."""

SPLITS: dict[Any, int | None] = {
    np.split: None, np.array_split: None, np.vsplit: 0, np.hsplit: 1, np.dsplit: 2,
}  # fmt: skip
"""Functions that split, and the axis along which they do (None: an argument says)."""


def is_split(worker: Body, node: ast.expr) -> bool:
    """Whether an expression is a call of ``np.split`` or its like."""
    if not isinstance(node, ast.Call):
        return False
    found, value = static(worker, node.func)
    return found and any(value is f for f in SPLITS)


def pieces(worker: Body, node: ast.Call, value: Any) -> ast.expr | None:
    """The parts, or what the pieces make up; None for a call of any other function."""
    if any(value is f for f in SPLITS):
        return _split(worker, node, value)
    if value is np.piecewise:
        return _piecewise(worker, node)
    if value is np.choose:
        return _choose(worker, node)
    if value is np.apply_along_axis:
        return _along(worker, node)
    if value is np.apply_over_axes:
        return _over_axes(worker, node)
    return None


REDUCTIONS = (np.sum, np.prod, np.mean, np.max, np.min, np.var, np.std, np.median, np.linalg.norm)
"""Functions of a vector that take an axis."""


def _along(worker: Body, node: ast.Call) -> ast.expr:
    """``np.apply_along_axis`` of a function that takes an axis itself."""
    given = _arguments(worker, node, ("func1d", "axis", "arr"))
    found, function = static(worker, given["func1d"])
    if not found or not any(function is f for f in REDUCTIONS):
        reason = "np.apply_along_axis takes functions such as np.sum only"
        worker.refuse(node, reason, "write the loop over the rows")
    keywords = [ast.keyword("axis", given["axis"])]
    made = ast.copy_location(ast.Call(given["func1d"], [given["arr"]], keywords), node)
    whole: ast.expr = worker.expr(made)
    return whole


def _over_axes(worker: Body, node: ast.Call) -> ast.expr:
    """``np.apply_over_axes`` of a function that takes axes itself, and keeps them."""
    given = _arguments(worker, node, ("func", "a", "axes"))
    found, function = static(worker, given["func"])
    if not found or not any(function is f for f in (np.sum, np.prod, np.max, np.min)):
        reason = "np.apply_over_axes takes np.sum, np.prod, np.max and np.min only"
        worker.refuse(node, reason, "write the loop over the rows")
    keywords = [ast.keyword("axis", given["axes"]), ast.keyword("keepdims", ast.Constant(True))]
    made = ast.copy_location(ast.Call(given["func"], [given["a"]], keywords), node)
    whole: ast.expr = worker.expr(made)
    return whole


def joined(worker: Body, node: ast.Subscript) -> ast.expr | None:
    """``np.r_[...]`` and ``np.c_[...]`` as calls, ``x[np.ix_(i, j)]`` as two of ``np.take``."""
    found, value = static(worker, node.value)
    if found and (value is np.r_ or value is np.c_):
        worker.note(ast.unparse(node.value), value)
        parts = elements_of(node.slice)
        display = ast.Tuple([_range(worker, node, p) for p in parts], ast.Load())
        whole = ast.fix_missing_locations(ast.copy_location(display, node))
        return _np("r_" if value is np.r_ else "c_", worker.expr(whole))
    if isinstance(node.slice, ast.Call) and static(worker, node.slice.func)[1] is np.ix_:
        worker.note(ast.unparse(node.slice.func), np.ix_)
        array = worker.expr(node.value)
        for axis, positions in enumerate(node.slice.args):
            keywords = [ast.keyword("axis", ast.Constant(axis))]
            taken = _np("take", worker.bound_if_needed(array, node), worker.expr(positions))
            assert isinstance(taken, ast.Call)
            array = ast.Call(taken.func, taken.args, keywords)
        return array
    return None


def _range(worker: Body, node: ast.Subscript, part: ast.expr) -> ast.expr:
    """A part of ``np.r_[...]``: a slice is a range, or evenly spaced numbers."""
    if isinstance(part, ast.Constant) and isinstance(part.value, str):
        worker.refuse(node, f"`{ast.unparse(node)}`: a text is not supported", "use np.concatenate")
    if not isinstance(part, ast.Slice):
        return part
    start = part.lower or ast.Constant(0)
    text = ast.unparse(node.value).rpartition(".")[0]
    if part.upper is None or not text:
        worker.refuse(node, f"`{ast.unparse(node)}` has no end", "use np.concatenate, np.arange")
    if isinstance(part.step, ast.Constant) and isinstance(part.step.value, complex):
        count = ast.Constant(int(abs(part.step.value)))
        return _of_module(text, "linspace", start, part.upper, count)
    steps = [] if part.step is None else [part.step]
    return _of_module(text, "arange", start, part.upper, *steps)


def _of_module(module: str, name: str, *args: ast.expr) -> ast.expr:
    """A call of a function of the module that the user calls so."""
    return ast.Call(ast.parse(f"{module}.{name}", mode="eval").body, list(args), [])


def _arguments(worker: Body, node: ast.Call, names: tuple[str, ...]) -> dict[str, ast.expr]:
    """Arguments by name."""
    given = dict(zip(names, node.args, strict=False))
    given |= {str(k.arg): k.value for k in node.keywords}
    if len(node.args) > len(names) or not set(given) <= set(names):
        worker.refuse(node, f"`{ast.unparse(node)}`: these arguments are not supported", "")
    return given


def _split(worker: Body, node: ast.Call, function: Any) -> ast.expr:
    """``np.split(x, 3)`` as ``(x[:n], x[n : 2 * n], x[2 * n :])``."""
    given = _arguments(worker, node, ("ary", "indices_or_sections", "axis"))
    axis = SPLITS[function]
    if axis is None:
        axis = literal(given.get("axis", ast.Constant(0)))
    sections = given.get("indices_or_sections", ast.Constant(None))
    display = isinstance(sections, ast.Tuple | ast.List)
    count = len(sections.elts) + 1 if display else _number(worker, sections)  # type: ignore[attr-defined]
    if type(axis) is not int or axis < -1 or count is None or not 1 <= count <= MOST:
        advice = "write the number of parts (64 at most) and the axis as constants, or slices"
        worker.refuse(node, f"how `{ast.unparse(node)}` splits is not known", advice)
    array = worker.bound_if_needed(worker.expr(given["ary"]), node)
    bounds: list[ast.expr]
    if display:
        bounds = [worker.bound_if_needed(worker.expr(e), node) for e in sections.elts]  # type: ignore[attr-defined]
    else:
        bounds = _even(worker, node, array, axis, count, function is np.array_split)
    before: list[ast.expr] = [ast.Constant(...)] if axis < 0 else [ast.Slice()] * axis
    parts: list[ast.expr] = []
    for low, high in zip([None, *bounds], [*bounds, None], strict=True):
        index: ast.expr = ast.Slice(low, high)
        if before:
            index = ast.Tuple([*before, index], ast.Load())
        parts.append(ast.Subscript(array, index, ast.Load()))
    return ast.Tuple(parts, ast.Load())


def _number(worker: Body, node: ast.expr) -> int | None:
    """A number that is written out, or captured."""
    new = worker.expr(node)
    value = literal(new)
    if isinstance(new, ast.Name) and new.id in worker.constants:
        value = worker.constants[new.id]
    return int(value) if isinstance(value, int | np.integer) else None


def _even(
    worker: Body, node: ast.Call, array: ast.expr, axis: int, count: int, uneven: bool
) -> list[ast.expr]:
    """Where equal parts end, all but the last; or nearly equal ones."""
    shape = ast.Attribute(array, "shape", ast.Load())
    place = ast.UnaryOp(ast.USub(), ast.Constant(1)) if axis < 0 else ast.Constant(axis)
    extent = ast.Subscript(shape, place, ast.Load())
    rest = ast.BinOp(extent, ast.Mod(), ast.Constant(count))
    if uneven:
        rest = worker.bound(rest, node, "rest")  # type: ignore[assignment]
    else:
        message = ast.Constant("array split does not result in an equal division")
        error = ast.Raise(ast.Call(name_of("ValueError"), [message], []), None)
        test = ast.Compare(rest, [ast.NotEq()], [ast.Constant(0)])
        worker.emit(ast.If(test, [ast.copy_location(error, node)], []), node)
    size = worker.bound(ast.BinOp(extent, ast.FloorDiv(), ast.Constant(count)), node, "size")
    ends: list[ast.expr] = []
    for k in range(1, count):
        end: ast.expr = size if k == 1 else ast.BinOp(ast.Constant(k), ast.Mult(), size)
        if uneven:
            more = ast.Call(name_of("min"), [ast.Constant(k), rest], [])
            end = ast.BinOp(end, ast.Add(), more)
        ends.append(end)
    return ends


def _displayed(worker: Body, node: ast.Call, argument: ast.expr | None) -> list[ast.expr]:
    """What a display has."""
    if not isinstance(argument, ast.Tuple | ast.List) or not argument.elts:
        worker.refuse(node, f"`{ast.unparse(node)}`: write the pieces out as lists", "")
    return argument.elts


def _np(name: str, *args: ast.expr) -> ast.expr:
    return ast.Call(ast.Attribute(name_of("np"), name, ast.Load()), list(args), [])


def _piecewise(worker: Body, node: ast.Call) -> ast.expr:
    """``np.piecewise``: each function of the elements where its condition holds."""
    given = _arguments(worker, node, ("x", "condlist", "funclist"))
    functions = _displayed(worker, node, given.get("funclist"))
    tests = _displayed(worker, node, given.get("condlist"))
    if len(functions) not in (len(tests), len(tests) + 1):
        worker.refuse(node, "np.piecewise: give a function for each condition, or one more", "")
    array = worker.bound_if_needed(worker.expr(given["x"]), node)
    masks = [worker.bound(worker.expr(t), node, "where") for t in tests]
    if len(functions) > len(tests):
        some = masks[0]
        for mask in masks[1:]:
            some = ast.BinOp(some, ast.BitOr(), mask)
        masks.append(worker.bound(ast.UnaryOp(ast.Invert(), some), node, "where"))
    whole = worker.bound(_np("zeros_like", array), node, "pieces")
    outer = worker.scope
    for mask, function in zip(masks, functions, strict=True):
        value: ast.expr = function
        worker.scope = Scope(outer.source, outer)
        if not isinstance(literal(function), int | float) and _is_function(worker, function):
            part = worker.bound(ast.Subscript(array, mask, ast.Load()), node, "piece")
            worker.scope.names["piece"] = part
            value = ast.copy_location(ast.Call(function, [name_of("piece")], []), node)
        place = ast.Subscript(whole, mask, ast.Store())
        worker.emit(ast.Assign([place], worker.expr(value)), node)
        worker.scope = outer
    return whole


def _is_function(worker: Body, node: ast.expr) -> bool:
    """Whether an argument is a function."""
    if isinstance(node, ast.Lambda):
        return True
    if isinstance(node, ast.Name) and (scope := worker.scope.find(node.id)) is not None:
        return node.id in scope.functions
    found, value = static(worker, node)
    return found and callable(value)


def _choose(worker: Body, node: ast.Call) -> ast.expr:
    """``np.choose`` as nested ``np.where``."""
    given = _arguments(worker, node, ("a", "choices"))
    choices = _displayed(worker, node, given.get("choices"))
    which = worker.bound(worker.expr(given["a"]), node, "which")
    values = [worker.bound_if_needed(worker.expr(c), node) for c in choices]
    low = ast.Compare(which, [ast.Lt()], [ast.Constant(0)])
    high = ast.Compare(which, [ast.GtE()], [ast.Constant(len(values))])
    message = ast.Constant("invalid entry in choice array")
    error = ast.Raise(ast.Call(name_of("ValueError"), [message], []), None)
    outside = worker.bound(_np("any", ast.BinOp(low, ast.BitOr(), high)), node, "outside")
    worker.emit(ast.If(outside, [ast.copy_location(error, node)], []), node)
    chosen = values[-1]
    for k, value in reversed(list(enumerate(values[:-1]))):
        chosen = _np("where", ast.Compare(which, [ast.Eq()], [ast.Constant(k)]), value, chosen)
    return chosen
