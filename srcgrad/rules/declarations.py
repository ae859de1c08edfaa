"""The functions that a program may call: their canonical names, arguments and kinds of result.

In: callables, as the tables declare them. Out: ``canonical_name`` for a callable, and the
``Function`` that a canonical name stands for.

Invariant: one canonical name for each meaning (``np.abs`` and ``np.absolute`` are one), and
one ``Function`` for each canonical name.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Effect = Literal["fresh", "view", "either", "contiguous", "diagonal", "copied"]


@dataclass(frozen=True)
class Parameter:
    """A parameter of a declared function; ``default`` is None where it has none."""

    name: str
    default: ast.expr | None
    keyword_only: bool = False


@dataclass(frozen=True)
class Function:
    """What srcgrad knows about a callable.

    Attributes
    ----------
    name : str
        The canonical name, as it appears in listings.
    parameters : tuple of Parameter
        Those that NumPy (or math, ...) has, in order.
    variadic : bool
        Whether any number of positional arguments is taken as it is (``np.arange``).
    result : callable or None
        From the operands (see ``results.operand``) to the Numba type of the result.
    effect : {"fresh", "view", "either", "contiguous", "diagonal", "copied"}
        Whether the result shares memory with the first argument ("copied": in NumPy only).
    elementwise : bool
        Whether arguments are broadcast against each other, element by element.
    derivative : bool
        False where the result is piecewise constant: its gradient is zero everywhere.
    refused : frozenset of str
        Parameters that have to keep their defaults.
    """

    name: str
    parameters: tuple[Parameter, ...]
    variadic: bool
    result: Callable[..., Any] | None
    effect: Effect
    elementwise: bool
    derivative: bool
    refused: frozenset[str]


FUNCTIONS: dict[str, Function] = {}
"""Every declared function, by canonical name."""

_NAMES: dict[Any, str] = {}

_UFUNC_PARAMETERS = (
    "out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True"
)

REFUSED = frozenset(
    {"out", "where", "initial", "casting", "order", "subok", "like", "device", "copy", "ndmin"}
)
"""Arguments that no function takes in a differentiated program, unless its table says so."""


def function(
    objects: Any,
    name: str,
    signature: str = "x",
    *,
    result: Callable[..., Any] | None = None,
    effect: Effect = "fresh",
    elementwise: bool = False,
    derivative: bool = True,
    refuse: str = "",
    accept: str = "",
) -> None:
    """Declare a callable, or several that mean the same.

    Parameters
    ----------
    objects : callable or tuple of callables
        What the user's code calls.
    name : str
        The canonical name.
    signature : str
        Parameters as in a ``def``; ``*args`` lets positional arguments through unchanged.
    result, effect, elementwise, derivative
        See ``Function``.
    refuse, accept : str
        Parameters to add to, or to take from, those that must keep their defaults.
    """
    if name in FUNCTIONS:
        raise ValueError(f"{name} is declared twice")
    refused = (REFUSED | set(refuse.split())) - set(accept.split())
    if elementwise and name.startswith("np.") and name != "np.where":
        signature, refused = f"{signature}, {_UFUNC_PARAMETERS}", refused | {"dtype"}
    parameters, variadic = _parameters(signature)
    FUNCTIONS[name] = Function(
        name, parameters, variadic, result, effect, elementwise, derivative, frozenset(refused)
    )
    for obj in objects if isinstance(objects, tuple) else (objects,):
        alias(obj, name)


def alias(obj: Any, name: str) -> None:
    """Let a callable have a canonical name that is declared (or rewritten) elsewhere."""
    if _NAMES.setdefault(obj, name) != name:
        raise ValueError(f"{obj} is both {_NAMES[obj]} and {name}")


def canonical_name(obj: Any) -> str | None:
    """The canonical name of a callable, or None where srcgrad does not know it."""
    try:
        return _NAMES.get(obj) if callable(obj) else None
    except TypeError:  # not hashable
        return None


def _parameters(signature: str) -> tuple[tuple[Parameter, ...], bool]:
    arguments = ast.parse(f"def f({signature}): pass").body[0].args  # type: ignore[attr-defined]
    plain = [*arguments.posonlyargs, *arguments.args]
    missing = len(plain) - len(arguments.defaults)
    defaults = [None] * missing + arguments.defaults
    positional = [Parameter(p.arg, d) for p, d in zip(plain, defaults, strict=True)]
    keyword = [
        Parameter(p.arg, d, keyword_only=True)
        for p, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    return (*positional, *keyword), arguments.vararg is not None
