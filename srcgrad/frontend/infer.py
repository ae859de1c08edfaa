"""Infer: the type of every name, and with it what each statement is.

In: an untyped Program and Numba types for its parameters. Out: a typed Program, in which
``b = a`` of arrays is an ``Alias``, a slice a ``View``, ``u += v`` a new number or an
``Increment`` of an array in place; tuples are gone, each of their parts has a name.

Invariant: every name has one type, ``program.types[name]``; no ``Update`` is left; a ``Store``
or ``Increment`` of an array never takes its value from memory that it may overlap.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from numba import types

from ..analysis.aliasing import alias_classes, short_lived, written_classes
from ..errors import Complaint, Place, UnsupportedError
from ..naming import numbered_name
from ..program import (
    Alias,
    Assign,
    Block,
    Expr,
    Increment,
    Program,
    Return,
    Stmt,
    Store,
    Update,
    View,
    binds,
    blocks,
    walk,
    with_blocks,
)
from ..rules import registry
from ..rules.expressions import np_name
from .built import built
from .first_values import first_values
from .fixed import awaiting, settled
from .index_arrays import index_arrays
from .list_stores import list_stores
from .list_tuples import list_tuples
from .list_uses import refuse_list_operators, refuse_nested_lists, with_lengths
from .numba_types import Typing
from .one_pass import types_of
from .ranked import checked, ranked
from .scatter import scattered
from .spelling import spelling
from .tuples import scalarise
from .unset_lists import unset_lists
from .webs import split_webs

Path = tuple[int, ...]


def infer(
    program: Program, argument_types: tuple[types.Type, ...], places: Mapping[int, Place]
) -> tuple[Program, types.Type]:
    """The typed program, and the type of its result.

    Raises
    ------
    UnsupportedError
        Where an operation does not exist for its operands' types.
    """
    program = unset_lists(built(awaiting(program)), argument_types, places)
    program = first_values(program, argument_types, places)
    typing = types_of(program, argument_types, places)
    if (known_lists := built(settled(program, typing), typing)) is not program:
        program = known_lists
        typing = types_of(program, argument_types, places)
    known = dict(zip(program.params, argument_types, strict=True))
    parts = scalarise(list_tuples(program, typing, places), typing, known, places)
    if parts is not program:
        program = parts
        typing = types_of(program, argument_types, places)
    program = split_webs(program, typing.defined, known, places)
    typing = types_of(program, argument_types, places, before=typing)
    refuse_optional(program, typing, known, places)
    program = typed(program, typing, known)
    for stage in (list_stores, index_arrays, spelling):
        if (found := stage(program, places)) is not program:
            typing = types_of(found, argument_types, places)
            program = typed(found, typing, known)
    while (found := ranked(program, places)) is not program:
        typing = types_of(found, argument_types, places)
        program = typed(found, typing, known)
    program = checked(program)
    decided = rewrite(program, lambda s: decide(s, program.types))
    spread = scattered(program, alias_classes(decided))
    if spread is not program:
        typing = types_of(spread, argument_types, places)
        program = typed(spread, typing, known)
    refuse_integer_stores(program, places)
    program = rewrite(program, lambda s: decide(s, program.types))
    refuse_list_operators(program, places)
    refuse_nested_lists(program, places)
    program = with_lengths(program)
    refuse_unclear_views(program, places)
    program = without_overlap(program)
    typing = types_of(program, argument_types, places, before=typing)
    return cast_numbers(typed(program, typing, known), typing), typing.result


def refuse_optional(
    program: Program,
    typing: Typing,
    known: Mapping[str, types.Type],
    places: Mapping[int, Place],
) -> None:
    """Refuse a name that is None in one place and a value in another."""
    kinds: dict[str, set[bool]] = {n: {isinstance(k, types.NoneType)} for n, k in known.items()}
    for (_, name), kind in typing.defined.items():
        found = kinds.setdefault(name, set())
        if isinstance(kind, types.Optional):
            found |= {True, False}
        found.add(isinstance(kind, types.NoneType))
    for stmt in walk(program.body):
        for name in binds(stmt):
            if len(kinds.get(name, ())) > 1:
                reason = f"`{name}` is None in one place and a value in another"
                advice = "start with a number that says so, such as math.inf, or use a flag"
                raise UnsupportedError(Complaint(places.get(stmt.line), reason, advice))


def refuse_integer_stores(program: Program, places: Mapping[int, Place]) -> None:
    """Refuse a float that is stored into an array of integers: it would lose its gradient."""
    kinds = program.types
    for stmt in walk(program.body):
        match stmt:
            case Store(target=t, value=ast.Name(id=s)) | Increment(target=t, value=ast.Name(id=s)):
                held, into = (getattr(kinds.get(n), "dtype", kinds.get(n)) for n in (s, t))
                if isinstance(held, types.Float) and isinstance(
                    into, types.Integer | types.Boolean
                ):
                    reason = f"a float is stored into `{t}`, an array of integers ({into})"
                    advice = "make the array one of floats, or store `int(...)`"
                    raise UnsupportedError(Complaint(places.get(stmt.line), reason, advice))


def rewrite(program: Program, change: Callable[[Stmt], Iterable[Stmt]]) -> Program:
    """The program with every statement replaced, inner ones first."""

    def block(body: Block) -> Block:
        return tuple(
            new
            for stmt in body
            for new in change(with_blocks(stmt, tuple(map(block, blocks(stmt)))))
        )

    return program.with_body(block(program.body))


def typed(program: Program, typing: Typing, known: Mapping[str, types.Type]) -> Program:
    """The program with the type of each name: what all its definitions unify to."""
    found: dict[str, types.Type] = dict(known)
    for (_, name), kind in typing.defined.items():
        found[name] = unify(found[name], kind) if name in found else kind
    return program.with_body(program.body, types=found)


def unify(a: types.Type, b: types.Type) -> types.Type:
    """The one type for a name whose definitions have these two."""
    if a == b:
        return a
    if isinstance(a, types.Array) and isinstance(b, types.Array) and a.ndim == b.ndim:
        layout = a.layout if a.layout == b.layout else "A"
        return types.Array(a.dtype, a.ndim, layout)
    if isinstance(a, types.Float | types.Integer | types.Boolean):
        order = [types.boolean, types.int64, types.uint64, types.float32, types.float64]
        ranks = [order.index(t) if t in order else 1 for t in (a, b)]
        mixed = {types.float32, types.int64} == {a, b}
        return types.float64 if mixed else (a, b)[ranks[1] > ranks[0]]
    return a


def decide(stmt: Stmt, kinds: Mapping[str, types.Type]) -> list[Stmt]:
    """What an assignment or update is, now that types are known."""
    line = stmt.line
    match stmt:
        case Assign(target=t, value=ast.Name(id=s)) if is_reference(kinds.get(s)):
            return [Alias(t, s, line=line)]
        case Assign(target=t, value=ast.Subscript(value=ast.Name(id=s), slice=index) as v) if (
            is_array(kinds.get(t)) and is_reference(kinds.get(s))
        ):
            return [View(t, s, v, line=line)] if is_basic(index, kinds) else [stmt]
        case Assign(value=ast.Call(func=func, args=[x])) if ast.unparse(
            func
        ) == "np.atleast_1d" and not is_array_operand(x, kinds):
            full = np_name("full")
            return [replace(stmt, value=ast.Call(full, [ast.Constant(1), x], []))]
        case Assign(target=t, value=ast.Call(args=[ast.Name(id=s), *_]) as v) if is_array(
            kinds.get(t)
        ) and shares(v, kinds):
            return [View(t, s, v, line=line)]
        case Assign(value=ast.Call(func=func, args=[left, right])) if ast.unparse(
            func
        ) == "np.dot" and not all(is_array_operand(a, kinds) for a in (left, right)):
            return [replace(stmt, value=ast.BinOp(left, ast.Mult(), right))]
        case Update(target=t, op=op, value=v) if is_array(kinds.get(t)):
            if isinstance(op, ast.Add | ast.Sub):
                return [Increment(t, None, v, isinstance(op, ast.Sub), line=line)]
            return [whole_update(t, op, v, line)]
        case Update(target=t, op=op, value=v):
            return [Assign(t, ast.BinOp(ast.Name(t, ast.Load()), op, v), line=line)]
    return [stmt]


def whole_update(target: str, op: ast.operator, value: Expr, line: int) -> Stmt:
    """``a *= v`` as ``a[...] = a * v``."""
    new = ast.BinOp(ast.Name(target, ast.Load()), op, value)
    return Store(target, ast.Slice(), new, line=line)


def is_array(kind: types.Type | None) -> bool:
    """Whether a type is an array's."""
    return isinstance(kind, types.Array)


