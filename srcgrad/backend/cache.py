"""Cache: compiled gradients that are found again by what they were made from.

In: a function's fingerprint, options, argument types. Out: an ``Entry``: the place of one
compiled signature, filled from the disk or to be filled; and small records by digest.

Invariant: the key holds everything that the machine code depends on: the fingerprint, the types
and options, srcgrad's own source, the versions beneath it and the processor. What is read was
verified by ``store`` before anything is unpickled.
"""

from __future__ import annotations

import functools
import hashlib
import json
import pickle
import sys
from importlib.metadata import version
from pathlib import Path
from types import FunctionType
from typing import Any

import numba
import numpy as np
from numba import types
from numba.core import serialize
from numba.core.caching import CompileResultCacheImpl, NullCache
from numba.core.registry import cpu_target

from . import store

CODE, RECORD = "code", "record"

NUMBA_SETTINGS = (
    *("BOUNDSCHECK", "DEBUG", "DEBUGINFO_DEFAULT", "DISABLE_INTEL_SVML", "ENABLE_AVX"),
    *("EXTEND_VARIABLE_LIFETIMES", "LLVM_REFPRUNE_FLAGS", "LLVM_REFPRUNE_PASS"),
    *("LOOP_VECTORIZE", "OPT", "SLP_VECTORIZE", "USING_SVML"),
)
"""Settings of Numba that change the code it makes."""


def digest_of(*parts: Any) -> str:
    """One digest for a key."""
    settings = [repr(getattr(numba.config, name, None)) for name in NUMBA_SETTINGS]
    text = json.dumps([environment(), settings, *parts])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def gradient_digest(digest: str | None, form: Any, args: tuple[types.Type, ...]) -> str | None:
    """The key of one compiled signature; None where it cannot be kept."""
    kinds = [described(kind) for kind in args]
    return None if digest is None or None in kinds else digest_of("gradient", digest, form, kinds)


@functools.cache
def environment() -> str:
    """Everything outside of the user's program that machine code depends on."""
    versions = [numba.__version__, np.__version__, version("llvmlite"), version("scipy")]
    processor = cpu_target.target_context.codegen().magic_tuple()
    return json.dumps([source_digest(), sys.version, versions, *processor])


@functools.cache
def source_digest() -> str:
    """Of srcgrad's own source."""
    found = hashlib.sha256()
    root = Path(__file__).parent.parent
    for path in sorted(root.rglob("*.py")):
        content = path.read_bytes()
        found.update(f"{path.relative_to(root)} {len(content)}\n".encode())
        found.update(content)
    return found.hexdigest()


def described(kind: types.Type) -> str | None:
    """An argument's type as text that means the same in another process; None if there is none."""
    match kind:
        case types.Omitted(value=bool() | int() | float() | None as value):
            return f"omitted {type(value).__name__} {value!r}"
        case types.Array(dtype=types.Number() | types.Boolean() as dtype):
            form = (kind.ndim, kind.layout, kind.mutable, kind.aligned)
            return f"array {dtype} {form}" if type(kind) is types.Array else None
        case types.BaseNamedTuple():
            made = kind.instance_class
            found: Any = sys.modules.get(made.__module__)
            for part in made.__qualname__.split("."):
                found = getattr(found, part, None)
            if found is not made or made.__module__ == "__main__":
                return None  # another process could not unpickle it
            if any(name[0] != "_" and is_code(v) for name, v in vars(made).items()):
                return None  # its methods may be other ones there
            return _described_parts(f"{made.__module__}.{made.__qualname__} {made._fields}", kind)
        case types.BaseAnonymousTuple():
            return _described_parts("tuple", kind)
        case types.Number() | types.Boolean() | types.NoneType():
            return str(kind)
    return None


def is_code(value: Any) -> bool:
    """Whether an attribute of a class is a method or a property."""
    return isinstance(value, FunctionType | property | classmethod | staticmethod)


def _described_parts(head: str, kind: Any) -> str | None:
    """A tuple's type as text."""
    parts = [described(t) for t in kind.types]
    return None if None in parts else f"{head} ({', '.join(map(str, parts))})"


class Entry(NullCache):  # type: ignore[misc]
    """One compiled signature: its text, and where Numba finds and leaves its machine code.

    Attributes
    ----------
    digest : str or None
        The key; None for what is not to be kept.
    name : str
        The function in the text.
    text : str or None
        The module; None until it is known.
    """

    def __init__(self, digest: str | None) -> None:
        self.digest = digest
        self.name = ""
        self.text: str | None = None
        self._code: bytes | None = None
        files = store.read(digest) if digest else None
        if files is not None and {CODE, RECORD} <= set(files):
            self._code = files[CODE]
            self.name = json.loads(files[RECORD])["name"]
            self.text = files[self.filename].decode()

    @property
    def filename(self) -> str:
        """The name of the text's file: no other has it."""
        unique = self.digest or hashlib.sha256(str(self.text).encode()).hexdigest()
        return f"{self.name[:100]}_{unique[:16]}.py"

    def fill(self, text: str, name: str) -> None:
        """Give an entry that was not found its text."""
        self.text, self.name = text, name

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled function, for Numba; None where it has to be compiled."""
        if self._code is None or self.digest is None:
            return None
        code, self._code = self._code, None
        target_context.refresh()
        try:
            found = _implementation.rebuild(target_context, pickle.loads(code))
        except Exception:
            store.set_aside(self.digest)
            return None
        return found if tuple(found.signature.args) == tuple(sig) else None

    def save_overload(self, sig: Any, cres: Any) -> None:
        """Keep what Numba has compiled."""
        if self.digest is None or cres.lifted or cres.library.has_dynamic_globals:
            return
        try:
            code = serialize.dumps(_implementation.reduce(cres))
        except Exception:
            return  # what cannot be pickled is compiled in each process
        record = json.dumps({"name": self.name}).encode()
        text = str(self.text).encode()
        store.write(self.digest, {self.filename: text, CODE: code, RECORD: record})


_implementation = CompileResultCacheImpl.__new__(CompileResultCacheImpl)
"""Numba's way of taking a compiled function apart, without its files."""


def recall(digest: str) -> Any:
    """A small record under a digest; None if there is none."""
    files = store.read(digest)
    return json.loads(files[RECORD]) if files is not None and RECORD in files else None


def remember(digest: str, record: Any) -> None:
    """Keep a small record."""
    store.write(digest, {RECORD: json.dumps(record).encode()})
