"""Inline: the user's helpers become part of the body.

In: a ``Source``. Out: an ``Inlined``: one structured body without calls of user functions,
every callee under its canonical name, loops over ranges only, and what was captured.

Invariant: evaluation order is kept, also where a helper changes an array that is read before
and after the call; a helper's names never capture the caller's.
"""

from __future__ import annotations

import ast
import math
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np

from ..errors import Complaint, Place, UnsupportedError
from ..rules import registry
from .loops import Iteration, assigned, iteration
from .parse import MISSING, Source, parse
from .structure import structure

RESERVED = frozenset(
    {"np", "math", "numba", "range", "len", "abs", "min", "max", "float", "int", "bool", "sum"}
)
"""Names that emitted text needs for itself."""

DEPTH = 40
"""How deep helpers may call helpers."""


@dataclass(frozen=True)
class Inlined:
    """A function on its own.

    Attributes
    ----------
    tree : ast.FunctionDef
        Structured, without user calls.
    constants : mapping
        Captured numbers by name.
    arrays : mapping
        Captured arrays by name.
    captured : tuple
        (source, name, value) of everything that was looked up outside.
    places : mapping
        Line numbers of the tree to places in files.
    """

    tree: ast.FunctionDef
    constants: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray]
    captured: tuple[tuple[Source, str, Any], ...]
    places: Mapping[int, Place]


def inline(source: Source) -> Inlined:
    """Make a function stand on its own.

    Raises
    ------
    UnsupportedError
        Where it calls what srcgrad does not know.
    """
    tree = structure(source.tree)
    worker = _Inliner(source, tree)
    body = worker.function_body(tree)
    new = ast.FunctionDef(
        name=tree.name, args=worker.arguments(tree.args), body=body, decorator_list=[]
    )
    new = ast.fix_missing_locations(ast.copy_location(new, tree))
    return Inlined(new, worker.constants, worker.arrays, tuple(worker.captured), worker.places)


@dataclass
class Closure:
    """A user's function and where its free names are looked up."""

    tree: ast.FunctionDef
    source: Source
    scope: Scope | None
    defaults: dict[str, ast.expr]


