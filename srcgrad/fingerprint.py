"""Fingerprint: everything that the gradient of a function depends on, as one digest.

In: a Python function. Out: a ``Fingerprint``: a digest of its code and of the code of all that
it calls, of their defaults, and of the values that their free names mean now.

Invariant: only code objects are looked at, no source is read: two functions with one
fingerprint have one gradient. What is looked up is listed, so that whoever reads the source can
tell whether anything was missed.
"""

from __future__ import annotations

import dis
import hashlib
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .meanings import MISSING, resolve

LIBRARIES = frozenset({"builtins", "math", "numba", "numpy", "scipy", "srcgrad"})
"""Their versions are part of every key, so their functions are known by name."""

LOADS = frozenset({"LOAD_GLOBAL", "LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_DEREF"})
ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD"})


@dataclass(frozen=True)
class Fingerprint:
    """What a function's gradient depends on.

    Attributes
    ----------
    digest : str
        Of everything.
    functions : tuple of function
        The function and all that it reaches, in the order of a walk that the digest fixes.
    looked_up : frozenset of (int, str)
        Which names, dotted, were looked up for which of the functions.
    complete : bool
        False where a function imports: what that binds is not known here.
    undefined : bool
        Whether a name means nothing yet.
    """

    digest: str
    functions: tuple[types.FunctionType, ...]
    looked_up: frozenset[tuple[int, str]]
    complete: bool
    undefined: bool

    def reference(self, function: types.FunctionType, name: str) -> tuple[int, str] | None:
        """A name as (position of the function, name); None where it was not looked up."""
        for k, known in enumerate(self.functions):
            if known is function and (k, name) in self.looked_up:
                return k, name
        return None


def fingerprint(function: types.FunctionType) -> Fingerprint:
    """The fingerprint of a function as it is now."""
    walk = _Walk()
    walk.visit(function)
    digest = hashlib.sha256("\n".join(walk.parts).encode("utf-8", "surrogatepass"))
    names = frozenset(walk.looked_up)
    functions = tuple(walk.functions)
    return Fingerprint(digest.hexdigest(), functions, names, walk.complete, walk.undefined)


def look_up(function: types.FunctionType, name: str) -> tuple[str, Any]:
    """What a dotted name means, as far as its dots are attributes of what is known before a call.

    Those of arrays and numbers are not: the name is returned without them.
    """
    first, *rest = name.split(".")
    value, known = resolve(function, first), [first]
    for attribute in rest:
        if isinstance(value, np.ndarray | np.generic | float | int) or value is MISSING:
            break
        value = getattr(value, attribute, MISSING)
        known.append(attribute)
    return ".".join(known), value


