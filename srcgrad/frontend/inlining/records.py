"""Records: NamedTuples and dataclasses that a function makes, reads and passes on.

In: ``State(x, v)``, ``np.linalg.slogdet(A)``, ``s.x``, ``s.energy()``, ``s._replace(x=1.0)``.
Out: a tuple under a name, whose class is remembered; its parts; the body of the method.

Invariant: a name stands for records of one class only, so a field is always at the same place.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

from numba import types

from ...rules.rewrites_of_matrices import record_of
from .body import Body, name_of
from .captures import capture

Expand = Callable[[Body, ast.Call, FunctionType], ast.expr]


def fields_of(cls: Any) -> Mapping[str, Any] | None:
    """The fields of a class and their defaults (``MISSING``); None where it is no plain record."""
    if not isinstance(cls, type):
        return None
    if dataclasses.is_dataclass(cls):
        found = dataclasses.fields(cls)
        plain = not hasattr(cls, "__post_init__") and cls.__dataclass_params__.init  # type: ignore[attr-defined]
        simple = all(f.init and f.default_factory is dataclasses.MISSING for f in found)
        return {f.name: f.default for f in found} if plain and simple else None
    names = getattr(cls, "_fields", None)
    if not issubclass(cls, tuple) or names is None:
        return None
    made = inspect.getattr_static(cls, "__new__", None)
    code = getattr(getattr(made, "__func__", made), "__code__", None)
    if code is None or not code.co_filename.startswith("<"):
        return None  # written by the user
    defaults = cls._field_defaults  # type: ignore[attr-defined]
    return {n: defaults.get(n, dataclasses.MISSING) for n in names}


def class_of(worker: Body, value: ast.expr) -> Any:
    """The class of the record that an expression of the new body is; None for anything else."""
    match value:
        case ast.Name(id=name):
            kind = worker.kinds.get(name)
            given = kind.instance_class if isinstance(kind, types.BaseNamedTuple) else None
            return worker.records.get(name, getattr(given, "__record__", given))
        case ast.IfExp(body=yes, orelse=no):
            first, second = class_of(worker, yes), class_of(worker, no)
            return first if first is second else None
        case ast.Call():
            return record_of(value)
    return None


def construct(worker: Body, node: ast.Call, cls: Any) -> ast.expr | None:
    """``State(x, v)`` as the name of a tuple; None where the class is no plain record."""
    fields = fields_of(cls)
    if fields is None:
        return None
    worker.note(ast.unparse(node.func), cls)
    given = dict(zip(fields, node.args, strict=False))
    given |= {str(k.arg): k.value for k in node.keywords}
    if len(given) < len(node.args) + len(node.keywords) or not given.keys() <= fields.keys():
        worker.refuse(node, f"`{cls.__name__}` cannot take these arguments", "")
    parts: dict[str, ast.expr] = {}
    for name, value in given.items():
        parts[name] = worker.bound_if_needed(worker.expr(value), node)
    for name, default in fields.items():
        if name not in parts:
            if default is dataclasses.MISSING:
                worker.refuse(node, f"`{cls.__name__}` needs `{name}`", "")
            plain = isinstance(default, bool | int | float | None)
            parts[name] = ast.Constant(default) if plain else capture(worker, node, name, default)
    return made(worker, node, cls, [parts[name] for name in fields])


def made(worker: Body, node: ast.AST, cls: Any, parts: list[ast.expr]) -> ast.expr:
    """A record under a name."""
    name = worker.bound(ast.Tuple(parts, ast.Load()), node, cls.__name__.lower())
    assert isinstance(name, ast.Name)
    worker.displays[name.id] = parts
    worker.records[name.id] = cls
    return name


def note(worker: Body, stmt: ast.stmt, at: ast.AST) -> None:
    """Note that ``s = t`` makes a name that of a record.

    Raises
    ------
    UnsupportedError
        Where the name is that of a record of another class.
    """
    match stmt:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            cls = class_of(worker, value)
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)) if len(
            targets
        ) == len(values):
            for target, value in zip(targets, values, strict=True):
                note(worker, ast.Assign([target], value), at)
            return
        case _:
            return
    if cls is None:
        return
    if worker.records.setdefault(name, cls) is not cls:
        other = worker.records[name].__name__
        reason = f"`{name}` is a {cls.__name__} here and a {other} elsewhere"
        worker.refuse(at, reason, "give each its own name")


def field(worker: Body, base: ast.expr, attr: str) -> ast.expr | None:
    """``s.x`` of a record; None where it is no field of one."""
    cls = class_of(worker, base)
    fields = None if cls is None else fields_of(cls)
    if fields is None or attr not in fields:
        return None
    place = list(fields).index(attr)
    if isinstance(base, ast.Name) and base.id in worker.displays:
        return worker.displays[base.id][place]
    return ast.Subscript(base, ast.Constant(place), ast.Load())


def method(worker: Body, node: ast.expr, func: ast.Attribute, expand: Expand) -> ast.expr | None:
    """``s.energy(t)`` of a record, or its property; None where it has no such method."""
    before, base = worker.collect(lambda: worker.expr(func.value))
    cls = class_of(worker, base)
    if cls is None:
        return None
    args, keywords = (node.args, node.keywords) if isinstance(node, ast.Call) else ([], [])
    found = inspect.getattr_static(cls, func.attr, None)
    if isinstance(found, property) and not isinstance(node, ast.Call):
        found = found.fget
    whole = worker.fresh("record")
    if func.attr == "_replace" and issubclass(cls, tuple):
        worker.out += before
        return changed(worker, node, base, cls, keywords)
    if not isinstance(found, FunctionType):
        return None
    worker.out += before
    worker.scope.names[whole] = base
    call = ast.Call(func, [name_of(whole), *args], keywords)
    return expand(worker, ast.copy_location(call, node), found)


def changed(
    worker: Body, node: ast.expr, base: ast.expr, cls: Any, keywords: list[ast.keyword]
) -> ast.expr:
    """``s._replace(x=1.0)``: a record with some fields of its own."""
    fields = fields_of(cls) or {}
    new = {str(k.arg): worker.bound_if_needed(worker.expr(k.value), node) for k in keywords}
    if not new.keys() <= fields.keys():
        worker.refuse(node, f"`{cls.__name__}` has no such fields", "")
    old = {name: field(worker, base, name) for name in fields}
    parts = [new.get(name) or worker.bound_if_needed(old[name], node) for name in fields]  # type: ignore[arg-type]
    return made(worker, node, cls, parts)


def replaced(worker: Body, node: ast.Call, value: Any) -> ast.expr | None:
    """``dataclasses.replace(s, x=1.0)``; None for any other call."""
    if value is not dataclasses.replace or len(node.args) != 1:
        return None
    worker.note(ast.unparse(node.func), value)
    base = worker.expr(node.args[0])
    cls = class_of(worker, base)
    if cls is None:
        worker.refuse(node, f"`{ast.unparse(node.args[0])}` is no known record", "")
    return changed(worker, node, base, cls, node.keywords)


def own_parts(worker: Body, tree: ast.FunctionDef, rebound: set[str]) -> None:
    """A NamedTuple given for a parameter that is bound again is a record from the start."""
    for name, known in list(worker.scope.names.items()):
        cls = class_of(worker, known)
        fields = None if cls is None else fields_of(cls)
        if fields is None or name not in rebound:
            continue
        parts = [ast.Subscript(known, ast.Constant(k), ast.Load()) for k in range(len(fields))]
        bound = [worker.bound(p, tree, f"{name}_{f}") for p, f in zip(parts, fields, strict=True)]
        worker.scope.names[name] = again = ast.Name(worker.fresh(name), ast.Load())
        worker.rebound.add(again.id)
        whole = made(worker, tree, cls, bound)
        worker.emit(ast.Assign([ast.Name(again.id, ast.Store())], whole), tree)