def is_array_operand(operand: Expr, kinds: Mapping[str, types.Type]) -> bool:
    """Whether an atom is an array."""
    return isinstance(operand, ast.Name) and is_array(kinds.get(operand.id))


def is_reference(kind: types.Type | None) -> bool:
    """Whether a name of this type refers to memory that another name may share."""
    return isinstance(kind, types.Array | types.List)


def is_basic(index: Expr, kinds: Mapping[str, types.Type]) -> bool:
    """Whether a subscript has integers, slices and ``None`` only."""
    match index:
        case ast.Tuple(elts=elts):
            return all(is_basic(e, kinds) for e in elts)
        case ast.Name(id=name):
            return not is_array(kinds.get(name))
    return True


def shares(call: ast.Call, kinds: Mapping[str, types.Type]) -> bool:
    """Whether a call's result shares memory with its first argument."""
    declared = registry.FUNCTIONS.get(ast.unparse(call.func))
    effect = declared.effect if declared is not None else "fresh"
    source = call.args[0]
    assert isinstance(source, ast.Name)
    if effect in ("either", "contiguous"):
        kind = kinds.get(source.id)
        return isinstance(kind, types.Array) and kind.layout == "C"
    return effect == "view"


def shared_source(stmt: Stmt) -> str | None:
    """The array whose memory a call's result may share: its first operand."""
    match stmt:
        case Assign(value=ast.Call(func=func, args=[ast.Constant(), ast.Name(id=s)])) if (
            ast.unparse(func) == "np.einsum"
        ):
            return s  # NumPy gives a view where nothing is summed
        case Assign(value=ast.Call(args=[ast.Name(id=s), *_])):
            return s
    return None


