"""The Program: a small structured form of a numeric function, and what makes it well formed.

In: nothing; these are the plain values that every stage takes and returns.
Out: ``Program`` with its statements, the traversals that analyses share, and ``verify``.

A Program is a list of statements with structured control flow: one operation a statement,
atoms (names and constants) as its operands, one ``Return`` at the end. Expressions are
``ast`` nodes that nobody changes in place; every callee in them has its canonical name
(``np.exp``, ``math.log``, ``sigmoid``), whatever the user imported it as. Tests, subscripts
and range bounds may be compound, since nothing flows back through them: they only have to
be pure.

Invariant (``verify``): see ``verify``.
"""

from __future__ import annotations

import ast
import functools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

Expr = ast.expr
Block = tuple["Stmt", ...]


@dataclass(frozen=True, kw_only=True)
class Stmt:
    """A statement; ``line`` is the user's line (0: none), ``comment`` is shown in the listing."""

    line: int = 0
    comment: str = ""

    @functools.cached_property
    def reads(self) -> frozenset[str]:
        """Names that it reads itself: looked for once, as every analysis asks for them."""
        return frozenset(_reads(self))

    @functools.cached_property
    def writes(self) -> tuple[str, ...]:
        """Names that it binds itself: looked for once, as well."""
        return _writes(self)


@dataclass(frozen=True)
class Assign(Stmt):
    """``z = op(x, y)``: a number, or an array that no other name shares."""

    target: str
    value: Expr


@dataclass(frozen=True)
class Update(Stmt):
    """``x op= v`` as the user wrote it; ``infer`` decides what it is. ``op`` is an ast operator."""

    target: str
    op: ast.operator
    value: Expr


@dataclass(frozen=True)
class Alias(Stmt):
    """``b = a``: another name of the same array (or list)."""

    target: str
    source: str


@dataclass(frozen=True)
class View(Stmt):
    """``b = a[1:]``, ``b = np.transpose(a)``: an array that shares memory with ``source``."""

    target: str
    source: str
    value: Expr


@dataclass(frozen=True)
class Store(Stmt):
    """``a[i] = v``: elements are overwritten.

    ``updates`` says that the user wrote ``a[i] *= v``: an array in a list is changed itself.
    """

    target: str
    index: Expr
    value: Expr
    updates: bool = False


@dataclass(frozen=True)
class Increment(Stmt):
    """``a[i] += v`` or ``a[i] -= v``; without an index, the whole of ``a`` in place.

    In adjoint code the target may be a scalar: ``grad_x += ...``. ``exact`` says that the value
    has the target's shape.
    """

    target: str
    index: Expr | None
    value: Expr
    negative: bool = False
    exact: bool = False


@dataclass(frozen=True)
class Swap(Stmt):
    """``u, v = v, u``: names change places; ``sources`` is a permutation of ``targets``."""

    targets: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class If(Stmt):
    """``if test: body else: orelse``; the test is pure."""

    test: Expr
    body: Block
    orelse: Block = ()


@dataclass(frozen=True)
class For(Stmt):
    """``for counter in range(start, stop, step)``; ends after a round in which ``exit`` is true."""

    counter: str
    start: Expr
    stop: Expr
    step: Expr
    body: Block
    exit: str | None = None


@dataclass(frozen=True)
class While(Stmt):
    """``while test: body``; the test is pure."""

    test: Expr
    body: Block


@dataclass(frozen=True)
class Push(Stmt):
    """``tape.append(value)``."""

    tape: str
    value: Expr


@dataclass(frozen=True)
class Pop(Stmt):
    """``target = tape.pop()``; without a target the value is dropped."""

    target: str | None
    tape: str


@dataclass(frozen=True)
class Call(Stmt):
    """``z = f(x, a)`` of a recursive function, which may change the arrays (lists) ``changed``.

    ``y, z = f(x, a)`` where it returns a tuple. ``active``: which arguments have gradients.
    """

    targets: tuple[str, ...]
    value: ast.Call
    changed: tuple[str, ...] = ()
    active: tuple[int, ...] = ()

    @property
    def function(self) -> str:
        """The name of what is called."""
        assert isinstance(self.value.func, ast.Name)
        return self.value.func.id


@dataclass(frozen=True)
class Check(Stmt):
    """``assert`` or ``raise``: kept in the forward sweep, no gradient."""

    node: ast.stmt


@dataclass(frozen=True)
class Comment(Stmt):
    """A line of comment in the listing: a section's title."""

    text: str


@dataclass(frozen=True)
class Return(Stmt):
    """The only one, at the end."""

    value: Expr


