"""Parse: a function object becomes its AST and the meaning of its free names.

In: a Python function, lambda or Numba dispatcher. Out: a ``Source``. Refuses syntax that has no
place in a differentiable program, every offending line in one error.

Invariant: the AST is that of the code that runs: it is compiled again and compared with the
function's own code.
"""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import Complaint, Place, SourceMismatchError, UnsupportedError
from ..fingerprint import codes
from ..meanings import plain_function, resolve, space
from ..naming import names_in, stored_in
from .asides import LEVELS, without_asides
from .dict_names import dict_names
from .matching import matching


@dataclass(frozen=True)
class Source:
    """A function's text and what its free names mean.

    Attributes
    ----------
    function : function
        The plain Python function.
    tree : ast.FunctionDef
        Its AST; a lambda's as a ``def`` with one return.
    filename : str
        Where it stands.
    lines : tuple of str
        The whole file, for carets.
    local : mapping
        Meanings that imports inside the function give.
    generated : bool
        Whether it is a listing of srcgrad's own: what it captures is captured already.
    at : Place, optional
        Where all of it stands for the user, if that is the call of a known function.
    """

    function: types.FunctionType
    tree: ast.FunctionDef
    filename: str
    lines: tuple[str, ...]
    local: Mapping[str, Any] = field(default_factory=dict)
    generated: bool = False
    at: Place | None = None

    @property
    def name(self) -> str:
        """The function's name; a lambda's is ``f``."""
        return self.tree.name

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of all parameters, in order."""
        return parameter_names(self.tree.args)

    def place(self, node: ast.AST) -> Place:
        """Where a node stands."""
        if self.at is not None:
            return self.at
        line = getattr(node, "lineno", self.tree.lineno)
        text = self.lines[line - 1].rstrip("\n") if 0 < line <= len(self.lines) else ""
        return Place(self.filename, line, getattr(node, "col_offset", 0), text)

    def space(self, name: str) -> Mapping[str, Any] | None:
        """The namespace that a free name is looked up in; None where it cannot change."""
        return None if name in self.local else space(self.function, name)

    def resolve(self, name: str) -> Any:
        """What a free name means now, or ``MISSING``."""
        return self.local[name] if name in self.local else resolve(self.function, name)


def parameter_names(arguments: ast.arguments) -> tuple[str, ...]:
    """The names of a function's parameters, in order."""
    every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    return tuple(a.arg for a in every)


def parse(function: Any) -> Source:
    """Find and check the source of a function.

    Raises
    ------
    SourceMismatchError
        Where the source cannot be read, or is not what the function was compiled from.
    UnsupportedError
        Where it has syntax that cannot be differentiated.
    """
    if (lifted := getattr(function, "__lifted__", None)) is not None:
        source: Source = lifted[-1]
        return source
    source = find(function)
    refused = list(_refusals(source))
    if refused:
        raise UnsupportedError(refused)
    return source


def find(function: Any) -> Source:
    """Find the source of a function, whatever it says.

    Raises
    ------
    SourceMismatchError
        Where the source cannot be read, or is not what the function was compiled from.
    """
    plain = plain_function(function)
    lines, filename = _read(plain)
    try:
        definitions = _definitions("".join(lines))
    except SyntaxError as error:
        raise _mismatch(plain, f"its file no longer parses ({error.msg})") from None
    node = _find(plain, definitions)
    _compare(plain, "".join(lines), filename)
    tree = matching(_as_def(node))
    source = Source(plain, tree, filename, tuple(lines), _imports(tree))
    return replace(source, tree=dict_names(without_asides(tree, source.resolve), source.resolve))


def _read(function: types.FunctionType) -> tuple[list[str], str]:
    """The lines of the file that has the function."""
    filename = function.__code__.co_filename
    linecache.checkcache(filename)
    try:
        lines, _ = inspect.findsource(function)
    except (OSError, TypeError, IndexError):
        lines = linecache.getlines(filename)
    if not lines:
        raise _mismatch(function, "its source cannot be read")
    return lines, inspect.getsourcefile(function) or filename


def _mismatch(function: types.FunctionType, why: str) -> SourceMismatchError:
    """The error for a function without a usable source."""
    code = function.__code__
    place = Place(code.co_filename, code.co_firstlineno)
    advice = "define it in a file or a notebook cell, and import it again after an edit"
    return SourceMismatchError(Complaint(place, f"`{function.__name__}`: {why}", advice))


Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@functools.lru_cache(maxsize=64)
def _definitions(text: str) -> list[Definition]:
    """Every function of a module, at any depth."""
    return [node for node in ast.walk(ast.parse(text)) if isinstance(node, Definition)]


