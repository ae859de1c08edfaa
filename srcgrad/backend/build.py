"""Build: the text of a gradient becomes a compiled function.

In: an ``Entry`` with its text, options. Out: a Numba dispatcher, which finds the machine code in
the entry or leaves it there.

Invariant: the text is a module of a name of its own, in a file of its own, so that tracebacks and
debuggers show the lines that run, and Numba never takes one function for another.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import numba
from numba.core.compiler_lock import global_compiler_lock

from ..execution import show
from . import store
from .cache import Entry
from .late import late_code
from .memory import keep_what_is_freed
from .modules import module
from .passes import compiler_for
from .sharing import share, without_wrappers

WRAPPER = "srcgrad_converted"
"""In a text, the function that converts arguments and calls the gradient."""

BUILT: WeakValueDictionary[str | None, Any] = WeakValueDictionary()
"""The dispatchers of this process by digest."""


LONGEST_INLINED = 400
"""Lines of a function that becomes part of its compiled callers."""


def build(
    entry: Entry,
    fastmath: bool | frozenset[str],
    captured: Mapping[str, Any] | None = None,
    inlined: bool = False,
) -> Any:
    """Compile-ready dispatcher of the function in a text.

    Parameters
    ----------
    entry : Entry
        The module's text and the function in it.
    fastmath : bool or set of str
        As for ``numba.njit``.
    captured : mapping, optional
        Names that the text takes from outside.
    inlined : bool
        Whether a short function becomes part of its compiled callers: what is written into their
        arrays is then known to be theirs, and nothing is counted that refers to it.
    """
    keep_what_is_freed()
    path = _path(entry)
    scope = vars(module(f"srcgrad_{path.stem}", str(path)))
    scope |= captured or {}
    exec(compile(str(entry.text), str(path), "exec"), scope)
    share(str(entry.text), scope)
    flags = fastmath if isinstance(fastmath, bool) else set(fastmath)
    inline = inlined and str(entry.text).count("\n") <= LONGEST_INLINED
    function = scope[entry.name]
    dispatcher = numba.njit(
        fastmath=flags,
        error_model="numpy",
        forceinline=inline,
        pipeline_class=compiler_for(function),
    )(function)
    scope[entry.name] = dispatcher
    if WRAPPER in scope:
        without_wrappers(dispatcher)
        dispatcher = numba.njit(fastmath=False, error_model="numpy")(scope[WRAPPER])
    dispatcher._cache = entry
    if entry.digest is not None:
        BUILT[entry.digest] = dispatcher
    return dispatcher


@contextlib.contextmanager
def compiling() -> Iterator[None]:
    """Compile here, one thread at a time: what compiled code alone calls may be late."""
    with global_compiler_lock, rare_collections(), late_code():
        yield


@contextlib.contextmanager
def rare_collections() -> Iterator[None]:
    """Let the garbage collector look less often: compiling makes many objects, and little garbage.

    It takes about a tenth off the time.
    """
    young, *older = gc.get_threshold()
    gc.set_threshold(young and max(young, 100_000), *older)
    try:
        yield
    finally:
        gc.set_threshold(young, *older)


def _path(entry: Entry) -> Path:
    """Where the text stands, or will once its machine code is beside it; else a temporary file."""
    root = store.folder() if entry.digest else None
    if root is None:
        entry.digest = None
        path = _temporary_folder() / entry.filename
        path.write_text(str(entry.text), encoding="utf-8")
        return path
    path = root / str(entry.digest) / entry.filename
    if not path.exists():
        show(str(entry.text), str(path))
    return path


@functools.cache
def _temporary_folder() -> Path:
    """A folder for the texts of this process."""
    path, owner = tempfile.mkdtemp(prefix="srcgrad-"), os.getpid()

    def remove() -> None:
        if os.getpid() == owner:  # not in a forked child
            shutil.rmtree(path, ignore_errors=True)

    atexit.register(remove)
    return Path(path)