@dataclass
class Scope:
    """What the local names of one function (one call of it) mean in the new body."""

    source: Source
    parent: Scope | None = None
    names: dict[str, ast.expr] = field(default_factory=dict)
    functions: dict[str, Closure] = field(default_factory=dict)

    def find(self, name: str) -> Scope | None:
        """The scope that has a name, this one or one around it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names or name in scope.functions:
                return scope
            scope = scope.parent
        return None


class _Inliner:
    """Builds the new body; ``out`` is the block at hand."""

    def __init__(self, source: Source, tree: ast.FunctionDef) -> None:
        self.source = source
        self.taken = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} | set(RESERVED)
        self.taken |= {a.arg for a in ast.walk(tree) if isinstance(a, ast.arg)}
        self.taken |= {k for k in registry.FUNCTIONS if "." not in k}
        self.constants: dict[str, Any] = {}
        self.arrays: dict[str, np.ndarray] = {}
        self.captured: list[tuple[Source, str, Any]] = []
        self.places: dict[int, Place] = {}
        self.known: dict[int, tuple[str, Any]] = {}
        self.out: list[ast.stmt] = []
        self.stack: list[Any] = [source.function]
        self.scope = Scope(source)
        self.next_line = 1_000_000
        self.lines: dict[tuple[str, int], int] = {}

    # Functions

    def function_body(self, tree: ast.FunctionDef) -> list[ast.stmt]:
        """The main function's body."""
        arguments = tree.args
        self.taken -= set(RESERVED) & set()
        for arg in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            new = arg.arg if self.usable(arg.arg) else self.fresh(arg.arg)
            self.scope.names[arg.arg] = ast.Name(new, ast.Load())
        self.declare(tree, self.scope, own=True)
        return self.block(tree.body)

    def arguments(self, old: ast.arguments) -> ast.arguments:
        """The parameters, all plain, under their names in the new body."""
        every = (*old.posonlyargs, *old.args, *old.kwonlyargs)
        names = [self.scope.names[a.arg] for a in every]
        args = [ast.arg(n.id) for n in names if isinstance(n, ast.Name)]
        return ast.arguments([], args, None, [], [], None, [])

    def usable(self, name: str) -> bool:
        """Whether a user's name can stay."""
        return name not in RESERVED and name not in registry.FUNCTIONS

    def declare(self, tree: ast.FunctionDef, scope: Scope, own: bool) -> None:
        """Give every name that a function assigns its name in the new body."""
        for name in sorted(assigned(tree.body)):
            if name in scope.names and (own or name in scope.names):
                continue
            keep = self.usable(name) and (own or name not in self.taken)
            new = name if keep else self.fresh(name)
            self.taken.add(new)
            scope.names[name] = ast.Name(new, ast.Load())

    def fresh(self, wish: str) -> str:
        """A free name."""
        name, number = wish, 0
        while name in self.taken:
            number += 1
            name = f"{wish}_{number}"
        self.taken.add(name)
        return name

    # Statements

    def block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """A block of its own."""
        outer, self.out = self.out, []
        for stmt in body:
            self.statement(stmt)
        done, self.out = self.out, outer
        return done or [ast.copy_location(ast.Pass(), body[0])] if body else done

    def block_here(self, body: list[ast.stmt]) -> None:
        """The statements of a block, in the block at hand."""
        for stmt in body:
            self.statement(stmt)

    def collect(self, fill: Callable[[], Any]) -> tuple[list[ast.stmt], Any]:
        """What ``fill`` emits, and what it returns."""
        outer, self.out = self.out, []
        value = fill()
        done, self.out = self.out, outer
        return done, value

    def emit(self, stmt: ast.stmt, at: ast.AST) -> None:
        """Append a statement at the place of a node."""
        stmt.lineno = stmt.end_lineno = self.line(at)
        stmt.col_offset = stmt.end_col_offset = getattr(at, "col_offset", 0)
        self.out.append(stmt)

    def line(self, at: ast.AST) -> int:
        """The number by which a node's place is known."""
        source, number = self.scope.source, getattr(at, "lineno", 0)
        if source is self.source:
            self.places.setdefault(number, source.place(at))
            return number
        key = (source.filename, number)
        if key not in self.lines:
            self.next_line += 1
            self.lines[key] = self.next_line
            self.places[self.next_line] = source.place(at)
        return self.lines[key]

    def statement(self, stmt: ast.stmt) -> None:
        """One statement of the user's."""
        match stmt:
            case ast.FunctionDef(name=name):
                self.scope.functions[name] = self.closure(stmt)
                self.scope.names.pop(name, None)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda() as value):
                self.scope.functions[name] = self.closure(value)
                self.scope.names.pop(name, None)
            case ast.Assign(
                targets=[ast.Name(id=name)], value=ast.Name() | ast.Attribute() as value
            ) if (function := self.function_value(value)) is not None:
                self.scope.functions[name] = function
                self.scope.names.pop(name, None)
            case ast.Assign(targets=targets, value=value):
                self.assignment(targets, value, stmt)
            case ast.AnnAssign(target=target, value=value):
                if value is not None:
                    self.assignment([target], value, stmt)
            case ast.AugAssign(target=target, op=op, value=value):
                new = self.expr(value)
                place: Any = self.target(target)
                self.emit(ast.AugAssign(place, op, new), stmt)
            case ast.If(test=test, body=body, orelse=orelse):
                new_test = self.expr(test)
                self.emit(ast.If(new_test, self.block(body), self.block(orelse)), stmt)
            case ast.While():
                self.while_loop(stmt)
            case ast.For():
                self.for_loop(stmt)
            case ast.Expr(value=value):
                self.effect(value, stmt)
            case ast.Return(value=value):
                new_value = ast.Constant(None) if value is None else self.expr(value)
                self.emit(ast.Return(new_value), stmt)
            case ast.Assert(test=test, msg=msg):
                self.emit(ast.Assert(self.expr(test), self.message(msg)), stmt)
            case ast.Raise(exc=exc):
                self.emit(ast.Raise(self.message(exc) or _name("Exception"), None), stmt)
            case ast.Break():
                self.emit(ast.Break(), stmt)
            case ast.Pass() | ast.Delete() | ast.Import() | ast.ImportFrom():
                pass
            case _:
                self.refuse(stmt, "this statement cannot be differentiated", "")

    def message(self, node: ast.expr | None) -> ast.expr | None:
        """The message of a raise or assert: constant text, since compiled code has no other."""
        match node:
            case None:
                return None
            case ast.JoinedStr(values=values):
                parts = [str(v.value) for v in values if isinstance(v, ast.Constant)]
                return ast.Constant("...".join(parts))
            case ast.Call(func=ast.Name() as func, args=args):
                return ast.Call(func, [a for a in map(self.message, args) if a is not None], [])
            case ast.Name():
                return node
            case ast.Constant():
                return node
        return ast.Constant("error")

    def assignment(self, targets: list[ast.expr], value: ast.expr, stmt: ast.stmt) -> None:
        """``a = b = value``."""
        new = self.expr(value)
        if len(targets) > 1 and not isinstance(new, ast.Name | ast.Constant):
            new = self.bound(new, stmt)
        for target in targets:
            self.emit(ast.Assign([self.target(target)], new), stmt)

    def target(self, target: ast.expr) -> ast.expr:
        """What is assigned to."""
        match target:
            case ast.Name(id=name):
                scope = self.scope.find(name)
                found = scope.names.get(name) if scope else None
                if not isinstance(found, ast.Name):
                    self.refuse(target, f"`{name}` cannot be assigned to here", "use another name")
                return ast.Name(found.id, ast.Store())
            case ast.Tuple(elts=elts) | ast.List(elts=elts):
                return ast.Tuple([self.target(e) for e in elts], ast.Store())
            case ast.Subscript(value=base, slice=index):
                return ast.Subscript(self.expr(base), self.expr(index), ast.Store())
        self.refuse(target, "this cannot be assigned to", "assign to a name or an element")

    def bound(self, value: ast.expr, at: ast.AST, wish: str = "t") -> ast.expr:
        """The value under a new name."""
        name = self.fresh(wish)
        self.emit(ast.Assign([ast.Name(name, ast.Store())], value), at)
        return ast.Name(name, ast.Load())

    def while_loop(self, stmt: ast.While) -> None:
        """A test that needs statements is computed before the loop and at the end of its body."""
        before, test = self.collect(lambda: self.expr(stmt.test))
        if not before:
            self.emit(ast.While(test, self.block(stmt.body), []), stmt)
            return
        flag = self.fresh("going")
        target = ast.Name(flag, ast.Load())

        def again() -> None:
            new = self.expr(stmt.test)
            self.emit(ast.Assign([ast.Name(flag, ast.Store())], new), stmt)

        first, _ = self.collect(again)
        self.out += first
        body = self.block(stmt.body)
        more, _ = self.collect(again)
        self.emit(ast.While(target, body + more, []), stmt)

    def for_loop(self, stmt: ast.For) -> None:
        """A loop over anything that is understood, as one over a range, or unrolled."""
        match stmt.iter:
            case ast.Tuple(elts=elts) | ast.List(elts=elts):
                self.unrolled(stmt, [self.bound_if_needed(self.expr(e), stmt) for e in elts])
                return
            case ast.Name(id=name) if self.captured_tuple(name) is not None:
                values = self.captured_tuple(name) or ()
                self.unrolled(stmt, [ast.Constant(v) for v in values])
                return
        changed = assigned(stmt.body)
        found = iteration(stmt.target, stmt.iter, changed, self)
        if found is None:
            self.refuse(
                stmt.iter,
                f"a loop over `{ast.unparse(stmt.iter)}` cannot be differentiated",
                "loop over range(...), an array, zip or enumerate",
            )
        self.emit_loop(found, lambda: self.block_here(stmt.body), stmt)

    def emit_loop(self, found: Iteration, fill: Callable[[], Any], at: ast.AST) -> None:
        """``for counter in range(...)`` with what the round binds first."""

        def body() -> None:
            for make in found.binds:
                make()
            fill()

        inner, _ = self.collect(body)
        call = ast.Call(_name("range"), found.bounds, [])
        loop = ast.For(
            target=ast.Name(found.counter, ast.Store()), iter=call, body=inner, orelse=[]
        )
        self.emit(loop, at)

    def captured_tuple(self, name: str) -> tuple[Any, ...] | None:
        """A tuple of numbers from outside."""
        if self.scope.find(name) is not None:
            return None
        found = self.scope.source.resolve(name)
        if isinstance(found, tuple) and all(isinstance(v, int | float) for v in found):
            return found
        return None

    def bound_if_needed(self, value: ast.expr, at: ast.AST) -> ast.expr:
        """A value that can stand in several places."""
        return value if isinstance(value, ast.Name | ast.Constant) else self.bound(value, at)

    def unrolled(self, stmt: ast.For, values: list[ast.expr]) -> None:
        """The body once for each element of a display."""
        body, flag = stmt.body, None
        match stmt.body:
            case [*rest, ast.If(test=ast.Name(id=name), body=[ast.Break()])]:
                body, flag = rest, name

        def rounds(left: list[ast.expr]) -> None:
            if not left:
                return
            self.emit(ast.Assign([self.target(stmt.target)], left[0]), stmt)
            for inner in body:
                self.statement(inner)
            if flag is None:
                rounds(left[1:])
            elif left[1:]:
                test = ast.UnaryOp(ast.Not(), self.expr(_name(flag)))
                more, _ = self.collect(lambda: rounds(left[1:]))
                self.emit(ast.If(test, more, []), stmt)

        rounds(values)

    def effect(self, value: ast.expr, stmt: ast.stmt) -> None:
        """An expression statement: a helper called for what it changes, or a method."""
        if isinstance(value, ast.Constant):
            return
        new = self.expr(value)
        if isinstance(new, ast.Call):
            self.emit(ast.Expr(new), stmt)

    # Expressions

    def expr(self, node: Any) -> Any:
        """An expression of the user's in the new body; statements it needs are emitted first."""
        match node:
            case ast.Name(id=name):
                return self.name(node, name)
            case ast.Constant():
                return ast.Constant(node.value)
            case ast.Attribute():
                return self.attribute(node)
            case ast.Call():
                return self.call(node)
            case ast.IfExp():
                return self.conditional(node)
            case ast.BoolOp():
                return self.short_circuit(node)
            case ast.NamedExpr(target=target, value=value):
                new = self.expr(value)
                self.emit(ast.Assign([self.target(target)], new), node)
                return self.expr(ast.copy_location(_name(target.id), node))
            case ast.ListComp():
                return self.comprehension(node)
            case ast.Lambda() | ast.GeneratorExp():
                self.refuse(node, "this is not a value that can be computed with", "")
            case ast.Slice() | ast.Tuple() | ast.List() | ast.BinOp() | ast.UnaryOp():
                return self.parts(node)
            case ast.Compare() | ast.Subscript():
                return self.parts(node)
            case None:
                return None
        self.refuse(node, f"`{ast.unparse(node)}` cannot be differentiated", "")

    def parts(self, node: ast.expr) -> ast.expr:
        """An operation: its operands in order, kept from what later ones change."""
        fields: dict[str, Any] = {}
        places: list[tuple[str, int | None]] = []
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.expr):
                places.append((name, None))
            elif isinstance(value, list) and value and isinstance(value[0], ast.expr):
                places += [(name, k) for k in range(len(value))]
                fields[name] = list(value)
                continue
            fields[name] = value
        done: list[tuple[str, int | None]] = []
        for name, k in places:
            old = fields[name] if k is None else fields[name][k]
            before, new = self.collect(lambda old=old: self.expr(old))  # type: ignore[misc]
            if before:
                self.shelter(fields, done, node)
                self.out += before
            if k is None:
                fields[name] = new
            else:
                fields[name][k] = new
            done.append((name, k))
        return type(node)(**fields)

    def shelter(
        self, fields: dict[str, Any], done: list[tuple[str, int | None]], at: ast.AST
    ) -> None:
        """Bind operands that are already computed, since statements will run after them."""
        for name, k in done:
            value = fields[name] if k is None else fields[name][k]
            if isinstance(value, ast.Name | ast.Constant | ast.Slice) or _is_dotted(value):
                continue
            new = self.bound(value, at)
            if k is None:
                fields[name] = new
            else:
                fields[name][k] = new

    def name(self, node: ast.AST, name: str) -> ast.expr:
        """A name: a local one, or something captured."""
        scope = self.scope.find(name)
        if scope is not None:
            if name in scope.functions:
                self.refuse(node, f"the function `{name}` is used as a value", "call it")
            return scope.names[name]
        value = self.scope.source.resolve(name)
        if value is MISSING:
            self.refuse(node, f"`{name}` is not defined", "define it before the gradient is called")
        return self.capture(node, name, value)

    def capture(self, node: ast.AST, name: str, value: Any) -> ast.expr:
        """A value from outside, in the new body."""
        if value is float or value is int or value is bool:
            return _name(value.__name__)
        if isinstance(value, type) and issubclass(value, np.generic):
            return ast.Attribute(_name("np"), value.__name__, ast.Load())
        if value is np.newaxis or value is Ellipsis:
            return ast.Constant(value)
        self.captured.append((self.scope.source, name, value))
        key = id(value)
        if key in self.known:
            return _name(self.known[key][0])
        if isinstance(value, list | tuple) and value and _numbers(value):
            array = np.array(value)
            if isinstance(value, tuple) and array.ndim == 1:
                return ast.Tuple([ast.Constant(v) for v in value], ast.Load())
            self.refuse(
                node,
                f"`{name}` is a list from outside, which may change unnoticed",
                "make it an array or a tuple, or pass it as an argument",
            )
        if isinstance(value, np.ndarray):
            return self.held(key, name, value, value, self.arrays)
        if isinstance(value, bool | int | float | np.integer | np.floating | np.bool_):
            if name == "np" or name == "math":
                name = "value"
            return self.held(key, name, value, value, self.constants)
        if isinstance(value, str | None):
            return ast.Constant(value)
        self.refuse(
            node,
            f"`{name}` is a {type(value).__name__}, which cannot be computed with",
            "pass numbers and arrays as arguments",
        )

    def held(
        self, key: int, name: str, original: Any, value: Any, where: dict[str, Any]
    ) -> ast.expr:
        """A captured value under a name of its own."""
        main = self.scope.source is self.source and self.scope.find(name) is None
        new = name if main and name not in where and self.usable(name) else self.fresh(name)
        self.taken.add(new)
        where[new] = value
        self.known[key] = (new, original)
        return _name(new)

    def attribute(self, node: ast.Attribute) -> ast.expr:
        """``np.pi``, ``module.constant``, or an attribute of a value."""
        found, value = self.static(node)
        if not found:
            return ast.Attribute(self.expr(node.value), node.attr, ast.Load())
        for module, text in ((math, "math"), (np, "np")):
            if isinstance(value, float) and getattr(module, node.attr, None) == value:
                return ast.Attribute(_name(text), node.attr, ast.Load())
            if isinstance(value, float) and value != value and node.attr == "nan":
                return ast.Attribute(_name("math"), "nan", ast.Load())
        return self.capture(node, node.attr, value)

    def static(self, node: ast.expr) -> tuple[bool, Any]:
        """Whether an expression is known now (a global, a module's attribute), and what it is."""
        match node:
            case ast.Name(id=name):
                if self.scope.find(name) is not None:
                    return False, None
                value = self.scope.source.resolve(name)
                return value is not MISSING, value
            case ast.Attribute(value=base, attr=attr):
                found, value = self.static(base)
                if found and not isinstance(value, np.ndarray | np.generic | float | int):
                    if hasattr(value, attr):
                        return True, getattr(value, attr)
                    self.refuse(node, f"`{ast.unparse(node)}` does not exist", "")
        return False, None

    def conditional(self, node: ast.IfExp) -> ast.expr:
        """``a if c else b``; as a statement where the branches need some."""
        test = self.expr(node.test)
        before_yes, yes = self.collect(lambda: self.expr(node.body))
        before_no, no = self.collect(lambda: self.expr(node.orelse))
        if not before_yes and not before_no:
            return ast.IfExp(test, yes, no)
        name = self.fresh("t")
        blocks = []
        for before, value in ((before_yes, yes), (before_no, no)):
            end, _ = self.collect(
                lambda v=value: self.emit(ast.Assign([ast.Name(name, ast.Store())], v), node)  # type: ignore[misc]
            )
            blocks.append(before + end)
        self.emit(ast.If(test, *blocks), node)
        return _name(name)

    def short_circuit(self, node: ast.BoolOp) -> ast.expr:
        """``a and b``; as a statement where ``b`` needs some."""
        first = self.expr(node.values[0])
        rest = node.values[1:]
        before, tail = self.collect(
            lambda: self.expr(rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest))
        )
        if not before:
            return ast.BoolOp(node.op, [first, tail])
        flag = self.bound(first, node)
        assert isinstance(flag, ast.Name)
        end, _ = self.collect(
            lambda: self.emit(ast.Assign([ast.Name(flag.id, ast.Store())], tail), node)
        )
        test = flag if isinstance(node.op, ast.And) else ast.UnaryOp(ast.Not(), flag)
        self.emit(ast.If(test, before + end, []), node)
        return flag

    def comprehension(self, node: ast.ListComp) -> ast.expr:
        """``[e for v in xs]`` as an array that a loop fills."""
        name = self.fresh("values")
        outer, self.scope = self.scope, Scope(self.scope.source, self.scope)
        for generator in node.generators:
            self.local_targets(generator.target)
        simple = len(node.generators) == 1 and not node.generators[0].ifs
        if simple:
            self.filled(name, node)
        else:
            self.emit(ast.Assign([ast.Name(name, ast.Store())], ast.List([], ast.Load())), node)

            def append() -> None:
                method = ast.Attribute(_name(name), "append", ast.Load())
                self.emit(ast.Expr(ast.Call(method, [self.expr(node.elt)], [])), node)

            self.generators(node.generators, append, node)
        self.scope = outer
        return _name(name)

    def filled(self, name: str, node: ast.ListComp) -> None:
        """``name = np.empty(n)``, each element stored by its round."""
        generator = node.generators[0]
        found = iteration(generator.target, generator.iter, set(), self, hidden=True)
        if found is None:
            self.refuse(generator.iter, "this cannot be looped over", "loop over a range")
        size: ast.expr = found.bounds[0]
        empty = ast.Call(ast.Attribute(_name("np"), "empty", ast.Load()), [size], [])
        self.emit(ast.Assign([ast.Name(name, ast.Store())], empty), node)

        def store() -> None:
            element = ast.Subscript(_name(name), _name(found.counter), ast.Store())
            self.emit(ast.Assign([element], self.expr(node.elt)), node)

        self.emit_loop(found, store, node)

    def local_targets(self, target: ast.expr) -> None:
        """Names of a comprehension's own."""
        for part in ast.walk(target):
            if isinstance(part, ast.Name):
                self.scope.names[part.id] = _name(self.fresh(part.id))

    def generators(
        self, generators: list[ast.comprehension], fill: Callable[[], None], at: ast.AST
    ) -> None:
        """Nested loops with their filters."""
        if not generators:
            fill()
            return
        first, *rest = generators
        found = iteration(first.target, first.iter, set(), self)
        if found is None:
            self.refuse(first.iter, "this cannot be looped over", "loop over a range")

        def inside() -> None:
            if not first.ifs:
                self.generators(rest, fill, at)
                return
            test = self.expr(
                first.ifs[0] if len(first.ifs) == 1 else ast.BoolOp(ast.And(), first.ifs)
            )
            body, _ = self.collect(lambda: self.generators(rest, fill, at))
            self.emit(ast.If(test, body, []), at)

        self.emit_loop(found, inside, at)

    def reduction(self, callee: str, node: ast.GeneratorExp | ast.ListComp) -> ast.expr | None:
        """``sum(e for ...)``, ``any``, ``all`` as loops; None for other callees."""
        start = {"sum": 0, "any": False, "all": True, "math.fsum": 0}.get(callee)
        if start is None:
            return None
        name = self.fresh("total" if start == 0 and start is not False else "found")
        self.emit(ast.Assign([ast.Name(name, ast.Store())], ast.Constant(start)), node)
        outer, self.scope = self.scope, Scope(self.scope.source, self.scope)
        for generator in node.generators:
            self.local_targets(generator.target)

        def step() -> None:
            new, old = self.expr(node.elt), _name(name)
            value: ast.expr = ast.BinOp(old, ast.Add(), new)
            if callee in ("any", "all"):
                op = ast.Or() if callee == "any" else ast.And()
                value = ast.BoolOp(op, [old, new])
            self.emit(ast.Assign([ast.Name(name, ast.Store())], value), node)

        self.generators(node.generators, step, node)
        self.scope = outer
        return _name(name)

    # Calls

    def call(self, node: ast.Call) -> ast.expr:
        """A call: of a user's function (inlined), of a known one, or of a method."""
        func = node.func
        closure = self.local_function(func)
        if closure is not None:
            return self.expand(closure, node)
        found, value = self.static(func)
        if not found:
            if isinstance(func, ast.Attribute):
                return self.method(node, func)
            self.refuse(node, f"`{ast.unparse(func)}` cannot be called here", "")
        canonical = registry.canonical_name(value)
        if value in (any, all):
            canonical = value.__name__
        if canonical is not None:
            if len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp | ast.ListComp):
                reduced = self.reduction(canonical, node.args[0])
                if reduced is not None:
                    return reduced
                node = self.listed(node)
            self.captured.append((self.scope.source, ast.unparse(func), value))
            return self.known_call(canonical, node)
        return self.user_call(node, value)

    def listed(self, node: ast.Call) -> ast.Call:
        """A generator argument as a list."""
        first = node.args[0]
        assert isinstance(first, ast.GeneratorExp | ast.ListComp)
        comp = ast.copy_location(ast.ListComp(first.elt, first.generators), first)
        return ast.copy_location(ast.Call(node.func, [comp], node.keywords), node)

    def known_call(self, canonical: str, node: ast.Call) -> ast.expr:
        """A call of a function that the rules know, its arguments in order."""
        wrapped = ast.Tuple([*node.args, *(k.value for k in node.keywords)], ast.Load())
        new = self.parts(wrapped)
        assert isinstance(new, ast.Tuple)
        count = len(node.args)
        keywords = [
            ast.keyword(k.arg, v) for k, v in zip(node.keywords, new.elts[count:], strict=True)
        ]
        func = ast.parse(canonical, mode="eval").body
        call = ast.Call(func, new.elts[:count], keywords)
        return ast.copy_location(call, node)

    def method(self, node: ast.Call, func: ast.Attribute) -> ast.expr:
        """A method of a value."""
        wrapped = ast.Tuple([func.value, *node.args, *(k.value for k in node.keywords)], ast.Load())
        new = self.parts(wrapped)
        assert isinstance(new, ast.Tuple)
        count = len(node.args)
        keywords = [
            ast.keyword(k.arg, v) for k, v in zip(node.keywords, new.elts[count + 1 :], strict=True)
        ]
        receiver = ast.Attribute(new.elts[0], func.attr, ast.Load())
        return ast.copy_location(ast.Call(receiver, new.elts[1 : count + 1], keywords), node)

    def local_function(self, func: ast.expr) -> Closure | None:
        """A nested function, a lambda, or a function passed as an argument."""
        if isinstance(func, ast.Lambda):
            return self.closure(func)
        if isinstance(func, ast.Name):
            scope = self.scope.find(func.id)
            if scope is not None:
                return scope.functions.get(func.id)
        return None

    def closure(self, node: ast.FunctionDef | ast.Lambda) -> Closure:
        """A function defined in the body; its defaults are computed here."""
        if isinstance(node, ast.Lambda):
            body: list[ast.stmt] = [ast.copy_location(ast.Return(node.body), node)]
            tree = ast.FunctionDef(name="f", args=node.args, body=body, decorator_list=[])
            tree = ast.copy_location(tree, node)
        else:
            tree = node
        names = [*tree.args.posonlyargs, *tree.args.args]
        defaults: dict[str, ast.expr] = {}
        pairs = list(
            zip(names[len(names) - len(tree.args.defaults) :], tree.args.defaults, strict=True)
        )
        pairs += [
            (a, d)
            for a, d in zip(tree.args.kwonlyargs, tree.args.kw_defaults, strict=True)
            if d is not None
        ]
        for arg, value in pairs:
            defaults[arg.arg] = self.bound_if_needed(self.expr(value), node)
        return Closure(structure(tree), self.scope.source, self.scope, defaults)

    def user_call(self, node: ast.Call, value: Any) -> ast.expr:
        """A call of a function from outside."""
        text = ast.unparse(node.func)
        if getattr(value, "__srcgrad__", None):
            self.refuse(
                node,
                f"`{text}` is itself a gradient; gradients of gradients are not supported yet",
                "write the inner derivative out",
            )
        plain = getattr(value, "py_func", value)
        if not isinstance(plain, types.FunctionType):
            self.refuse(
                node,
                f"`{text}` is not a function that srcgrad knows",
                "use math, NumPy, or a function of your own in plain Python",
            )
        self.captured.append((self.scope.source, text, value))
        source = parse(plain)
        defaults = {k: v for k, v in _defaults(plain).items()}
        closure = Closure(structure(source.tree), source, None, {})
        for name, default in defaults.items():
            saved, self.scope = self.scope, Scope(source)
            closure.defaults[name] = self.capture(node, name, default)
            self.scope = saved
        return self.expand(closure, node, plain)

    def expand(self, closure: Closure, node: ast.Call, identity: Any = None) -> ast.expr:
        """The body of a function in place of its call; what it returns."""
        key = identity if identity is not None else closure.tree
        if key in self.stack or len(self.stack) > DEPTH:
            self.refuse(
                node,
                f"`{ast.unparse(node.func)}` calls itself; recursion cannot be differentiated yet",
                "write it as a loop",
            )
        scope = Scope(closure.source, closure.scope)
        self.bind_arguments(closure, node, scope)
        self.declare(closure.tree, scope, own=False)
        self.stack.append(key)
        saved, self.scope = self.scope, scope
        *body, last = closure.tree.body
        for stmt in body:
            self.statement(stmt)
        result: ast.expr = ast.Constant(None)
        if isinstance(last, ast.Return):
            if last.value is not None:
                result = self.expr(last.value)
        else:
            self.statement(last)
        self.scope = saved
        self.stack.pop()
        return result

    def bind_arguments(self, closure: Closure, node: ast.Call, scope: Scope) -> None:
        """Parameters: the argument itself where the body never rebinds it, else a new name."""
        arguments = closure.tree.args
        names = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
        every = names + [a.arg for a in arguments.kwonlyargs]
        given: dict[str, ast.expr] = dict(zip(names, node.args, strict=False))
        if len(node.args) > len(names):
            self.refuse(node, f"too many arguments for `{closure.tree.name}`", "")
        for keyword in node.keywords:
            if keyword.arg not in every or keyword.arg in given:
                self.refuse(node, f"`{closure.tree.name}` cannot take `{keyword.arg}` here", "")
            given[str(keyword.arg)] = keyword.value
        rebound = assigned(closure.tree.body)
        order = [k for k in given] + [k for k in every if k not in given]
        for name in order:
            function = self.function_value(given[name]) if name in given else None
            if function is not None:
                scope.functions[name] = function
                continue
            if name in given:
                value = self.expr(given[name])
            elif name in closure.defaults:
                value = closure.defaults[name]
            else:
                self.refuse(node, f"`{closure.tree.name}` needs an argument `{name}`", "")
            atomic = isinstance(value, ast.Name | ast.Constant)
            if atomic and name not in rebound:
                scope.names[name] = value
            else:
                wish = name if self.usable(name) else f"{name}_"
                new = self.bound(value, node, wish)
                scope.names[name] = new

    def function_value(self, node: ast.expr) -> Closure | None:
        """An argument that is a function."""
        if isinstance(node, ast.Lambda):
            return self.closure(node)
        local = self.local_function(node)
        if local is not None:
            return local
        found, value = self.static(node)
        if not found or not callable(value) or isinstance(value, type):
            return None
        params = [ast.arg("x")]
        canonical = registry.canonical_name(value)
        plain = getattr(value, "py_func", value)
        if canonical is None and isinstance(plain, types.FunctionType):
            source = parse(plain)
            return Closure(structure(source.tree), source, None, {})
        if canonical is None:
            return None
        body = ast.Return(ast.Call(node, [_name("x")], []))
        tree = ast.FunctionDef(
            name="f",
            args=ast.arguments([], params, None, [], [], None, []),
            body=[ast.copy_location(body, node)],
            decorator_list=[],
        )
        return Closure(ast.copy_location(tree, node), self.scope.source, self.scope, {})

    def refuse(self, node: ast.AST, reason: str, advice: str) -> NoReturn:
        """Raise at a place."""
        place = self.scope.source.place(node)
        raise UnsupportedError(Complaint(place, reason, advice))


