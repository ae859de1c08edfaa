"""Carried: the source of a user's function, with all that it calls, to stand in a listing.

In: functions and the names that they get. Out: ``Carried``: a text for each of them and of their
helpers, helpers first, and the captured numbers that they name.

Invariant: the texts need numpy, math and numba only and mean what the functions mean; comments
and layout stay the user's.
"""

from __future__ import annotations

import ast
import builtins
import itertools
import math
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any

import numba
import numpy as np

from ..errors import Complaint, UndefinedError, UnsupportedError
from ..execution import execute
from ..meanings import MISSING
from ..naming import free_name
from .parse import Source, find

MODULES: Mapping[str, str] = {"numpy": "np", "math": "math", "numba": "numba"}
"""The modules that a text may name, and how."""

Span = tuple[int, int, int, int]
"""Where a piece of text starts and ends: line and byte, line and byte."""


@dataclass
class Carried:
    """What a listing carries.

    Attributes
    ----------
    sources : dict of str to str
        The definitions by name, in the order in which they have to stand.
    constants : dict of str to object
        Captured numbers.
    captured : list of (Source, str, object)
        All that was looked up outside.
    """

    taken: set[str]
    names: dict[FunctionType, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    captured: list[tuple[Source, str, Any]] = field(default_factory=list)

    def add(self, function: FunctionType) -> None:
        """Carry a function that has its name, its helpers before it."""
        source = find(function)
        changes = {span: new for span, new in self.changes(source)}
        self.sources[self.names[function]] = rewritten(source, self.names[function], changes)

    def changes(self, source: Source) -> Iterator[tuple[Span, str]]:
        """What has to be replaced in a function's text."""
        for annotation in annotation_spans(source.tree):
            yield annotation, ""
        local = local_names(source.tree)
        for node, chain in free_chains(source.tree, local):
            used, new = self.replacement(source, node, chain)
            if new != ".".join(used):
                yield span_of(node, len(chain) - len(used)), new

    def replacement(
        self, source: Source, node: ast.expr, chain: list[str]
    ) -> tuple[list[str], str]:
        """How much of a dotted name is replaced, and by what."""
        value = source.resolve(chain[0])
        if value is MISSING:
            place = source.place(node)
            raise UndefinedError(Complaint(place, f"`{chain[0]}` is not defined"))
        used = chain[:1]
        for attribute in chain[1:]:
            if not isinstance(value, ModuleType) or library(value):
                break
            value = getattr(value, attribute, MISSING)
            used.append(attribute)
        if isinstance(value, ModuleType) and (text := library(value)):
            return used, text
        if getattr(builtins, used[-1], MISSING) is value:
            return used, used[-1]
        if (known := member(value)) is not None:
            return used, known
        name = ".".join(used)
        self.captured.append((source, name, value))
        plain = getattr(value, "py_func", value)
        root = str(getattr(plain, "__module__", "")).partition(".")[0]
        if isinstance(plain, FunctionType) and root != "srcgrad":
            return used, self.helper(plain)
        if isinstance(value, bool | int | float | np.number | np.bool_):
            return used, self.constant(used[-1], value)
        advice = "pass it as an argument"
        if callable(value):
            advice = "write it with NumPy, or with a function of your own"
        reason = f"`{name}` cannot be used in a gate: a listing needs numpy, math and numba only"
        raise UnsupportedError(Complaint(source.place(node), reason, advice))

    def helper(self, function: FunctionType) -> str:
        """The name of a helper, which is carried as well."""
        if function not in self.names:
            self.names[function] = self.free(function.__name__)
            self.add(function)
        return self.names[function]

    def constant(self, wish: str, value: Any) -> str:
        """The name of a captured number."""
        if wish in self.constants and same(self.constants[wish], value):
            return wish
        name = self.free(wish)
        self.constants[name] = value
        return name

    def free(self, wish: str) -> str:
        """A name that nothing has yet."""
        return free_name(wish, self.taken)


def same(a: Any, b: Any) -> bool:
    """Whether two numbers are one constant."""
    return type(a) is type(b) and repr(a) == repr(b)


def carry(functions: Mapping[str, FunctionType], taken: Iterable[str] = ()) -> Carried:
    """The sources of functions under their names, and of all that they call.

    Parameters
    ----------
    functions : mapping of str to function
        The name of each in the text.
    taken : iterable of str
        Names that helpers and captured numbers must not have.

    Raises
    ------
    UnsupportedError
        Where one of them needs what a listing cannot have.
    """
    found = Carried({*taken, *functions, *MODULES.values()})
    found.names = {function: name for name, function in functions.items()}
    for function in functions.values():
        found.add(function)
    return found


_numbers = itertools.count()


def module(functions: Mapping[str, FunctionType]) -> dict[str, Any]:
    """The functions compiled from the text that a listing carries."""
    found = carry(functions)
    text = "\n\n\n".join(f"@numba.njit\n{source}" for source in found.sources.values()) + "\n"
    filename = f"<gate {next(_numbers)} {next(iter(functions))}>"
    scope: dict[str, Any] = {"np": np, "math": math, "numba": numba, **found.constants}
    return execute(text, filename, scope)


def library(value: ModuleType) -> str:
    """How a text names a module, "" if it cannot."""
    root, dot, rest = value.__name__.partition(".")
    return f"{MODULES[root]}{dot}{rest}" if root in MODULES else ""


def member(value: Any) -> str | None:
    """``np.exp`` for what was imported from a module."""
    name = getattr(value, "__name__", None)
    for where, text in ((math, "math"), (np, "np"), (np.linalg, "np.linalg"), (numba, "numba")):
        if isinstance(name, str) and getattr(where, name, MISSING) is value:
            return f"{text}.{name}"
    for constant in ("pi", "e", "inf", "nan"):
        if value is getattr(np, constant) or value is getattr(math, constant):
            return f"math.{constant}"
    return None


# The text


def rewritten(source: Source, name: str, changes: Mapping[Span, str]) -> str:
    """A function's definition under a name, with pieces of its text replaced."""
    tree = source.tree
    lines = [line.encode() for line in source.lines[: tree.end_lineno]]
    for (line, start, last, end), new in sorted(changes.items(), reverse=True):
        tail = lines[last - 1][end:]
        lines[line - 1 : last] = [lines[line - 1][:start] + new.encode() + tail]
    text = textwrap.dedent(b"".join(lines[tree.lineno - 1 :]).decode())
    text = re.sub(rf"\A(\s*def\s+){tree.name}\b", rf"\g<1>{name}", text)
    return re.sub(r"\A(.*?\))\s*->[^:]*:", r"\1:", text, count=1, flags=re.DOTALL).strip()


def annotation_spans(tree: ast.FunctionDef) -> Iterator[Span]:
    """The annotations of parameters and of the result."""
    for arg in ast.walk(tree.args):
        if isinstance(arg, ast.arg) and (note := arg.annotation):
            start = arg.col_offset + len(arg.arg.encode())
            yield arg.lineno, start, note.end_lineno or 0, note.end_col_offset or 0


def local_names(tree: ast.FunctionDef) -> set[str]:
    """Every name that is bound anywhere in a function."""
    found = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and is_bound(n)}
    found |= {a.arg for a in ast.walk(tree) if isinstance(a, ast.arg)}
    return found | {
        n.name for s in tree.body for n in ast.walk(s) if isinstance(n, ast.FunctionDef)
    }


