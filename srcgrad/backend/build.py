"""Build: the text of a gradient becomes a compiled function.

In: the text of a module, the name of its function, options. Out: a Numba dispatcher.

Invariant: the text is in a real file of its own, found by its contents, so that tracebacks and
debuggers show the lines that run; the file is complete or not there.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numba

CONTRACTED = frozenset({"contract", "reassoc", "nsz", "arcp"})
"""The default ``fastmath``: sums may be reordered, nan and infinity are honoured."""


def cache_folder() -> Path:
    """Where generated files go: ``SRCGRAD_CACHE_DIR``, else the platform's cache folder."""
    chosen = os.environ.get("SRCGRAD_CACHE_DIR")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "srcgrad"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "srcgrad"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "srcgrad"


def write(text: str, name: str) -> Path:
    """Put the text into a file named after its contents; in a temporary folder if need be."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    try:
        folder = cache_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _write(text, folder / f"{name}_{digest}.py")
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="srcgrad-"))
        return _write(text, folder / f"{name}_{digest}.py")


def _write(text: str, path: Path) -> Path:
    """Write a file whole: beside it first, then renamed into place."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if path.read_text(encoding="utf-8") == text:
            return path
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(temporary, path)
    return path


def build(text: str, name: str, fastmath: Any = CONTRACTED) -> Any:
    """Compile-ready dispatcher of the function in a text.

    Parameters
    ----------
    text : str
        A module.
    name : str
        The function in it.
    fastmath : bool or set of str
        As for ``numba.njit``.
    """
    path = write(text, name)
    scope: dict[str, Any] = {"__name__": path.stem, "__file__": str(path)}
    exec(compile(text, str(path), "exec"), scope)
    flags = set(fastmath) if isinstance(fastmath, frozenset | set | tuple | list) else fastmath
    return numba.njit(fastmath=flags, error_model="numpy")(scope[name])
