"""Compiled: a function as Numba compiles it, with the plain functions that it calls.

In: a Python function. Out: its dispatcher.

Invariant: the function and those that it calls stay as they are; what is compiled are copies, in
which the names of plain functions, global or captured, mean their dispatchers.
"""

from __future__ import annotations

from types import CellType, FunctionType
from typing import Any

import numba
from numba.core.errors import NumbaError
from numba.core.registry import cpu_target

from .fingerprint import codes


def compiled(function: FunctionType, made: dict[FunctionType, Any] | None = None) -> Any:
    """The dispatcher of a function; ``made``: those of the functions that call it."""
    made = {} if made is None else made
    cells = function.__closure__ or ()
    copied = FunctionType(
        function.__code__,
        dict(function.__globals__),
        function.__name__,
        function.__defaults__,
        tuple(CellType() for _ in cells),
    )
    copied.__kwdefaults__ = function.__kwdefaults__
    copied.__module__ = function.__module__
    made[function] = numba.njit(error_model="numpy")(copied)

    def meaning(value: Any) -> Any:
        if not is_plain(value):
            return value
        return made[value] if value in made else compiled(value, made)

    named = {name for code in codes(function.__code__) for name in code.co_names}
    for name in sorted(named & copied.__globals__.keys()):
        copied.__globals__[name] = meaning(copied.__globals__[name])
    for new, old in zip(copied.__closure__ or (), cells, strict=True):
        new.cell_contents = meaning(old.cell_contents)
    return made[function]


def is_plain(value: Any) -> bool:
    """Whether a value is a Python function that Numba knows nothing of."""
    if not isinstance(value, FunctionType):
        return False
    context = cpu_target.typing_context
    context.refresh()
    try:
        context.resolve_value_type(value)
    except (ValueError, NumbaError):
        return True
    return False
