"""Modules: generated code has a module of its own, which no file need be imported for.

In: the name of such a module. Out: the module, empty where its code is not built.

Invariant: what Numba has on disk for a compiled caller of a gradient (``cache=True``) can be
loaded: it has the gradient's machine code within it, and asks only that its module be there.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

NAME = re.compile(r"srcgrad_\w+_[0-9a-f]{16}")
"""The names: of a function, and of the text that it was made from."""


def module(name: str, filename: str = "") -> ModuleType:
    """A new module, where Numba finds it when it unpickles."""
    made = ModuleType(name)
    if filename:
        made.__file__ = filename
    sys.modules[name] = made
    return made


class _Empty(Loader):
    """Loads a module with nothing in it."""

    def exec_module(self, module: ModuleType) -> None:
        """Nothing."""


class _Finder(MetaPathFinder):
    """Finds modules of generated code that are not built in this process."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """An empty module for a name of ours, None for any other."""
        return ModuleSpec(fullname, _Empty()) if NAME.fullmatch(fullname) else None


sys.meta_path.append(_Finder())
