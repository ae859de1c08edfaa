"""Arguments: what a gradient is called with, checked and converted.

In: the arguments of a call, or their Numba types. Out: arguments that a compiled gradient takes,
or a clear error.

Invariant: nothing that is refused here reaches Numba's own typing errors; an argument is never
changed, only replaced by a converted copy.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections import namedtuple
from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import types

from .errors import ArgumentError

Wrt = str | int | Sequence[str | int] | None

LONGEST = 200
"""Longer tuples compile too slowly."""


def plain_signature(function: Any) -> inspect.Signature:
    """The signature with every parameter given by position or by name, as Numba has it.

    Raises
    ------
    ArgumentError
        For star-arguments, and for keyword-only parameters that cannot be given by position.
    """
    signature = inspect.signature(function)
    params = []
    for parameter in signature.parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise ArgumentError(f"`{function.__name__}` has star-arguments: name its parameters")
        params.append(parameter.replace(kind=parameter.POSITIONAL_OR_KEYWORD))
    try:
        return signature.replace(parameters=params)
    except ValueError:
        raise ArgumentError(
            f"`{function.__name__}` has a keyword-only parameter without a default after one with "
            "a default: give it a default as well"
        ) from None


OUT = "out"
"""The parameter for the caller's arrays, of gradients that have it."""


def with_out(signature: inspect.Signature, name: str) -> inspect.Signature:
    """The signature with the parameter ``out``, which is None by default.

    Raises
    ------
    ArgumentError
        Where there is a parameter of this name.
    """
    if OUT in signature.parameters:
        raise ArgumentError(f"`{name}` has a parameter `out` of its own: rename it, or leave out=")
    last = inspect.Parameter(OUT, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None)
    return signature.replace(parameters=[*signature.parameters.values(), last])


def buffers(value: Any) -> Any:
    """The caller's arrays as compiled code takes them: lists become tuples, nothing is copied.

    Raises
    ------
    ArgumentError
        For anything but arrays and None in tuples or lists.
    """
    if value is None or isinstance(value, np.ndarray):
        return value
    if isinstance(value, tuple | list):
        parts = tuple(map(buffers, value))
        same = isinstance(value, tuple) and all(p is v for p, v in zip(parts, value, strict=True))
        return value if same else parts
    raise ArgumentError(f"`out` holds a {type(value).__name__}: pass arrays, None for numbers")


def wrt_names(
    wrt: Wrt, signature: inspect.Signature, name: str
) -> tuple[tuple[str, ...] | None, bool]:
    """The parameters that ``wrt`` means, and whether a bare gradient is wanted.

    Raises
    ------
    ArgumentError
        For a ``wrt`` that names nothing, twice the same, or is no name or position.
    """
    params = list(signature.parameters)
    if wrt is None:
        return None, False
    bare = isinstance(wrt, str) or not isinstance(wrt, Sequence)
    found = tuple(_one_name(w, params, name) for w in ([wrt] if bare else wrt))  # type: ignore[union-attr,list-item]
    if not found:
        raise ArgumentError("`wrt` is empty: name at least one parameter")
    if len(set(found)) < len(found):
        raise ArgumentError(f"`wrt` names a parameter twice: {', '.join(found)}")
    return found, bare


def _one_name(wrt: Any, params: list[str], name: str) -> str:
    """A name or a position as a name."""
    if isinstance(wrt, str):
        if wrt not in params:
            raise ArgumentError(
                f"`wrt={wrt!r}`: `{name}` has no such parameter (it has {', '.join(params)})"
            )
        return wrt
    if isinstance(wrt, bool) or not isinstance(wrt, int | np.integer):
        raise ArgumentError(f"`wrt={wrt!r}` is neither a parameter's name nor its position")
    if not -len(params) <= wrt < len(params):
        raise ArgumentError(f"`wrt={wrt}`: `{name}` has {len(params)} parameters")
    return params[wrt]


