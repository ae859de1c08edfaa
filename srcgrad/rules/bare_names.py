"""Functions that rule texts and listings call by a bare name, and their source.

In: functions of ``support`` and ``gates``, declared with ``support``. Out: the function for a
name (``helper``) and the text that a listing carries (``helper_source``).

Invariant: the text needs ``np`` and ``math`` only, runs in plain Python, and compiles under
``numba.njit``.
"""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from .declarations import function

_VARIANTS: dict[str, dict[Any, Callable[..., Any]]] = {}
_TEXTS: dict[Callable[..., Any], str] = {}


def support(
    variants: Callable[..., Any] | dict[Any, Callable[..., Any]],
    name: str,
    signature: str = "x",
    *,
    public: Callable[..., Any] | None = None,
    result: Callable[..., Any] | None = None,
    elementwise: bool = False,
    derivative: bool = True,
) -> None:
    """Declare a function whose source listings carry.

    Parameters
    ----------
    variants : callable or dict
        The function; or one for each rank of the first operand (or tuple of ranks of them
        all), and under ``None`` the one for any mix.
    name : str
        What rules and listings call it.
    public : callable, optional
        What user code calls, if that is another function.
    """
    known = variants if isinstance(variants, dict) else {None: variants}
    _VARIANTS[name] = known
    objects = dict.fromkeys([*([public] if public else []), *known.values()])
    function(
        tuple(objects),
        name,
        signature,
        result=result,
        elementwise=elementwise,
        derivative=derivative,
    )


def helper(name: str, ranks: Collection[tuple[int, ...]] = ()) -> Callable[..., Any] | None:
    """The function behind a bare name, None where there is none.

    Parameters
    ----------
    name : str
        Its canonical name.
    ranks : collection of tuple of int
        The operands' ranks in each of a program's calls: where they agree, there may be a
        simpler variant (a scalar sigmoid) than the one for any mix.
    """
    variants = _VARIANTS.get(name)
    if variants is None:
        return None
    keys: tuple[set[Any], ...] = ({tuple(r) for r in ranks}, {r[0] for r in ranks if r})
    for key in keys:
        if len(key) == 1 and (found := variants.get(key.pop())):
            return found
    return variants[None]


def lifted(scalar: Callable[..., Any]) -> Callable[..., Any]:
    """A function of arrays of any rank from one of a number, its text built from the other's."""
    name = f"{scalar.__name__}_of_array"
    lines = textwrap.dedent(inspect.getsource(scalar)).splitlines()
    start = next(k for k, line in enumerate(lines) if line.rstrip().endswith('"""')) + 1
    body = textwrap.indent("\n".join(lines[start:]), "    ")
    text = f"""def {name}(x):
{lines[start - 1]}

    def value(x):
{body}

    x = np.asarray(x)
    result = np.empty(x.shape, np.sqrt(x.ravel()[:0]).dtype)
    for index, element in np.ndenumerate(x):
        result[index] = value(element)
    return result
"""
    scope: dict[str, Any] = {**scalar.__globals__, "np": np, "math": math}
    exec(compile(text, f"<{name}>", "exec"), scope)
    function: Callable[..., Any] = scope[name]
    _TEXTS[function] = text
    return function


def helper_source(name: str, ranks: Collection[tuple[int, ...]] = ()) -> str:
    """The text of a helper's definition, under its canonical name."""
    found = helper(name, ranks)
    if found is None:
        raise KeyError(name)
    text = _TEXTS.get(found) or textwrap.dedent(inspect.getsource(found))
    return text.replace(f"def {found.__name__}(", f"def {name}(", 1)


def helper_sources(name: str, ranks: Collection[tuple[int, ...]] = ()) -> dict[str, str]:
    """The text of a helper's definition, after those of the helpers that it calls."""
    text = helper_source(name, ranks)
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Call(func=ast.Name(id=inner)) if inner != name and inner in _VARIANTS:
                found |= helper_sources(inner)
    return {**found, name: text}
