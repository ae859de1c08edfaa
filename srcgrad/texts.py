"""Texts: an argument that is a text chooses what a function does; there is a gradient for each.

In: a primal, and the texts that it is called with. Out: the primal of its other parameters, with
these texts written into it.

Invariant: the new primal calls the old one, so what holds for captured values holds for that.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Mapping
from typing import Any

from .broadcasts import parameters
from .errors import ArgumentError
from .execution import execute

_numbers = itertools.count()


def texts_among(signature: inspect.Signature, given: Mapping[str, Any]) -> dict[str, str]:
    """The arguments that are texts, defaults among them."""
    found = {
        name: given.get(name, parameter.default) for name, parameter in signature.parameters.items()
    }
    return {name: value for name, value in found.items() if isinstance(value, str)}


def with_texts(primal: Any, signature: inspect.Signature, texts: Mapping[str, str]) -> Any:
    """``def f(x): return primal(x=x, kind='linear')``."""
    rest = [p for name, p in signature.parameters.items() if name not in texts]
    plain = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in rest]
    params, scope = parameters(inspect.Signature(plain))
    every = {name: repr(texts[name]) if name in texts else name for name in signature.parameters}
    given = ", ".join(f"{name}={value}" for name, value in every.items())
    name = primal.__name__ if primal.__name__.isidentifier() else "f"
    text = f"def {name}({params}):\n    return primal({given})\n"
    scope |= {"primal": primal, "__name__": primal.__module__}
    function = execute(text, f"<{name} of {', '.join(texts)} {next(_numbers)}>", scope)[name]
    function.__qualname__ = primal.__qualname__
    return function


def check_wrt(texts: Mapping[str, str], wrt: tuple[str, ...] | None) -> None:
    """Refuse to differentiate by a text.

    Raises
    ------
    ArgumentError
        With the parameter.
    """
    for name in texts:
        if name in (wrt or ()):
            raise ArgumentError(f"`{name}` is a text, which has no gradient")
