"""Broadcasts: a gradient's version for operands that are broadcast at run time, made when needed.

In: a gradient whose compiled code raises where extents differ that it takes to be equal. Out: the
call that compiles the version for any extents then, and keeps to it.

Invariant: compiled callers, which cannot try again, get the version for any extents.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from numba.core.registry import CPUDispatcher

from .errors import BROADCAST


def is_left_out(plain: Any) -> bool:
    """Whether a dispatcher's text lacks the version for operands that are broadcast."""
    return BROADCAST in plain._cache.text


def is_request(error: ValueError) -> bool:
    """Whether an error asks for the version for operands that are broadcast."""
    return error.args == (BROADCAST,)


TRYING = {
    "dispatch_": CPUDispatcher.__call__,
    "is_request_": is_request,
    "ValueError_": ValueError,
}
"""What the lines of ``trying`` name; parameters may have the names without the underscores."""


def parameters(signature: inspect.Signature) -> tuple[str, dict[str, Any]]:
    """The text between the parentheses of a ``def``, and the defaults that it names."""
    scope: dict[str, Any] = {}
    params = []
    for name, parameter in signature.parameters.items():
        if parameter.default is not parameter.empty:
            scope[f"default_{name}"] = parameter.default
            params.append(f"{name}=default_{name}")
        else:
            params.append(name)
    return ", ".join(params), scope


def trying(target: str, given: str, captured: str = "") -> str:
    """The lines that call a compiled gradient, or the other version once it has been needed."""
    return (
        f"if self_._other is None:\n"
        f"    try:\n"
        f"        return dispatch_({target}, {given}{captured})\n"
        f"    except ValueError_ as error_:\n"
        f"        if not is_request_(error_):\n"
        f"            raise\n"
        f"    self_._other = self_._whole()\n"
        f"return self_._other({given})\n"
    )


def trying_call(signature: inspect.Signature) -> Callable[..., Any]:
    """``__call__`` of a gradient that is checked for nothing else."""
    params, scope = parameters(signature)
    scope |= TRYING
    body = trying("self_", ", ".join(signature.parameters)).replace("\n", "\n    ")
    exec(f"def __call__(self_, {params}):\n    {body}", scope)
    call: Callable[..., Any] = scope["__call__"]
    return call