@dataclass(frozen=True)
class Program:
    """A function as statements.

    Attributes
    ----------
    name : str
        The function's name in the emitted text.
    params : tuple of str
        Parameters, in order; ``hidden`` ones (captured arrays) come last.
    body : tuple of Stmt
        The statements.
    types : mapping of str to numba.types.Type
        The type of every name, once inferred. Empty before.
    constants : mapping of str to object
        Captured scalars (and tuples of them) that the text names: emitted above the function.
    hidden : tuple of str
        Parameters that hold captured arrays.
    routines : mapping of str to callable
        Functions that the text calls by name and that are emitted above it: recursive ones, and
        their gradients. The callables have no bodies; Numba knows their types.
    gates : mapping of str to function
        Gates of the user's, marked functions, that the text calls by name.
    recursive : bool
        Whether its sweeps become two functions, which share tapes.
    filename : str
        The user's file, for error messages.
    doc : str
        One line that becomes the emitted function's docstring.
    """

    name: str
    params: tuple[str, ...]
    body: Block
    types: Mapping[str, Any] = field(default_factory=dict)
    constants: Mapping[str, object] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    routines: Mapping[str, Any] = field(default_factory=dict)
    gates: Mapping[str, Any] = field(default_factory=dict)
    recursive: bool = False
    filename: str = ""
    doc: str = ""

    def with_body(self, body: Iterable[Stmt], **changes: Any) -> Program:
        """The program with another body (and other fields)."""
        return replace(self, body=tuple(body), **changes)


def blocks(stmt: Stmt) -> tuple[Block, ...]:
    """The blocks directly inside a statement."""
    match stmt:
        case If(body=body, orelse=orelse):
            return (body, orelse)
        case For(body=body) | While(body=body):
            return (body,)
    return ()


def with_blocks(stmt: Stmt, new: tuple[Block, ...]) -> Stmt:
    """The statement with its blocks replaced, in the order that ``blocks`` gives them."""
    match stmt:
        case If():
            return replace(stmt, body=new[0], orelse=new[1])
        case For() | While():
            return replace(stmt, body=new[0])
    return stmt


def with_expressions(stmt: Stmt, change: Callable[[Expr], Expr]) -> Stmt:
    """The statement with each expression of its own changed (its blocks untouched)."""
    changes: dict[str, Any] = {
        k: change(v) for k, v in vars(stmt).items() if isinstance(v, ast.expr)
    }
    return replace(stmt, **changes) if changes else stmt


def whole_of(value: Expr) -> str | None:
    """The name of which a subscript, or a subscript of a subscript, takes a part."""
    if not isinstance(value, ast.Subscript):
        return None
    base = value.value
    return base.id if isinstance(base, ast.Name) else whole_of(base)


def opposite(test: Expr) -> Expr:
    """The test that holds where this one does not."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return operand
    return ast.UnaryOp(ast.Not(), test)


def any_of(tests: Sequence[Expr]) -> Expr:
    """The test that holds where one of several does."""
    return tests[0] if len(tests) == 1 else ast.BoolOp(ast.Or(), list(tests))


def walk(block: Block) -> Iterator[Stmt]:
    """Every statement of a block, outer before inner, in source order."""
    for stmt in block:
        yield stmt
        if isinstance(stmt, If | For | While):
            for inner in blocks(stmt):
                yield from walk(inner)


def expressions(stmt: Stmt) -> tuple[Expr, ...]:
    """The expressions that a statement evaluates itself (not those of its blocks)."""
    match stmt:
        case Assign(value=v) | View(value=v) | Push(value=v) | Return(value=v) | Update(value=v):
            return (v,)
        case Call(value=v):
            return (v,)
        case Store(index=i, value=v):
            return (i, v)
        case Increment(index=i, value=v):
            return (v,) if i is None else (i, v)
        case If(test=t) | While(test=t):
            return (t,)
        case For(start=a, stop=b, step=c):
            return (a, b, c)
        case Check(node=n):
            return tuple(x for x in ast.iter_child_nodes(n) if isinstance(x, ast.expr))
    return ()


def names(expr: ast.AST) -> set[str]:
    """The variables in an expression (not the names of the functions that it calls)."""
    found: set[str] = set()
    _gather(expr, found)
    return found - MODULES


def _gather(node: ast.AST, found: set[str]) -> None:
    if isinstance(node, ast.Name):
        found.add(node.id)
        return
    if isinstance(node, ast.ListComp):
        inside = set().union(*map(names, ast.iter_child_nodes(node)))
        found |= inside - {n for g in node.generators for n in names(g.target)}
        return
    for field_name in ("args", "keywords") if isinstance(node, ast.Call) else node._fields:
        value = getattr(node, field_name)
        for child in value if isinstance(value, list) else (value,):
            if isinstance(child, ast.AST):
                _gather(child, found)


MODULES = frozenset({"np", "math"})
"""Names that the emitted text imports, which no variable may have."""


def uses(stmt: Stmt) -> frozenset[str]:
    """Names that a statement itself reads (its blocks not counted)."""
    return stmt.reads


def _reads(stmt: Stmt) -> set[str]:
    """What ``uses`` gives, looked for in the statement's expressions."""
    found = set().union(*map(names, expressions(stmt)))
    match stmt:
        case Alias(source=s):
            found |= {s}
        case Store(target=t) | Push(tape=t) | Pop(tape=t) | Increment(target=t) | Update(target=t):
            found |= {t}
        case Swap(sources=sources):
            found |= set(sources)
        case For(exit=str(flag)):
            found |= {flag}
    return found


