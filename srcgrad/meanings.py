"""Meanings: what the free names of a function stand for now.

In: a function object. Out: the plain Python function behind it, the value of a name, and the
namespace that the name is looked up in.

Invariant: no source is read; a call of a gradient that is on disk needs no more than this.
"""

from __future__ import annotations

import builtins
import types
from collections.abc import Mapping
from typing import Any

from .errors import ArgumentError, Complaint


class Missing:
    """What a name means that nothing has defined."""


MISSING = Missing()


class CellSpace(dict[str, Any]):
    """A closure's cell, looked up like a namespace of one name."""

    def __init__(self, cell: types.CellType) -> None:
        super().__init__()
        self.cell = cell

    def get(self, name: str, default: Any = None) -> Any:
        """What the cell holds now."""
        try:
            return self.cell.cell_contents
        except ValueError:
            return default


def space(function: types.FunctionType, name: str) -> Mapping[str, Any] | None:
    """The namespace that a free name of a function is looked up in; None for a builtin."""
    code = function.__code__
    if name in code.co_freevars and function.__closure__:
        return CellSpace(function.__closure__[code.co_freevars.index(name)])
    return function.__globals__ if name in function.__globals__ else None


def resolve(function: types.FunctionType, name: str) -> Any:
    """What a free name of a function means now, or ``MISSING``."""
    found = space(function, name)
    if found is not None:
        return found.get(name, MISSING)
    return getattr(builtins, name, MISSING)


def plain_function(function: Any) -> types.FunctionType:
    """The Python function behind a callable.

    Raises
    ------
    ArgumentError
        Where there is none.
    """
    function = getattr(function, "py_func", function)
    if isinstance(function, types.MethodType):
        function = function.__func__
    if not isinstance(function, types.FunctionType):
        reason = f"{function!r} is not a Python function"
        raise ArgumentError(Complaint(None, reason, "pass a function or a lambda"))
    return function
