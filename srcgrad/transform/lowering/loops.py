"""Loops: the array statements of a flat program become loop nests, one statement at a time.

In: a flat, typed Program. Out: a Program at level "loops", not fused: what has no loop form
stays as it was.

Invariant: the same values as the flat program, up to the rounding of sums.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from numba import types
from numba.np.numpy_support import as_dtype, from_dtype

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
    binds,
    blocks,
    bound,
    expressions,
    names,
    uses,
    walk,
    with_blocks,
)
from ...rules.expressions import dotted
from .effects import is_unbroadcast, memory_classes
from .evaluate import array_free, evaluate, resolved
from .indexing import subscript
from .nests import add, compute, store
from .pull import Pull, array, element, spread, variable
from .scope import Opaque, Scope, depends, is_array, items
from .shapes import Extent, Extents, Shapes, axes, written
from .unbroadcast import settle, settle_name


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
    taken = set(program.types) | set(program.params) | set(program.constants) | RESERVED
    taken |= bound(program.body)
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
    scope = Scope(kinds, taken, classes, shared, Shapes(steady=steady, lists=lists), once=once)
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


def settle_all(scope: Scope, found: Iterable[str]) -> None:
    """Sum what was put off, for these names."""
    for name in sorted(set(found) & set(scope.partial)):
        settle_name(scope, name)


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
    parts = items(value)
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


def remember(scope: Scope, stmt: Assign) -> None:
    """What an assignment that stays says of shapes."""
    target, value = stmt.target, stmt.value
    extents = shape_of(scope, value)
    integer = scope.shapes.extent(value) if is_size(value) else None
    scope.bind([target])
    if extents is not None and target not in names(value):
        scope.shapes.learn(target, extents)
    if integer is not None and target not in names(value) | depends(integer):
        scope.shapes.integers[target] = integer


def is_size(value: Expr) -> bool:
    """Whether a value is an extent: ``n = x.shape[0]``, ``len(x)``, ``x.size`` of a vector."""
    match value:
        case ast.Subscript(value=ast.Attribute(attr="shape"), slice=ast.Constant()):
            return True
        case ast.Call(func=ast.Name(id="len")) | ast.Constant(value=int()):
            return not isinstance(value, ast.Constant) or not isinstance(value.value, bool)
    return False


def shape_of(scope: Scope, value: Expr) -> tuple[int | str, ...] | None:
    """The extents of a value that is not lowered, where its form tells them."""
    part = part_of(scope, value)
    return None if part is None else part.extents


def note_part(scope: Scope, name: str, source: str, part: Pull) -> None:
    """Elements of a view without a layout of its own are those of its array, which has one."""
    kind, whole = scope.types[name], scope.types[source]
    if kind.layout != "A" or whole.layout == "A" or source in scope.partial:
        return
    steps: list[Stmt] = []
    place = part.at(tuple(variable(f"i{k}") for k in range(part.rank)), steps)
    if not steps and isinstance(place, ast.Subscript):
        scope.remember(("part", name), part, {name, source} | names(place))


def part_of(scope: Scope, value: Expr) -> Pull | None:
    """The pull of a value that is not lowered, where its form tells its extents."""
    found: list[Pull] = []
    kind = scope.kind(value)

    def look() -> None:
        with scope.collecting() as steps:
            found.append(evaluate(scope, value))
        if not all(isinstance(s, Assign) and is_number(scope.types[s.target]) for s in steps):
            raise Opaque
        scope.emit(*steps)

    if is_array(kind) and scope.attempt(look) and len(found[0].extents) == kind.ndim:
        return found[0]
    return None


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


COMPUTED = frozenset({"np.empty", "np.empty_like", "np.array"})
"""Allocations that stay."""


def assign(scope: Scope, stmt: Assign) -> None:
    """``z = value``."""
    kind = scope.types.get(stmt.target)
    value = stmt.value
    if not is_array(kind) and not isinstance(value, ast.Name) and array_free(scope, value):
        scope.emit(replace(stmt, value=resolved(scope, value)))
        remember(scope, stmt)
        return
    if isinstance(value, ast.Name) or (array_free(scope, value) and not is_array(kind)):
        raise Opaque
    if isinstance(value, ast.Call) and dotted(value.func) in COMPUTED:
        raise Opaque
    target = "" if stmt.target in names(value) else stmt.target
    if not is_array(kind):
        assign_number(scope, stmt, target)
        return
    if scope.shapes.speaks_of(stmt.target, value, kind.ndim):
        target = ""
    if not target:
        scope.forget_calls()
    pull = evaluate(scope, value, target)
    said = depends(*pull.extents, *pull.narrow)
    if pull.narrow and (stmt.target in said | scope.shared or pull.rank != kind.ndim):
        pull = settle(scope, pull)
    if pull.narrow:
        assign_partial(scope, stmt, pull, target)
        return
    if not target:
        settle_all(scope, [stmt.target])
    scope.partial.pop(stmt.target, None)
    scope.shapes.unspeakable.discard(stmt.target)
    if pull.name and pull.name == target:
        return
    if pull.rank != kind.ndim:
        raise Opaque
    if not target and rewritable(scope, stmt.target, pull):
        store(scope, array(scope, stmt.target), pull)
        return
    again = pull.widen if not pull.name and stmt.target not in scope.once else None
    made = pull.name if pull.name not in names(value) else ""
    name = made or compute(scope, pull, target, as_dtype(kind.dtype), kind.layout)
    if name == stmt.target:
        if again:
            operands = names(value)
            memory = {scope.memory(n) for n in operands}
            key = ("definition", name)
            scope.remember(key, again, operands | memory | {name, scope.memory(name)})
        return
    scope.shapes.of(name, pull.rank)
    scope.emit(Alias(stmt.target, name, line=stmt.line))
    scope.bind([stmt.target])
    scope.shapes.learn(stmt.target, scope.shapes.of(name, pull.rank))


def assign_partial(scope: Scope, stmt: Assign, pull: Pull, target: str) -> None:
    """``z = value`` where the value has yet to be summed."""
    kind = scope.types[stmt.target]
    narrow, extents = pull.narrow, pull.extents
    whole = replace(pull, narrow=())
    if not target and scope.partial.get(stmt.target) == (extents, narrow):
        store(scope, replace(array(scope, stmt.target), narrow=()), whole)
        return
    if pull.name != stmt.target:
        name = compute(scope, whole, target, as_dtype(kind.dtype), kind.layout)
        if name != stmt.target:
            scope.emit(Alias(stmt.target, name, line=stmt.line))
            scope.bind([stmt.target])
    scope.put_off(stmt.target, extents, narrow)


def rewritable(scope: Scope, name: str, pull: Pull) -> bool:
    """Whether an array may be overwritten rather than made anew: nobody else can see it."""
    kind = scope.types[name]
    return (
        name not in scope.shared
        and pull.rank > 0
        and pull.extents == scope.shapes.of(name, kind.ndim)
        and kind.dtype == from_dtype(pull.dtype)
    )


def assign_number(scope: Scope, stmt: Assign, target: str) -> None:
    """``s = value`` where arrays are reduced to a number."""
    pull = settle(scope, evaluate(scope, stmt.value, target))
    if pull.rank or (stmt.target in scope.types and not is_number(scope.types[stmt.target])):
        raise Opaque
    if pull.name and pull.name == target:
        return
    value = pull.at((), scope.out)
    scope.emit(Assign(stmt.target, value, line=stmt.line, comment=stmt.comment))
    scope.bind([stmt.target])


def is_number(kind: object) -> bool:
    """Whether a type is a number's."""
    return isinstance(kind, types.Number | types.Boolean)


