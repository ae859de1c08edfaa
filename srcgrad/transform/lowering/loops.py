"""Loops: the array statements of a flat program become loop nests, one statement at a time.

In: a flat, typed Program. Out: a Program at level "loops", not fused: what has no loop form
stays as it was.

Invariant: the same values as the flat program, up to the rounding of sums.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from numba import types

from ...analysis.shapes import steady_shapes
from ...program import (
    Alias,
    Assign,
    Block,
    Call,
    Expr,
    For,
    If,
    Increment,
    Pop,
    Program,
    Push,
    Return,
    Stmt,
    Store,
    View,
    While,
    binding_counts,
    binds,
    blocks,
    bound,
    expressions,
    names,
    taken_names,
    uses,
    walk,
    with_blocks,
)
from ...syntax import elements_of
from .assignments import (
    assign,
    by_name,
    increment,
    note_part,
    part_of,
    remember,
    settle_all,
    store_into,
)
from .effects import is_unbroadcast, memory_classes
from .evaluate import evaluate
from .pull import element
from .scalars import array_free
from .scope import Opaque, Scope, depends, is_array
from .shapes import Extent, Extents, Shapes, axes, written
from .stacked import stack_of, stores


@dataclass(frozen=True)
class Loops:
    """A program with loops.

    Attributes
    ----------
    program : Program
        At level "loops".
    counters : frozenset of str
        The counters of loops that were not in the flat program.
    twins : mapping of str to str
        Arrays that are computed twice, and the name of the wider one.
    met : tuple of pairs of extents
        Extents that operands are broadcast from, where they are not known to be equal.
    fitted : tuple of pairs of extents
        Extents that have to be equal.
    """

    program: Program
    counters: frozenset[str]
    twins: Mapping[str, str]
    met: tuple[tuple[Extent, Extent], ...] = ()
    fitted: tuple[tuple[Extent, Extent], ...] = ()


def loops(
    program: Program,
    once: frozenset[str] = frozenset(),
    equal: Mapping[Extent, Extent] = MappingProxyType({}),
) -> Loops:
    """The program with loops for its array statements.

    Parameters
    ----------
    program : Program
        Flat and typed.
    once : frozenset of str
        Arrays that are not to be computed a second time where they are broadcast.
    equal : mapping of extent to extent
        Extents of parameters, each with the one that it is known to equal.
    """
    taken = taken_names(program) | RESERVED
    taken |= {
        n.id
        for s in walk(program.body)
        for v in vars(s).values()
        if isinstance(v, ast.AST)
        for n in ast.walk(v)
        if isinstance(n, ast.Name)
    }
    kinds = {**{n: numba_type(v) for n, v in program.constants.items()}, **program.types}
    classes = memory_classes(program, flat=True)
    sizes = Counter(classes.values())
    shared = {n for n, c in classes.items() if sizes[c] > 1} | set(program.params)
    for stmt in walk(program.body):
        if isinstance(stmt, Call):  # what is called may keep a reference on a tape
            shared |= {*uses(stmt), *binds(stmt)}
    said = {str(e): str(other) for e, other in equal.items()}
    steady = {n: tuple(map(written, s)) for n, s in steady_shapes(program, said).items()}
    steady = {n: tuple(equal.get(e, e) for e in s) for n, s in {**own(program), **steady}.items()}
    lists = frozenset(n for n, k in kinds.items() if isinstance(k, types.List))
    again = frozenset(n for n, count in binding_counts(program).items() if count > 1)
    shapes = Shapes(steady=steady, lists=lists)
    scope = Scope(kinds, taken, classes, shared, shapes, once=once, again=again)
    with scope.collecting() as body:
        for stmt in program.body:
            lower(scope, stmt)
    named = {n: k for n, k in scope.types.items() if n not in program.constants}
    return Loops(
        program.with_body(body, types=named),
        frozenset(scope.loop_counters),
        dict(scope.twins),
        tuple(scope.met),
        tuple(scope.fitted),
    )


def own(program: Program) -> dict[str, Extents]:
    """The extents of the parameters that keep their arrays."""
    rebound = bound(program.body)
    kinds = {n: program.types[n] for n in program.params if n not in rebound}
    return {n: axes(n, k.ndim) for n, k in kinds.items() if is_array(k)}


RESERVED = frozenset(
    {"stretch", "stretch_vector", "stretch_matrix"}
    | {"np", "math", "range", "len", "min", "max", "abs"}
)


def numba_type(value: object) -> types.Type | None:
    """The type of a captured constant."""
    match value:
        case bool():
            return types.boolean
        case int():
            return types.int64
        case float():
            return types.float64
    return None


def lower(scope: Scope, stmt: Stmt) -> None:
    """Append the lowered form of a statement."""
    scope.line = stmt.line
    scope.comment = describe(stmt)
    settle_all(scope, exposed(scope, stmt))
    match stmt:
        case If() | For() | While():
            compound(scope, stmt)
            return
        case Assign() if stack := stack_of(scope, stmt):
            for part in stores(scope, stmt, *stack):
                lower(scope, part)
            return
        case Assign():
            done = scope.attempt(lambda: assign(scope, stmt))
        case Store(target=target, index=index, value=value):
            done = scope.attempt(lambda: store_into(scope, target, index, value))
        case Increment():
            done = scope.attempt(lambda: increment(scope, stmt))
        case Push(value=value) | Return(value=value) if not simple(scope, value):
            scope.forget_calls()
            done = scope.attempt(lambda: scope.emit(replace(stmt, value=by_name(scope, value))))
        case _:
            done = False
    if not done:
        settle_all(scope, uses(stmt))
        keep(scope, stmt)


def exposed(scope: Scope, stmt: Stmt) -> set[str]:
    """Names whose arrays are needed as they are, whatever becomes of the statement."""
    changed = set(binds(stmt))
    stale = {n for n, parts in scope.partial.items() if depends(*parts[0], *parts[1]) & changed}
    match stmt:
        case If() | For() | While():
            return set(scope.partial)
        case Assign() | Store() | Increment():
            return stale | set().union(*map(looked_into, expressions(stmt)))
    return stale | uses(stmt)


def looked_into(expr: Expr) -> set[str]:
    """Names of which an expression takes an element, a part, the shape or the length."""
    found: set[str] = set()
    for node in ast.walk(expr):
        match node:
            case ast.Attribute(value=ast.Name(id=name)) | ast.Subscript(value=ast.Name(id=name)):
                found.add(name)
            case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)]):
                found.add(name)
    return found


def describe(stmt: Stmt) -> str:
    """The flat statement as a comment shows it."""
    match stmt:
        case Assign(target=target, value=value):
            return f"{target} = {ast.unparse(value)}"
        case Store(target=target, index=index, value=value):
            return f"{ast.unparse(element(target, [index]))} = {ast.unparse(value)}"
        case Increment(target=target, index=index, value=value, negative=negative):
            place = target if index is None else ast.unparse(element(target, [index]))
            return f"{place} {'-' if negative else '+'}= {ast.unparse(value)}"
    return ""


def simple(scope: Scope, value: Expr) -> bool:
    """Whether a value is a name, or has no arrays, or is a tuple of such."""
    parts = elements_of(value)
    return all(isinstance(p, ast.Name) or array_free(scope, p) for p in parts)


def keep(scope: Scope, stmt: Stmt) -> None:
    """A statement as it stands; what it says of shapes is remembered."""
    scope.emit(stmt)
    match stmt:
        case View(target=target, source=source, value=value):
            part = part_of(scope, value)
            scope.bind([target])
            if part is not None and target != source:
                scope.shapes.learn(target, part.extents)
                note_part(scope, target, source, part)
        case Alias(target=target, source=source) if is_array(scope.types.get(source)):
            scope.bind([target])
            scope.shapes.learn(target, scope.shapes.of(source, scope.types[source].ndim))
        case Store(target=target) | Increment(target=target, index=ast.expr()):
            scope.write(target)
        case Assign(target=target, value=value):
            if is_unbroadcast(value):
                scope.shared |= {target} | names(value)
            remember(scope, stmt)
        case Call(changed=changed):
            scope.bind(binds(stmt))
            for name in changed:
                scope.write(name)
        case _:
            if isinstance(stmt, Increment):
                scope.write(stmt.target)
            else:
                scope.bind(resized(stmt))


def compound(scope: Scope, stmt: If | For | While) -> None:
    """A statement with blocks; what they change is not known inside loops, nor afterwards."""
    if isinstance(stmt, If) and not array_free(scope, stmt.test):
        test = stmt.test
        scope.attempt(lambda: replace_test(scope, test))
        stmt = replace(stmt, test=scope.recall(("test",)) or test)
        scope.memo.pop(("test",), None)
    inside = set().union(*(rebound(scope, b) for b in blocks(stmt))) | set(binds(stmt))
    written = [s.target for b in blocks(stmt) for s in walk(b) if isinstance(s, Store | Increment)]

    def forget() -> None:
        scope.bind(inside)
        for name in written:
            scope.write(name)

    if not isinstance(stmt, If):
        forget()
    new = tuple(
        scope.block(b, lambda s: lower(scope, s), settle_everything(scope)) for b in blocks(stmt)
    )
    scope.emit(with_blocks(stmt, new))
    forget()


def rebound(scope: Scope, block: Block) -> set[str]:
    """Names that a block gives other values: arrays that it changes in place are none."""
    return {
        name
        for stmt in walk(block)
        for name in resized(stmt)
        if not (isinstance(stmt, Increment) and is_array(scope.types.get(name)))
    }


def resized(stmt: Stmt) -> tuple[str, ...]:
    """Names that a statement gives other values, and lists that it makes longer or shorter."""
    return (*binds(stmt), stmt.tape) if isinstance(stmt, Push | Pop) else binds(stmt)


def settle_everything(scope: Scope) -> Callable[[], None]:
    """What ends a block: nothing is left to be summed."""
    return lambda: settle_all(scope, scope.partial)


def replace_test(scope: Scope, test: Expr) -> None:
    """A test that takes arrays, computed before the statement."""
    pull = evaluate(scope, test)
    if pull.rank:
        raise Opaque
    scope.remember(("test",), pull.at((), scope.out), ())