def _find(
    function: types.FunctionType, definitions: Sequence[Definition]
) -> ast.FunctionDef | ast.Lambda:
    """The node of a function, by name and place."""
    code = function.__code__
    found: list[ast.FunctionDef | ast.Lambda] = []
    for node in definitions:
        match node:
            case ast.AsyncFunctionDef(name=name) if name == code.co_name:
                if _first_line(node) == code.co_firstlineno:
                    text = linecache.getline(code.co_filename, node.lineno).rstrip()
                    place = Place(code.co_filename, node.lineno, node.col_offset, text)
                    reason = "async functions cannot be differentiated"
                    raise UnsupportedError(Complaint(place, reason, "write a plain function"))
            case ast.FunctionDef(name=name) if name == code.co_name:
                if _first_line(node) == code.co_firstlineno:
                    found.append(node)
            case ast.Lambda() if code.co_name == "<lambda>" and _spans(node, code):
                found.append(node)
    if not found:
        raise _mismatch(function, "it is not where its file says (edited since it was loaded?)")
    if len(found) > 1 and isinstance(found[0], ast.Lambda):
        found.sort(key=lambda n: _extent(n.body))  # type: ignore[attr-defined,arg-type]
    return found[0]


def _first_line(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return min([node.lineno, *(d.lineno for d in node.decorator_list)])


def _extent(node: ast.expr) -> tuple[int, int]:
    assert node.end_lineno is not None and node.end_col_offset is not None
    return node.end_lineno - node.lineno, node.end_col_offset - node.col_offset


def _spans(node: ast.Lambda, code: types.CodeType) -> bool:
    """Whether all of the code's instructions come from a lambda's body."""
    start = (node.body.lineno, node.body.col_offset)
    end = (node.body.end_lineno or 0, node.body.end_col_offset or 0)
    spots = [p for p in code.co_positions() if None not in p]
    inside = [
        (a, c) >= start and (b, d) <= end
        for a, b, c, d in spots
        if (c or d)  # type: ignore[operator]
    ]
    return bool(inside) and all(inside) and node.lineno >= code.co_firstlineno


def _compare(function: types.FunctionType, text: str, filename: str) -> None:
    """Refuse where the file's code is not the function's."""
    code = function.__code__
    if any(n.startswith("@py") for n in (*code.co_varnames, *code.co_names)):
        return  # pytest rewrote its asserts
    compiled = _compiled(text, filename)
    same_place = [c for c in codes(compiled) if c.co_name == code.co_name]
    if not any(_same(c, code) for c in same_place):
        raise _mismatch(function, "its file was edited since it was loaded")


@functools.lru_cache(maxsize=16)
def _compiled(text: str, filename: str) -> types.CodeType:
    return compile(text, filename, "exec", dont_inherit=True)


def _same(a: types.CodeType, b: types.CodeType) -> bool:
    """Whether two code objects compute the same, names and places of nested code aside."""
    if (a.co_code, a.co_names, a.co_varnames) != (b.co_code, b.co_names, b.co_varnames):
        return False
    if a.co_freevars != b.co_freevars or len(a.co_consts) != len(b.co_consts):
        return False
    for x, y in zip(a.co_consts, b.co_consts, strict=True):
        if isinstance(x, types.CodeType):
            if not isinstance(y, types.CodeType) or not _same(x, y):
                return False
        elif type(x) is not type(y) or repr(x) != repr(y):
            return False
    return True


def _as_def(node: ast.FunctionDef | ast.Lambda) -> ast.FunctionDef:
    """A ``def`` without decorators, annotations and docstring."""
    if isinstance(node, ast.Lambda):
        body: list[ast.stmt] = [ast.copy_location(ast.Return(node.body), node.body)]
        name = "f"
    else:
        body, name = list(node.body), node.name
        match body[0]:
            case ast.Expr(value=ast.Constant(value=str())):
                body = body[1:] or [ast.copy_location(ast.Pass(), body[0])]
    tree = ast.FunctionDef(name=name, args=node.args, body=body, decorator_list=[])
    return ast.copy_location(tree, node)


def _imports(tree: ast.FunctionDef) -> dict[str, Any]:
    """What imports inside the function bind."""
    scope: dict[str, Any] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = ast.Module([node], [])
            exec(compile(module, "<import>", "exec"), scope)
    scope.pop("__builtins__", None)
    return scope


REFUSED: Mapping[type[ast.AST], tuple[str, str]] = {
    ast.Try: (
        "`try` has no gradient: which line raises is not known",
        "check beforehand with `if`",
    ),
    ast.TryStar: ("`try` has no gradient: which line raises is not known", "check with `if`"),
    ast.With: ("`with` cannot be differentiated", "leave it around the call of the gradient"),
    ast.AsyncWith: ("`async with` cannot be differentiated", ""),
    ast.AsyncFor: ("`async for` cannot be differentiated", ""),
    ast.AsyncFunctionDef: ("async functions cannot be differentiated", ""),
    ast.Await: ("`await` cannot be differentiated", ""),
    ast.Yield: ("generators (`yield`) cannot be differentiated", "store the values in an array"),
    ast.YieldFrom: (
        "generators (`yield from`) cannot be differentiated",
        "store the values in an array",
    ),
    ast.ClassDef: ("classes cannot be defined in a differentiated function", "move it outside"),
    ast.Global: ("writes to globals cannot be differentiated", "return the value"),
    ast.Nonlocal: ("writes to nonlocals cannot be differentiated", "return the value"),
    ast.Dict: ("dicts cannot carry gradients", "use arrays, tuples or separate names"),
    ast.DictComp: ("dicts cannot carry gradients", "use arrays"),
    ast.Set: ("sets cannot carry gradients", "use arrays"),
    ast.SetComp: ("sets cannot carry gradients", "use arrays"),
    ast.Match: ("this `match` has patterns that cannot be differentiated", "use `if`"),
}


def _refusals(source: Source) -> Iterator[Complaint]:
    """Every place with syntax that has no gradient, in source order."""
    found: dict[tuple[int, int], Complaint] = {}

    def note(node: ast.AST, reason: str, advice: str) -> None:
        place = source.place(node)
        found.setdefault((place.line, place.column), Complaint(place, reason, advice))

    known = {id(e) for e in _constant_dicts(source.tree)}
    for node in _differentiated(source.tree):
        if type(node) in REFUSED and id(node) not in known:
            note(node, *REFUSED[type(node)])
        match node:
            case ast.Attribute(ctx=ast.Store() | ast.Del()):
                note(node, "writes to attributes cannot be differentiated", "use a local name")
            case ast.arguments(vararg=vararg, kwarg=kwarg) if vararg or kwarg:
                star = vararg or kwarg
                assert star is not None
                note(star, "star-arguments cannot be differentiated", "name the parameters")
            case ast.JoinedStr():
                note(node, "strings cannot be computed with", "return numbers")
            case ast.Delete(targets=targets) if not all(map(_may_go, targets)) or (
                len(targets) > 1 and any(isinstance(t, ast.Subscript) for t in targets)
            ):
                note(node, "`del` of an element cannot be differentiated", "copy what stays")
            case ast.Constant(value=complex()):
                note(node, "complex numbers are not supported", "use two real ones")
            case ast.Constant(value=bytes()):
                note(node, "bytes cannot be computed with", "")
    last = source.tree.body[-1]
    returns = [n for n in _own_statements(source.tree) if isinstance(n, ast.Return)]
    if any(r.value is not None for r in returns) and not _ends(source.tree.body):
        note(last, "the function may end without a result here", "return a number on every path")
    lines: set[int] = set()
    for line, column in sorted(found):
        if line not in lines:
            yield found[line, column]
        lines.add(line)


def _may_go(target: ast.expr) -> bool:
    """Whether ``del`` is of a name, or of the element of a list at a constant place."""
    match target:
        case ast.Name():
            return True
        case ast.Subscript(value=ast.Name(), slice=ast.Constant(value=int())):
            return True
        case ast.Subscript(value=ast.Name(), slice=index):
            return ast.unparse(index) == "-1"
    return False


def _constant_dicts(tree: ast.FunctionDef) -> Iterator[ast.expr]:
    """``{...}`` in assignments ``p = {"g": 9.81}``, where no value depends on a local name."""
    local = {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    local |= stored_in(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name()], value=ast.Dict() as value) if (
                not local & names_in(value)
            ):
                yield value


def _own_statements(tree: ast.FunctionDef) -> Iterator[ast.stmt]:
    """The statements of a function, those of functions inside it left out."""
    todo: list[ast.stmt] = list(tree.body)
    while todo:
        stmt = todo.pop()
        yield stmt
        if not isinstance(stmt, ast.FunctionDef | ast.ClassDef):
            todo += [s for s in ast.iter_child_nodes(stmt) if isinstance(s, ast.stmt)]


def _ends(body: list[ast.stmt]) -> bool:
    """Whether a block certainly ends in a return or a raise."""
    match body[-1] if body else None:
        case ast.Return() | ast.Raise():
            return True
        case ast.If(body=yes, orelse=no):
            return _ends(yes) and _ends(no)
        case ast.While(test=ast.Constant(value=True | 1)) as loop:
            return not any(isinstance(n, ast.Break) for n in ast.walk(loop))
        case ast.For(orelse=orelse) | ast.While(orelse=orelse):
            return _ends(orelse) and not any(isinstance(n, ast.Break) for n in ast.walk(body[-1]))
        case ast.Try() | ast.With() | ast.Match():
            return True
    return False


def _differentiated(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes whose values matter: not annotations, nor the messages of raise and assert."""
    yield node
    match node:
        case ast.Raise() | ast.Expr(value=ast.Call(func=ast.Name(id="print"))):
            return
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=attr))) if attr in (*LEVELS, "warn"):
            return
        case ast.Assert(test=test):
            yield from _differentiated(test)
            return
        case ast.AnnAssign(target=target, value=value):
            children: list[ast.AST] = [target, *([value] if value else [])]
        case ast.arg():
            return
        case ast.FunctionDef(args=args, body=body):
            children = [args, *body]
        case _:
            children = list(ast.iter_child_nodes(node))
    for child in children:
        yield from _differentiated(child)