def store_into(scope: Scope, target: str, index: Expr, value: Expr) -> None:
    """``a[index] = value``."""
    region = region_of(scope, target, index)
    pull = settle(scope, evaluate(scope, value))
    if region.rank == 0:
        if array_free(scope, value) or pull.rank:
            raise Opaque
        scope.emit(Store(target, index, pull.at((), scope.out), line=scope.line))
        scope.write(target)
        return
    store(scope, region, pull)


def region_of(scope: Scope, target: str, index: Expr) -> Pull:
    """The part of an array that a subscript names."""
    settle_all(scope, [target])
    if not is_array(scope.types.get(target)) or any(is_array(scope.kind(p)) for p in items(index)):
        raise Opaque
    return subscript(scope, array(scope, target), index, lambda e: evaluate(scope, e))


def increment(scope: Scope, stmt: Increment) -> None:
    """``a[index] += value``, ``a += value``."""
    if not is_array(scope.types.get(stmt.target)):
        if array_free(scope, stmt.value):
            raise Opaque
        pull = settle(scope, evaluate(scope, stmt.value))
        if pull.rank:
            raise Opaque
        scope.emit(replace(stmt, value=pull.at((), scope.out)))
        scope.bind([stmt.target])
        return
    pull = evaluate(scope, stmt.value)
    if stmt.index is None:
        region = array(scope, stmt.target)
        if region.rank == 0:
            raise Opaque
        if region.narrow:
            pull = add_partial(scope, region, pull)
            region = replace(region, extents=pull.extents, narrow=())
    else:
        settle_all(scope, [stmt.target])
        region = region_of(scope, stmt.target, stmt.index)
    pull = settle(scope, pull)
    if region.rank == 0:
        if array_free(scope, stmt.value) or pull.rank:
            raise Opaque
        scope.emit(replace(stmt, value=pull.at((), scope.out)))
        scope.write(stmt.target)
        return
    if stmt.exact and pull.rank == region.rank:
        for own, given in zip(region.extents, pull.extents, strict=True):
            scope.equate(own, given)
        pull = replace(pull, extents=region.extents)
    add(scope, region, pull, stmt.negative)


def add_partial(scope: Scope, region: Pull, pull: Pull) -> Pull:
    """What to add, element by element, to an array that has yet to be summed."""
    if (pull.extents, pull.narrow) == (region.extents, region.narrow):
        return replace(pull, narrow=())
    # A value of its own goes to the first elements: each is counted once.
    return spread(scope, settle(scope, pull), region.narrow)


def by_name(scope: Scope, value: Expr) -> Expr:
    """A value, or a tuple of them, with arrays computed before the statement."""
    if isinstance(value, ast.Tuple):
        return ast.Tuple([by_name(scope, e) for e in value.elts], ast.Load())
    if isinstance(value, ast.Name) or array_free(scope, value):
        return value
    match value:
        case ast.Call(func=func, args=[ast.Name(id=name)]) if (
            dotted(func) == "np.copy" and name not in scope.shared | scope.returned
        ):
            scope.returned.add(name)
            settle_all(scope, [name])
            return value.args[0]
    pull = settle(scope, evaluate(scope, value))
    kind = scope.kind(value)
    if pull.rank == 0:
        if is_array(kind):
            raise Opaque  # an array without axes stays one
        return pull.at((), scope.out)
    if pull.name and pull.name not in names(value):
        return variable(pull.name)
    layout = kind.layout if is_array(kind) else "C"
    return variable(compute(scope, pull, layout=layout))