def converted(value: Any, name: str, wanted: bool) -> Any:
    """An argument as a compiled gradient takes it.

    Parameters
    ----------
    value : object
        As given.
    name : str
        The parameter.
    wanted : bool
        Whether ``wrt`` names it.

    Raises
    ------
    ArgumentError
        Where it is nothing to compute with.
    """
    match value:
        case bool() | np.bool_() | float() | np.floating() | np.integer():
            return float(value) if wanted and isinstance(value, bool | np.integer) else value
        case int():
            return float(value) if wanted else value
        case np.ndarray():
            return _array(value, name, wanted)
        case list() if holds_arrays(value):
            return converted(tuple(value), name, wanted)
        case list():
            return _array(_from_list(value, name), name, wanted, listed=True)
        case tuple():
            if len(value) > LONGEST:
                raise ArgumentError(f"`{name}` is a tuple of {len(value)}: pass an array")
            parts = [converted(v, name, wanted) for v in value]
            if all(p is v for p, v in zip(parts, value, strict=True)):
                return value
            return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
        case None if not wanted:
            return None
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            given = [converted(getattr(value, f), name, wanted) for f in field_names(type(value))]
            return named(type(value))(*given)
        case complex() | np.complexfloating():
            raise ArgumentError(f"`{name}` is complex: gradients are of real functions only")
    advice = "pass a number, an array, or a list or tuple of them"
    if isinstance(value, dict):
        advice = "pass a NamedTuple or a dataclass with a field for each key"
    raise ArgumentError(
        f"`{name}` is a {type(value).__name__}, which cannot be computed with: {advice}"
    )


@functools.cache
def named(cls: type) -> Any:
    """The NamedTuple that stands for a dataclass whose instances are arguments."""
    made = namedtuple(cls.__name__, field_names(cls))  # type: ignore[misc]
    made.__record__ = cls  # type: ignore[attr-defined]
    return made


def field_names(cls: Any) -> list[str]:
    """The fields of a dataclass."""
    return [f.name for f in dataclasses.fields(cls)]


def holds_arrays(value: list[Any]) -> bool:
    """Whether a list is one of tuples with arrays in them, or of arrays of several shapes."""
    if any(
        isinstance(v, tuple | list) and any(isinstance(a, np.ndarray) for a in v) for v in value
    ):
        return True
    shapes = {v.shape for v in value if isinstance(v, np.ndarray)}
    return len(shapes) > 1


def _from_list(value: list[Any], name: str) -> np.ndarray:
    try:
        array = np.array(value)
    except ValueError:
        raise ArgumentError(f"`{name}` is a ragged list: its rows differ in length") from None
    return array if array.size else array.astype(float)


def _array(value: np.ndarray, name: str, wanted: bool, listed: bool = False) -> Any:
    """An array of numbers; one that is differentiated by has to be of floats."""
    kind = value.dtype.kind
    if kind == "c":
        raise ArgumentError(f"`{name}` is complex: gradients are of real functions only")
    if kind not in "fiub":
        raise ArgumentError(f"`{name}` has dtype {value.dtype}: pass an array of numbers")
    if value.dtype.kind == "f" and value.dtype.itemsize not in (4, 8):
        raise ArgumentError(f"`{name}` has dtype {value.dtype}: use float32 or float64")
    if value.ndim == 0 and not listed:
        return converted(value[()], name, wanted)
    if kind != "f" and wanted:
        if not listed:
            raise ArgumentError(
                f"`{name}` is an array of {value.dtype}, which has no gradient: "
                f"pass `{name}.astype(float)`"
            )
        return value.astype(float)
    return value


def check_types(
    kinds: Sequence[types.Type], params: Sequence[str], wrt: Sequence[str] | None
) -> None:
    """Refuse argument types (of a call in compiled code) that have no gradient.

    Raises
    ------
    ArgumentError
        With the parameter's name.
    """
    for kind, name in zip(kinds, params, strict=False):
        wanted = wrt is not None and name in wrt
        if isinstance(kind, types.Omitted):
            continue
        leaf = kind.dtype if isinstance(kind, types.Array | types.List) else kind
        if isinstance(kind, types.BaseTuple):
            check_types(kind.types, [name] * len(kind.types), wrt)
            continue
        if isinstance(leaf, types.Complex):
            raise ArgumentError(f"`{name}` is complex: gradients are of real functions only")
        if isinstance(kind, types.NoneType) and not wanted:
            continue
        if not isinstance(leaf, types.Float | types.Integer | types.Boolean):
            raise ArgumentError(f"`{name}` is of type {kind}, which cannot be computed with")
        if wanted and isinstance(kind, types.Array) and not isinstance(leaf, types.Float):
            raise ArgumentError(
                f"`{name}` is an array of {leaf}, which has no gradient: pass an array of floats"
            )


def is_floating(kind: types.Type) -> bool:
    """Whether an argument of this type has a gradient when ``wrt`` is left out."""
    if isinstance(kind, types.BaseTuple):
        return len(kind.types) > 0 and all(map(is_floating, kind.types))
    return isinstance(kind.dtype if isinstance(kind, types.Array) else kind, types.Float)
