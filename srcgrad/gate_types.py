"""Gates of the user's in a typed program: their results' types, and what flows back through them.

In: calls of marked functions (see ``custom``). Out: stubs that Numba can type, and ``Partial``s
from the user's rule or backward function.

Invariant: a gate's function, and its backward function, change none of their arguments; what they
return shares memory with none of them (a backward function may return ``grad_z`` itself).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from numba import types
from numba.core import errors

from .frontend.carried import module
from .frontend.inlining.body import backward_of
from .frontend.memory import memory
from .frontend.stubs import typed_stub


def is_gate(function: Any) -> bool:
    """Whether a function that stays a call is a gate."""
    return getattr(function, "__gate__", None) is not None


def gate_stub(name: str, function: Any) -> Any:
    """What stands for a gate while types are inferred."""
    gate = function.__gate__
    return checked_stub(name, gate.function, gate.parameters, gate_result)


def backward_stubs(gates: Mapping[str, Any]) -> Mapping[str, Any]:
    """What stands for the backward functions."""
    return {
        backward_of(name): backward_stub(backward_of(name), function.__gate__)
        for name, function in gates.items()
        if function.__gate__.backward is not None
    }


def backward_stub(name: str, gate: Any) -> Any:
    """What stands for one backward function."""

    def check(shown: str, kinds: tuple[types.Type, ...], result: types.Type) -> None:
        backward_result(shown, dict(zip(gate.parameters, kinds, strict=False)), result, gate)

    return checked_stub(name, gate.backward, (*gate.parameters, "z", "grad_z"), check)


def checked_stub(name: str, function: Any, parameters: tuple[str, ...], check: Any) -> Any:
    """A function without a body that has the type of one of the user's, if that may stand."""
    compiled: list[Any] = []

    @cache
    def typed(*operands: types.Type) -> types.Type:
        kinds = tuple(map(types.unliteral, operands))
        if not compiled:
            compiled.append(module({function.__name__: function})[function.__name__])
        shown = function.__name__
        try:
            found = memory(compiled[0], kinds)
        except errors.NumbaError as error:
            first = str(error).strip().split("\n")
            detail = next((x.strip() for x in first if x.strip() and "Failed" not in x), "")
            raise refusal(f"Numba cannot compile `{shown}`: {detail}") from None
        for k in sorted(found.writes):
            raise refusal(f"the gate `{shown}` may change its argument `{parameters[k]}`: copy it")
        for k in sorted(found.shares):
            if parameters[k] != "grad_z":
                text = f"what `{shown}` returns may be a part of its argument `{parameters[k]}`"
                raise refusal(f"{text}: return a copy")
        check(shown, kinds, found.result)
        return found.result

    return typed_stub(name, len(parameters), typed)


def refusal(text: str) -> errors.TypingError:
    """A refusal that ``numba_types`` shows at the user's line."""
    return errors.TypingError(f"srcgrad: {text}")


def gate_result(shown: str, kinds: tuple[types.Type, ...], result: types.Type) -> None:
    """Refuse a gate that does not return a number or an array."""
    if not isinstance(result, types.Array | types.Number | types.Boolean):
        raise refusal(f"the gate `{shown}` returns {result}: return a number or an array")


def backward_result(
    shown: str, kinds: Mapping[str, types.Type], result: types.Type, gate: Any
) -> None:
    """Refuse a backward function whose results are not the arguments' gradients."""
    parts = result.types if isinstance(result, types.BaseTuple) else (result,)
    if len(parts) != len(gate.active) or (len(parts) == 1) == isinstance(result, types.BaseTuple):
        wanted = ", ".join(gate.active)
        raise refusal(f"`{shown}` returns {result}, not the gradients of ({wanted})")
    for name, part in zip(gate.active, parts, strict=True):
        kind = kinds[name]
        if not isinstance(getattr(kind, "dtype", kind), types.Float):
            continue
        if getattr(part, "ndim", 0) != getattr(kind, "ndim", 0):
            raise refusal(f"`{shown}` returns {part} as the gradient of `{name}`, which is {kind}")