def binds(stmt: Stmt) -> tuple[str, ...]:
    """Names that a statement itself gives a new value (its blocks not counted)."""
    return stmt.writes


def _writes(stmt: Stmt) -> tuple[str, ...]:
    """What ``binds`` gives."""
    match stmt:
        case Assign(target=t) | Alias(target=t) | View(target=t) | Update(target=t):
            return (t,)
        case Pop(target=str(t)):
            return (t,)
        case For(counter=c):
            return (c,)
        case Swap(targets=ts) | Call(targets=ts):
            return ts
        case Increment(target=t, index=None):
            return (t,)
    return ()


def bound(block: Block) -> set[str]:
    """Every name that is bound somewhere in a block."""
    return {name for stmt in walk(block) for name in binds(stmt)}


def times_bound(block: Block) -> Counter[str]:
    """How many statements of a block bind each name."""
    return Counter(name for stmt in walk(block) for name in binds(stmt))


def binding_counts(program: Program) -> Counter[str]:
    """How many times each name is bound; a parameter has been once, before the body."""
    return Counter(program.params) + times_bound(program.body)


def mentions(stmt: Stmt, name: str) -> bool:
    """Whether a statement, or one inside it, has to do with a name."""
    return any(name in uses(s) or name in binds(s) for s in walk((stmt,)))


def block_at(body: Block, path: tuple[int, ...]) -> Block:
    """A block by its place: positions of statements, and which of their blocks, by turns."""
    for k, number in zip(path[::2], path[1::2], strict=True):
        body = blocks(body[k])[number]
    return body


def added(stmt: Stmt) -> tuple[str, Expr] | None:
    """The name and what is added to it in ``s += v``, ``s = s + v`` or ``s = s - v``."""
    match stmt:
        case Increment(target=t, index=None, value=v):
            return t, v
        case Assign(
            target=t, value=ast.BinOp(left=ast.Name(id=s), op=ast.Add() | ast.Sub(), right=v)
        ) if s == t:
            return t, v
    return None


def verify(program: Program) -> None:
    """Raise ``AssertionError`` where the program breaks a rule of its form.

    Exactly one ``Return``, last; no name hides a module; parameters are distinct; a ``Swap``
    permutes; every name that is read is a parameter, a constant, or bound somewhere.
    """
    assert program.body and isinstance(program.body[-1], Return), "no Return at the end"
    assert sum(isinstance(s, Return) for s in walk(program.body)) == 1, "more than one Return"
    assert len(set(program.params)) == len(program.params), "parameters of the same name"
    known = bound_names(program)
    assert not known & MODULES, f"a name hides a module: {known & MODULES}"
    for stmt in walk(program.body):
        unknown = uses(stmt) - known - BUILTIN_ATOMS
        assert not unknown, f"line {stmt.line}: {sorted(unknown)} never bound in {stmt}"
        if isinstance(stmt, Swap):
            assert sorted(stmt.targets) == sorted(stmt.sources), f"not a permutation: {stmt}"


def bound_names(program: Program) -> set[str]:
    """Parameters, constants, and what is bound somewhere."""
    known = bound(program.body) | set(program.params) | set(program.constants)
    return known | {s.tape for s in walk(program.body) if isinstance(s, Push)}


def taken_names(program: Program) -> set[str]:
    """The names that no new one may be."""
    return set(program.types) | bound_names(program)


BUILTIN_ATOMS = frozenset({"float", "int", "bool"})
"""Builtins that may stand as a value (``dtype=float``)."""
