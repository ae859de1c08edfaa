"""Lane code: the statements of a loop whose rounds run side by side.

In: ``Rounds``, a loop of which it is known that its rounds may be taken apart. Out: statements
that take a number of rounds at a time.

Invariant: statements that differ from round to round stand in lane loops, in their order; what is
the same for all rounds stands around them, once.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from numba import types

from ...analysis.exposed import exposed
from ...program import (
    Assign,
    Block,
    Expr,
    For,
    Increment,
    Stmt,
    Store,
    binds,
    blocks,
    bound,
    expressions,
    uses,
    walk,
    with_blocks,
    with_expressions,
)
from ...rules.expressions import dotted
from ...syntax import elements_of
from ...type_text import dtype_text
from .vectorise import FORMS

if TYPE_CHECKING:
    from .lanes import Rounds

Fresh = Callable[[str, types.Type], str]


@dataclass
class Group:
    """Statements of one lane loop."""

    body: list[Stmt]


@dataclass
class Around:
    """A statement with loops or branches in which lane loops stand."""

    stmt: Stmt
    inner: tuple[list[Part], ...]


Part = Group | Around | Stmt


@dataclass
class Code:
    """Names that the code of one loop has."""

    found: Rounds
    lanes: int
    fresh: Fresh
    lane: str
    first: str
    width: str
    buffers: dict[str, str] = field(default_factory=dict)
    packed: dict[str, str] = field(default_factory=dict)


def spread(found: Rounds, lanes: int, fresh: Fresh) -> list[Stmt]:
    """The statements that stand for the loop."""
    loop = found.loop
    integer = types.int64
    lane, first, width = (fresh(n, integer) for n in ("lane", "first", "width"))
    code = Code(found, lanes, fresh, lane, first, width)
    parts = parts_of(found)
    for name in sorted(outliving(found, parts)):
        code.buffers[name] = fresh(f"{name}_lanes", types.Array(dtype_of(found, name), 1, "C"))
    code.packed = {name: fresh(f"{name}_lanes", found.kinds[name]) for name in rows(found, parts)}
    body: list[Stmt] = [
        Assign(code.width, parsed(f"min({lanes}, {ast.unparse(loop.stop)} - {code.first})"))
    ]
    body += [stmt for name in code.packed for stmt in packing(code, name)]
    body += emitted(code, parts)
    allocations = [buffer(code, name) for name in code.buffers]
    allocations += [pack_buffer(code, name) for name in code.packed]
    comment = f"{lanes} rounds of `{loop.counter}` at a time"
    comment = f"{loop.comment}; {comment}" if loop.comment else comment
    blocked = replace(
        loop, counter=code.first, step=ast.Constant(lanes), body=tuple(body), comment=comment
    )
    return [*allocations, blocked]


def parsed(text: str) -> Expr:
    """An expression from its text."""
    return ast.parse(text, mode="eval").body


def dtype_of(found: Rounds, name: str) -> types.Type:
    """The type of a number."""
    kind = found.kinds.get(name, types.float64)
    return kind.dtype if isinstance(kind, types.Array) else kind


# Taking the body apart


def parts_of(found: Rounds) -> list[Part]:
    """The body of the loop as lane loops and what stands around them."""
    if not found.stages:
        return grouped(found, found.loop.body)
    parts: list[Part] = []
    for before, calling in found.stages:
        parts += grouped(found, before)
        parts += [p for stmt in calling for p in grouped(found, (stmt,))]
    return parts


def grouped(found: Rounds, body: Block) -> list[Part]:
    """A block as lane loops and what stands around them."""
    from .lanes import is_lane

    parts: list[Part] = []
    for stmt in body:
        if is_lane(found, stmt):
            last = parts[-1] if parts else None
            if isinstance(last, Group) and is_of_one_kind([*last.body, stmt]):
                last.body.append(stmt)
            else:
                parts.append(Group([*(after_loops(last) if isinstance(last, Group) else []), stmt]))
        elif blocks(stmt) and any(is_lane(found, s) for s in walk((stmt,))):
            parts.append(Around(stmt, tuple(grouped(found, b) for b in blocks(stmt))))
        else:
            place(parts, stmt)
    return parts


def after_loops(group: Group) -> list[Stmt]:
    """Take from a lane loop what comes after its last loop."""
    looped = [k for k, s in enumerate(group.body) if has_loop([s])]
    ends = looped[-1] + 1 if looped else len(group.body)
    taken = group.body[ends:]
    del group.body[ends:]
    return taken


def is_of_one_kind(body: list[Stmt]) -> bool:
    """Whether statements suit one lane loop: mathematical functions want one without loops."""
    called = {
        dotted(n.func)
        for s in walk(tuple(body))
        for e in expressions(s)
        for n in ast.walk(e)
        if isinstance(n, ast.Call)
    }
    return not has_loop(body) or not called & FORMS.keys()


def has_loop(body: list[Stmt]) -> bool:
    """Whether there are loops in a lane loop."""
    return any(isinstance(s, For) for s in walk(tuple(body)))


def place(parts: list[Part], stmt: Stmt) -> None:
    """A statement that is the same for all rounds: before the last lane loop, where it may."""
    last = parts[-1] if parts else None
    if isinstance(last, Group) and isinstance(stmt, Assign):
        inside = set().union(*(uses(s) | set(binds(s)) for s in walk(tuple(last.body))))
        if stmt.target not in inside and not uses(stmt) & bound(tuple(last.body)):
            parts.insert(len(parts) - 1, stmt)
            return
    parts.append(stmt)


def groups(parts: list[Part]) -> list[Group]:
    """All lane loops."""
    found: list[Group] = []
    for part in parts:
        if isinstance(part, Group):
            found.append(part)
        elif isinstance(part, Around):
            found += [g for inner in part.inner for g in groups(inner)]
    return found


def outliving(found: Rounds, parts: list[Part]) -> set[str]:
    """Numbers that one lane loop sets and another reads."""
    read = set().union(*(exposed(tuple(g.body)) for g in groups(parts)))
    return (read & found.varying & found.local) - found.private - {found.loop.counter}


def rows(found: Rounds, parts: list[Part], depth: int = 0) -> list[str]:
    """Matrices that belong to nobody in the loop and of which each row is read again and again."""
    changed = {s.target for s in walk(found.loop.body) if isinstance(s, Store | Increment)}
    every: dict[str, None] = {}

    def look(part: Part, depth: int) -> None:
        if isinstance(part, Around):
            deeper = depth + isinstance(part.stmt, For)
            for inner in (p for b in part.inner for p in b):
                look(inner, deeper)
        elif isinstance(part, Group) and depth > 1 and not has_loop(part.body):
            for node in nodes(part.body):
                if (name := row_of(found, node)) and name not in changed | found.local:
                    every[name] = None

    for part in parts if is_natural(found) else []:
        look(part, depth)
    return list(every)


def nodes(body: list[Stmt]) -> list[ast.AST]:
    """All parts of the expressions in some statements."""
    return [n for s in walk(tuple(body)) for e in expressions(s) for n in ast.walk(e)]


def row_of(found: Rounds, node: ast.AST) -> str | None:
    """The matrix in ``x[i, r]``, where ``i`` counts the rounds and ``r`` is the same for all."""
    match node:
        case ast.Subscript(
            value=ast.Name(id=name), slice=ast.Tuple(elts=[ast.Name(id=i), column])
        ) if i == found.loop.counter and not found.varies(column):
            kind = found.kinds.get(name)
            plain = isinstance(kind, types.Array) and kind.ndim == 2
            return name if plain and not isinstance(column, ast.Slice) else None
    return None


# Writing it down


def emitted(code: Code, parts: list[Part]) -> list[Stmt]:
    """The statements of parts."""
    result: list[Stmt] = []
    for part in parts:
        if isinstance(part, Group):
            result += lane_loop(code, part)
        elif isinstance(part, Around):
            inner = tuple(tuple(emitted(code, b)) for b in part.inner)
            result.append(with_blocks(part.stmt, inner))
        else:
            result.append(widened(code, part))
    return result


def widened(code: Code, stmt: Stmt) -> Stmt:
    """A statement around lane loops: arrays of the rounds are allocated for all lanes."""
    from .lanes import allocated

    found = code.found
    made = allocated(stmt)
    if made is None or not isinstance(stmt, Assign) or stmt.target not in found.private:
        return stmt
    if stmt.target not in found.varying:
        return stmt
    extents, dtype = made
    shape = ast.Tuple([*extents, ast.Constant(code.lanes)], ast.Load())
    return replace(stmt, value=ast.Call(parsed("np.empty"), [shape, *dtype], []))


def lane_loop(code: Code, group: Group) -> list[Stmt]:
    """A loop over the lanes; what is added to one element in all lanes is added at the end."""
    sums: dict[str, tuple[str, Increment]] = {}
    body = tuple(summed(code, s, sums) for s in group.body)
    counter = code.found.loop.counter
    bound_here = [n for n in code.buffers if n in bound(body)]
    ends = tuple(Assign(n, ast.Name(n, ast.Load())) for n in bound_here)
    read = exposed((*body, *ends))
    new: list[Stmt] = [Assign(n, at_lane(code, n)) for n in code.buffers if n in read]
    new += [in_lane(code, s) for s in body]
    lane = ast.Name(code.lane, ast.Load())
    new += [Store(code.buffers[n], lane, ast.Name(n, ast.Load())) for n in bound_here]
    if any(counter in uses(s) for s in walk(tuple(new))):
        new.insert(0, Assign(counter, parsed(f"{code.first} + {code.lane}")))
    width = ast.Name(code.width, ast.Load())
    loop = For(code.lane, ast.Constant(0), width, ast.Constant(1), tuple(new))
    before = [Assign(name, ast.Constant(0.0)) for name, _ in sums.values()]
    after = [replace(s, value=ast.Name(n, ast.Load()), negative=False) for n, s in sums.values()]
    return [*before, loop, *after]


def summed(code: Code, stmt: Stmt, sums: dict[str, tuple[str, Increment]]) -> Stmt:
    """``a[j] += v`` as ``sum += v``, where all lanes add to the same element."""
    found = code.found
    match stmt:
        case Increment(target=target, index=ast.expr() as index, value=value) if (
            target not in found.private and not found.varies(index)
        ):
            key = f"{target}[{ast.unparse(index)}]"
            if key not in sums:
                kind = dtype_of(found, target)
                sums[key] = (code.fresh(f"{target}_sum", wide(kind)), stmt)
            name = sums[key][0]
            op = ast.Sub() if stmt.negative else ast.Add()
            return Assign(name, ast.BinOp(ast.Name(name, ast.Load()), op, value))
    return stmt


def wide(kind: types.Type) -> types.Type:
    """The type in which numbers of a type are summed."""
    return types.float64 if isinstance(kind, types.Float) else kind


def in_lane(code: Code, stmt: Stmt) -> Stmt:
    """A statement in a lane loop, its numbers in buffers and its arrays with another axis."""
    new = with_expressions(stmt, lambda e: rewritten(code, e))
    match new:
        case Store(target=target, index=index) | Increment(target=target, index=index) if (
            target in code.found.private and target in code.found.varying and index is not None
        ):
            new = replace(new, index=with_lane(index, code.lane))
        case Store(index=ast.expr() as index) | Increment(index=ast.expr() as index):
            new = replace(new, index=unsigned(code.found, index))
    inner = tuple(tuple(in_lane(code, s) for s in b) for b in blocks(stmt))
    return with_blocks(new, inner)


def at_lane(code: Code, name: str) -> Expr:
    """A number in its buffer."""
    buffer = ast.Name(code.buffers[name], ast.Load())
    return ast.Subscript(buffer, ast.Name(code.lane, ast.Load()), ast.Load())


def with_lane(index: Expr, lane: str) -> Expr:
    """A subscript with the lane as its last part."""
    parts = elements_of(index)
    return ast.Tuple([*parts, ast.Name(lane, ast.Load())], ast.Load())


def is_natural(found: Rounds) -> bool:
    """Whether the counter of the rounds is never negative."""
    start = found.loop.start
    return isinstance(start, ast.Constant) and isinstance(start.value, int) and start.value >= 0


def unsigned(found: Rounds, index: Expr) -> Expr:
    """A subscript with the counter of the rounds as an unsigned number, where it is never negative.

    A loop in which a subscript may be negative, and so count from the end, is not vectorised.
    """
    if not is_natural(found):
        return index
    parts = elements_of(index)
    new = [
        ast.Call(parsed("np.uint64"), [p], [])
        if isinstance(p, ast.Name) and p.id == found.loop.counter
        else p
        for p in parts
    ]
    return ast.Tuple(new, ast.Load()) if isinstance(index, ast.Tuple) else new[0]


def rewritten(code: Code, expr: Any) -> Any:
    """An expression in a lane loop."""
    found = code.found
    if row_of(found, expr) in code.packed:
        column = rewritten(code, expr.slice.elts[1])
        index = with_lane(column, code.lane)
        return ast.Subscript(ast.Name(code.packed[expr.value.id], ast.Load()), index, ast.Load())
    match expr:
        case ast.Attribute(value=ast.Name(), attr="shape"):
            return expr
        case ast.Subscript(value=ast.Name(id=name), slice=index) if (
            name in found.private and name in found.varying
        ):
            new = with_lane(rewritten(code, index), code.lane)
            return ast.Subscript(expr.value, new, ast.Load())
        case ast.Subscript(value=value, slice=index):
            new = unsigned(found, rewritten(code, index))
            return ast.Subscript(rewritten(code, value), new, ast.Load())
    if not isinstance(expr, ast.AST):
        return expr
    fields = {
        key: [rewritten(code, v) for v in value]
        if isinstance(value, list)
        else rewritten(code, value)
        for key, value in ast.iter_fields(expr)
    }
    return type(expr)(**fields)


# Buffers


def buffer(code: Code, name: str) -> Stmt:
    """The allocation of a number's lanes."""
    kind = dtype_of(code.found, name)
    return Assign(code.buffers[name], parsed(f"np.empty({code.lanes}, {dtype_text(kind)})"))


def pack_buffer(code: Code, name: str) -> Stmt:
    """The allocation of the rows of a matrix, turned."""
    kind = dtype_of(code.found, name)
    shape = f"({name}.shape[1], {code.lanes})"
    return Assign(code.packed[name], parsed(f"np.empty({shape}, {dtype_text(kind)})"))


def packing(code: Code, name: str) -> list[Stmt]:
    """The rows of a matrix for a number of rounds, with unit stride over the rounds."""
    column = code.fresh("column", types.int64)
    lane = ast.Name(code.lane, ast.Load())
    value = parsed(f"{name}[{code.first} + {code.lane}, {column}]")
    index = ast.Tuple([ast.Name(column, ast.Load()), lane], ast.Load())
    store = Store(code.packed[name], index, value)
    zero, one = ast.Constant(0), ast.Constant(1)
    there = f"{name}.shape[0]"  # no more rows than there are, whatever the rounds ask for
    whole = ast.unparse(code.found.loop.stop) == there
    count = code.width if whole else f"min({code.width}, {there} - {code.first})"
    inner = For(code.lane, zero, parsed(count), one, (store,))
    return [For(column, zero, parsed(f"{name}.shape[1]"), one, (inner,))]
