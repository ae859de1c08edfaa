"""Sharing: helpers that several modules carry are compiled once.

In: a module's text and the scope that it was executed in. Out: the same scope, in which a helper
that another module has, too, is that module's; its machine code is kept on disk like that of
gradients.

Invariant: two helpers are one only if their texts, and the texts of all that they call, are equal.
"""

from __future__ import annotations

import ast
import hashlib
import math
from collections.abc import Mapping
from types import ModuleType
from typing import Any
from weakref import WeakValueDictionary

import numba
import numpy
from numba.core.caching import NullCache
from numba.core.dispatcher import Dispatcher

from ..execution import execute
from .cache import Entry, gradient_digest
from .modules import module

SHARED: WeakValueDictionary[str, Any] = WeakValueDictionary()
"""The helpers of this process by their texts."""

MODULES: Mapping[str, ModuleType] = {"np": numpy, "math": math, "numba": numba}
"""What a helper's text may name."""


def share(text: str, scope: dict[str, Any]) -> None:
    """Put helpers that are known by their texts in the place of a module's own."""
    whole: dict[str, str] = {}
    for name, source in helpers(text).items():  # each comes after those that it calls
        without_wrappers(scope[name])
        used = sorted(read(scope[name]) & scope.keys() - MODULES.keys() - {name})
        if not set(used) <= whole.keys():
            continue  # it calls a later one, or reads a captured value
        whole[name] = "\n\n\n".join([*(whole[n] for n in used), source])
        if whole[name] not in SHARED:
            SHARED[whole[name]] = alone(name, source, whole[name], {n: scope[n] for n in used})
        scope[name] = SHARED[whole[name]]


def alone(name: str, source: str, whole: str, used: Mapping[str, Any]) -> Any:
    """A helper as the dispatcher of a module of its own, which other processes have as well."""
    digest = hashlib.sha256(whole.encode()).hexdigest()[:16]
    own = module(f"srcgrad_{name}_{digest}")
    scope = vars(own)
    scope |= {**MODULES, **used}
    filename = f"<{own.__name__}>"
    execute(source, filename, scope)
    scope[name]._cache = _HelperCache(whole, name)
    without_wrappers(scope[name])
    return scope[name]


def without_wrappers(dispatcher: Dispatcher) -> None:
    """Have nothing compiled by which Python or C could call a function."""
    dispatcher.targetoptions |= {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def helpers(text: str) -> Mapping[str, str]:
    """The sources of a module's decorated functions."""
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            lines = text.splitlines()[node.decorator_list[0].lineno - 1 : node.end_lineno]
            found[node.name] = "\n".join(lines)
    return found


def read(dispatcher: Dispatcher) -> set[str]:
    """The global names that a function may read."""
    return set(dispatcher.py_func.__code__.co_names)


class _HelperCache(NullCache):  # type: ignore[misc]
    """Where Numba finds and leaves a helper's machine code: an entry for each signature."""

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name

    def entry(self, sig: Any) -> Entry:
        """The place of one signature."""
        entry = Entry(gradient_digest("helper", [self.text, self.name], tuple(sig)))
        if entry.text is None:
            entry.fill(self.text, self.name)
        return entry

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled function, for Numba; None where it has to be compiled."""
        return self.entry(sig).load_overload(sig, target_context)

    def save_overload(self, sig: Any, cres: Any) -> None:
        """Keep what Numba has compiled."""
        self.entry(sig).save_overload(sig, cres)
