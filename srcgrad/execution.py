"""Execution: a text becomes objects whose lines can be shown.

In: the text of a module, a name for its file, the names that it sees. Out: those names, with
what the text defines.

Invariant: tracebacks, ``inspect.getsource`` and Numba find the lines under the file's name.
"""

from __future__ import annotations

import linecache
from typing import Any


def execute(text: str, filename: str, scope: dict[str, Any]) -> dict[str, Any]:
    """The scope in which the text was executed."""
    show(text, filename)
    exec(compile(text, filename, "exec"), scope)
    return scope


def show(text: str, filename: str) -> None:
    """Let the lines of a text be found, though there is no such file."""
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
