"""Stubs: functions without a body that stand for operations while Numba infers types.

In: the pattern of an operation, or a function from types to a type. Out: a function that Numba's
inference can call.

Invariant: a stub has the type of the operation, and is never run.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from functools import cache
from typing import Any

from numba import types
from numba.extending import type_callable

from .operations import stub_type

_numbers = iter(range(10**9))


@cache
def operation_stub(pattern: str, arity: int) -> Any:
    """A function with no body whose type is that of the operation ``pattern``."""
    name = f"_stub_{next(_numbers)}"
    params = ", ".join(f"p{k}" for k in range(arity))
    scope: dict[str, Any] = {}
    exec(f"def {name}({params}): raise NotImplementedError", scope)
    stub = scope[name]
    expr = ast.parse(pattern, mode="eval").body

    def generic(context: Any) -> Callable[..., types.Type | None]:
        scope: dict[str, Any] = {"typed": lambda *a: stub_type(expr, a, context)}
        exec(f"def typer({params}): return typed({params})", scope)
        return scope["typer"]

    type_callable(stub)(generic)
    return stub


def typed_stub(name: str, arity: int, typed: Callable[..., types.Type]) -> Any:
    """A function with no body whose type for given types of its arguments is ``typed`` of them."""
    params = ", ".join(f"p{k}" for k in range(arity))
    scope: dict[str, Any] = {"typed": typed}
    exec(f"def {name}({params}): raise NotImplementedError", scope)

    def generic(_: Any) -> Any:
        exec(f"def typer({params}): return typed({params})", scope)
        return scope["typer"]

    type_callable(scope[name])(generic)
    return scope[name]


def element(array: Any, index: Any) -> Any:
    """``array[index]``, whose type Numba has wrong where ``index`` is a mask of several axes."""
    raise NotImplementedError


@type_callable(element)
def _element_type(context: Any) -> Callable[..., types.Type | None]:
    def typer(array: types.Type, index: types.Type) -> types.Type | None:
        if (
            isinstance(array, types.Array)
            and isinstance(index, types.Array)
            and index.dtype == types.boolean
            and 1 < index.ndim <= array.ndim
        ):
            return types.Array(array.dtype, array.ndim - index.ndim + 1, "C")
        getitem = context.resolve_value_type(operator.getitem)
        signature = context.resolve_function_type(getitem, (array, index), {})
        return None if signature is None else signature.return_type

    return typer