def may_share(stmt: Stmt, kinds: Mapping[str, types.Type]) -> bool:
    """Whether a result shares memory in NumPy and not here, or as strides have it at run time."""
    s = shared_source(stmt)
    match stmt:
        case Assign(target=t, value=ast.Call(func=func) as v) if s is not None:
            declared = registry.FUNCTIONS.get(ast.unparse(func))
            effect = declared.effect if declared is not None else "fresh"
            if effect == "copied":
                return is_array(kinds.get(s)) and is_array(kinds.get(t))
            if effect == "diagonal":
                return getattr(kinds.get(s), "ndim", 0) == 2
            return effect == "either" and is_array(kinds.get(s)) and not shares(v, kinds)
    return False


def refuse_unclear_views(program: Program, places: Mapping[int, Place]) -> None:
    """Refuse a write where it is not clear whether another array sees it.

    NumPy reshapes some arrays that are not contiguous as views and others as copies; compiled
    code always copies.
    """
    kinds = program.types

    def as_view(stmt: Stmt) -> list[Stmt]:
        match stmt:
            case Assign(target=t, value=v) if (
                may_share(stmt, kinds) and (s := shared_source(stmt)) is not None
            ):
                return [View(t, s, v, line=stmt.line)]
        return [stmt]

    unclear = rewrite(program, as_view)
    classes, written = alias_classes(unclear), written_classes(unclear)
    settled = set(short_lived(unclear.body, classes))
    for stmt in walk(program.body):
        if not may_share(stmt, kinds) or binds(stmt)[0] in settled:
            continue
        if classes[binds(stmt)[0]] in written:
            reason = "whether this shares memory with an array that is written to is not clear"
            advice = "reshape a copy: `np.reshape(x.copy(), ...)`"
            raise UnsupportedError(Complaint(places.get(stmt.line), reason, advice))


def without_overlap(program: Program) -> Program:
    """Stores whose value may share memory with their target, through a copy of the value."""
    classes = alias_classes(program)
    taken = set(program.types) | set(program.constants)

    def change(stmt: Stmt) -> list[Stmt]:
        match stmt:
            case (
                Store(target=t, value=ast.Name(id=s) as v)
                | Increment(target=t, value=ast.Name(id=s) as v)
            ) if is_array(program.types.get(s)) and classes[s] == classes[t]:
                name = numbered_name("old", taken)
                copy = ast.Call(np_name("copy"), [v], [])
                value = ast.Name(name, ast.Load())
                return [Assign(name, copy, line=stmt.line), replace(stmt, value=value)]
            case Store(target=t, value=ast.BinOp() as v):
                name = numbered_name("old", taken)
                value = ast.Name(name, ast.Load())
                return [Assign(name, v, line=stmt.line), replace(stmt, value=value)]
        return [stmt]

    return rewrite(program, change)


def cast_numbers(program: Program, typing: Typing) -> Program:
    """``s = 0`` as ``s = 0.0`` where ``s`` is a float elsewhere."""
    del typing
    integers = types.Integer | types.Boolean

    def change(stmt: Stmt) -> list[Stmt]:
        if isinstance(stmt, Assign) and isinstance(program.types.get(stmt.target), types.Float):
            match stmt.value:
                case ast.Constant(value=int(v)):
                    return [replace(stmt, value=ast.Constant(float(v)))]
                case ast.Name(id=s) if isinstance(program.types.get(s), integers):
                    call = ast.Call(ast.Name("float", ast.Load()), [stmt.value], [])
                    return [replace(stmt, value=call)]
        return [stmt]

    return rewrite(program, change)


def result_name(program: Program) -> Expr:
    """What the program returns."""
    last = program.body[-1]
    assert isinstance(last, Return)
    return last.value


__all__ = ["infer", "is_array", "is_reference", "result_name", "walk"]