Watch = tuple[Mapping[str, Any], str, Any]
"""A namespace, a name in it, and what the name meant when the gradient was derived."""


def watched(captured: tuple[tuple[Source, str, Any], ...]) -> tuple[Watch, ...]:
    """Where captured values can be looked up again quickly, those of libraries left out."""
    found: dict[tuple[int, str], Watch] = {}
    for source, name, value in captured:
        if is_library(value):
            continue
        *path, last = name.split(".")
        owner: Any = source.resolve(path[0]) if path else None
        for attribute in path[1:]:
            owner = getattr(owner, attribute, MISSING)
        space = vars(owner) if path and hasattr(owner, "__dict__") else source.space(last)
        if space is not None:
            found[id(space), last] = (space, last, value)
    return tuple(found.values())


def is_library(value: Any) -> bool:
    """Whether a captured function belongs to a library, which nobody rebinds."""
    module = getattr(value, "__module__", None) or ""
    root = str(module).partition(".")[0]
    return isinstance(value, np.ufunc) or root in ("numpy", "math", "builtins", "scipy", "srcgrad")


def _defaults(function: types.FunctionType) -> dict[str, Any]:
    """Default values by parameter."""
    code = function.__code__
    names = code.co_varnames[: code.co_argcount]
    values = function.__defaults__ or ()
    found = dict(zip(names[len(names) - len(values) :], values, strict=True))
    return found | (function.__kwdefaults__ or {})


def _name(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _is_dotted(value: ast.expr) -> bool:
    """``math.pi``."""
    return isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name)


def _numbers(values: Any) -> bool:
    """Whether a list (nested) has only numbers."""
    return all(
        _numbers(v) if isinstance(v, list | tuple) else isinstance(v, int | float | np.number)
        for v in values
    )