@dataclass
class _Walk:
    """The functions met so far, and the description of each."""

    functions: list[types.FunctionType] = field(default_factory=list)
    looked_up: set[tuple[int, str]] = field(default_factory=set)
    arrays: list[np.ndarray] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    complete: bool = True
    undefined: bool = False

    def visit(self, first: types.FunctionType) -> None:
        """Describe a function and all that it reaches."""
        self.functions.append(first)
        for k, function in enumerate(self.functions):  # grows meanwhile
            self.parts.append(f"function {k}: {code_text(function.__code__)}")
            defaults = (function.__defaults__, function.__kwdefaults__)
            self.parts.append(f"defaults: {self.describe(defaults)}")
            for name in free_names(function.__code__):
                if name is None:
                    self.complete = False
                    continue
                known, value = look_up(function, name)
                self.looked_up.add((k, known))
                self.parts.append(f"{name}: {self.describe(value)}")

    def describe(self, value: Any) -> str:
        """A value as text: equal texts, equal gradients."""
        match value:
            case None | bool() | str() | bytes():
                return repr(value)
            case np.generic():
                return f"{value.dtype.str} {value.tobytes().hex()}"
            case int():
                return f"{type(value).__qualname__} {int(value)}"
            case float():
                return f"{type(value).__qualname__} {float(value).hex()}"
            case np.ndarray():
                return self.array(value)
            case tuple() | list():
                inside = ", ".join(map(self.describe, value))
                return f"{type(value).__qualname__} ({inside})"
            case dict():
                inside = ", ".join(f"{k!r}: {self.describe(v)}" for k, v in value.items())
                return f"dict ({inside})"
            case types.ModuleType():
                return f"module {value.__name__}"
        if value is MISSING:
            self.undefined = True
            return "undefined"
        return self.callable(value)

    def array(self, value: np.ndarray) -> str:
        """An array: its type, and which of the arrays it is; its contents are an argument."""
        same = next((k for k, known in enumerate(self.arrays) if known is value), None)
        if same is None:
            same = len(self.arrays)
            self.arrays.append(value)
        flags = value.flags
        layout = (flags.c_contiguous, flags.f_contiguous, flags.writeable, flags.aligned)
        return f"array {same}: {value.dtype.str} {value.ndim} {layout}"

    def callable(self, value: Any) -> str:
        """A function: a library's by its name, the user's by its code; else just its type."""
        setup = getattr(value, "_setup", None)
        if getattr(value, "__srcgrad__", None) and isinstance(setup, tuple):
            return f"gradient {self.describe(setup)}"
        module = str(getattr(value, "__module__", None) or "")
        name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
        if module.partition(".")[0] in LIBRARIES or isinstance(value, np.ufunc):
            return f"{module} {name} {type(value).__qualname__}"
        gate = getattr(value, "__gate__", None)
        if gate is not None:
            rule = f"{gate.texts} {sorted(gate.data)} {sorted(gate.numbers)}"
            return f"gate {rule} {self.plain(gate.function)} {self.describe(gate.backward)}"
        return self.plain(value)

    def plain(self, value: Any) -> str:
        """A user's function by its code; else just its type."""
        module = str(getattr(value, "__module__", None) or "")
        name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
        plain = getattr(value, "py_func", value)
        plain = getattr(plain, "__func__", plain)
        if isinstance(plain, types.FunctionType):
            if plain not in self.functions:
                self.functions.append(plain)
            return f"function {self.functions.index(plain)}"
        if isinstance(value, type):
            return self.record(value)
        if isinstance(value, frozenset | set):
            return f"set ({', '.join(sorted(map(self.describe, value)))})"
        return f"{type(value).__module__} {type(value).__qualname__} {module} {name}"

    def record(self, cls: type) -> str:
        """A class of the user's, which may be that of records: its fields and what they do."""
        parts = [f"class {cls.__module__} {cls.__qualname__}"]
        for owner in cls.__mro__:
            if owner.__module__.partition(".")[0] in LIBRARIES:
                continue
            for name, value in vars(owner).items():
                value = value.fget if isinstance(value, property) else value
                if isinstance(value, types.FunctionType):
                    own = self.plain(value) if name[0] != "_" else code_text(value.__code__)
                    parts.append(f"{name}: {own}")
                elif name[:2] != "__" and isinstance(
                    value, bool | int | float | str | tuple | dict | np.ndarray
                ):
                    parts.append(f"{name}: {self.describe(value)}")
        return "; ".join(parts)


def free_names(code: types.CodeType) -> Iterator[str | None]:
    """The free names of a function and of those inside it, as far as dots go.

    None for an import, which binds names that cannot be looked up.
    """
    for inner in codes(code):
        yield from _own_free_names(inner)


def codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """A code object and all inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from codes(constant)


def _own_free_names(code: types.CodeType) -> Iterator[str | None]:
    """Those of one code object alone."""
    path: list[str] = []
    for step in dis.get_instructions(code):
        if step.opname in ATTRIBUTES and path:
            path.append(step.argval)
            continue
        if step.opname == "EXTENDED_ARG":
            continue
        if path:
            yield ".".join(path)
        path = [step.argval] if step.opname in LOADS else []
        if step.opname == "IMPORT_NAME":
            yield None
    if path:
        yield ".".join(path)


def code_text(code: types.CodeType) -> str:
    """What a code object does, as text; lines and file names aside."""
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    constants = ", ".join(map(_constant_text, code.co_consts))
    table = getattr(code, "co_exceptiontable", b"")
    return f"{code.co_name} {counts} {names} ({constants}) {code.co_code.hex()} {table.hex()}"


def _constant_text(value: Any) -> str:
    """A constant of a code object."""
    match value:
        case types.CodeType():
            return code_text(value)
        case tuple():
            return f"({', '.join(map(_constant_text, value))})"
        case frozenset():
            return f"set ({', '.join(sorted(map(_constant_text, value)))})"
    return f"{type(value).__name__} {value!r}"