def is_bound(node: ast.Name) -> bool:
    """Whether a name is given a value here."""
    return not isinstance(node.ctx, ast.Load)


def free_chains(tree: ast.FunctionDef, local: set[str]) -> Iterator[tuple[ast.expr, list[str]]]:
    """``np.linalg.norm`` and the like: the longest dotted names that start outside."""
    todo: list[ast.AST] = [*tree.args.defaults, *tree.body]
    while todo:
        node = todo.pop()
        chain = dotted(node)
        if chain is not None:
            assert isinstance(node, ast.expr)
            if chain[0] not in local:
                yield node, chain
            continue
        if isinstance(node, ast.AnnAssign):
            todo += [node.target, *([node.value] if node.value else [])]
        elif not isinstance(node, ast.arg):
            todo += ast.iter_child_nodes(node)


def dotted(node: ast.AST) -> list[str] | None:
    """The parts of a dotted name."""
    match node:
        case ast.Name(id=name):
            return [name]
        case ast.Attribute(value=value, attr=attr):
            head = dotted(value)
            return None if head is None else [*head, attr]
    return None


def span_of(node: ast.expr, unused: int) -> Span:
    """Where a dotted name stands, its last parts left out."""
    for _ in range(unused):
        assert isinstance(node, ast.Attribute)
        node = node.value
    return node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0
