"""Functions that are defined by others: a call of one is its definition's body.

In: plain Python functions, as ``compositions`` declares them. Out: the definition that fits a
call (``definition``), None where there is none.

Invariant: a definition computes what the function does, for the arguments that it takes; what
it has no parameter for is refused.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .expressions import literal


@dataclass(frozen=True)
class Definition:
    """A definition; the constants, or the conditions, that some arguments have to fit."""

    function: Callable[..., Any]
    constants: dict[str, Any]


_DEFINITIONS: dict[Any, list[Definition]] = {}


def define(*objects: Any, **constants: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare what user code calls as defined by the decorated function.

    Parameters
    ----------
    *objects : callable
        What user code calls.
    **constants
        What arguments have to be, literally, for this definition to hold; or a predicate of
        an argument that has to be there.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for obj in objects:
            _DEFINITIONS.setdefault(obj, []).append(Definition(function, constants))
        return function

    return decorate


def definition(value: Any, call: ast.Call) -> Callable[..., Any] | None:
    """The definition that fits a call of ``value``, None where there is none."""
    try:
        found = _DEFINITIONS.get(value, [])
    except TypeError:  # not hashable
        return None
    return next((d.function for d in found if _fits(d, call)), None)


def has_definition(value: Any) -> bool:
    """Whether some calls of ``value`` have a definition."""
    try:
        return value in _DEFINITIONS
    except TypeError:  # not hashable
        return False


def _fits(candidate: Definition, call: ast.Call) -> bool:
    parameters = inspect.signature(candidate.function).parameters
    given = dict(zip(parameters, call.args, strict=False))
    given |= {k.arg: k.value for k in call.keywords if k.arg}
    for name, expected in candidate.constants.items():
        if callable(expected):
            if name not in given or not expected(given[name]):
                return False
            continue
        actual = literal(given[name]) if name in given else parameters[name].default
        if type(actual) is not type(expected) or actual != expected:
            return False
    return True


def is_integer(node: ast.expr) -> bool:
    """Whether an argument is an integer, literally."""
    return type(literal(node)) is int


def is_number(node: ast.expr) -> bool:
    """Whether an argument is not a display."""
    return not is_display(node)


def is_display(node: ast.expr) -> bool:
    """Whether an argument is written out as a list or a tuple."""
    return isinstance(node, ast.List | ast.Tuple)


def is_pair(node: ast.expr) -> bool:
    """Whether an argument is a pair of single values."""
    plain = not any(isinstance(e, ast.Tuple | ast.List) for e in getattr(node, "elts", ()))
    return isinstance(node, ast.Tuple) and len(node.elts) == 2 and plain


def is_operand(node: ast.expr) -> bool:
    """Whether an argument is a value, neither written out nor a comprehension."""
    return not isinstance(node, ast.List | ast.Tuple | ast.GeneratorExp | ast.ListComp)


def is_given(node: ast.expr) -> bool:
    """Whether an argument is there at all."""
    return True
