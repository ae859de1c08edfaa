"""Inline: the user's helpers become part of the body.

In: a ``Source``. Out: an ``Inlined``: one structured body without calls of user functions,
every callee under its canonical name, loops over ranges only, and what was captured.

Invariant: evaluation order is kept, also where a helper changes an array that is read before
and after the call; a helper's names never capture the caller's.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import types

from ..errors import Place
from ..program import any_of
from ..rules.calls import call_of
from .inlining import records
from .inlining.assignments import assignment, in_place, kept
from .inlining.body import Body, assigned, name_of
from .inlining.calls import call, read_property
from .inlining.captures import attribute_value, name_value
from .inlining.comprehensions import comprehension
from .inlining.displays import as_array, element_of
from .inlining.effects import stored
from .inlining.function_loops import over_functions
from .inlining.gradients import Expansion
from .inlining.list_methods import list_method
from .inlining.loops import for_loop, while_loop
from .inlining.messages import raised, text_of
from .inlining.pieces import joined
from .inlining.printing import is_print
from .inlining.starred import with_stars
from .inlining.tables import decided, of_table, refuse_outside, table_named
from .inlining.tuples import has_star, picked, repeated, unpack_starred
from .inlining.user_calls import closure, function_value
from .optional import is_none, optional
from .parse import Source, parameter_names, parse
from .specialise import specialise
from .structure import structure


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
    gradients : mapping
        Gradient functions that are still called, by the names that stand for them.
    routines : mapping
        Recursive functions that are called, by name.
    lists : collection of str
        Arrays that stand for the lists of comprehensions.
    """

    tree: ast.FunctionDef
    constants: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray]
    captured: tuple[tuple[Source, str, Any], ...]
    places: Mapping[int, Place]
    gradients: Mapping[str, Any]
    routines: Mapping[str, Any]
    lists: Collection[str] = ()


def inline(
    source: Source,
    kinds: Mapping[str, types.Type] | None = None,
    expansions: Sequence[Expansion] = (),
    outlined: Mapping[Any, str] | None = None,
    passing: bool = True,
) -> Inlined:
    """Make a function stand on its own.

    Parameters
    ----------
    source : Source
        The function.
    kinds : mapping of str to numba.types.Type, optional
        Types of its parameters, where they are known: what is None or a tuple shapes the body.
    expansions : sequence of Expansion
        What the gradients that it calls become, in the order of the calls.
    outlined : mapping of function to str, optional
        Recursive functions: calls of them stay calls, by these names.
    passing : bool
        Whether recursive functions get the arrays that they capture as further arguments.

    Raises
    ------
    UnsupportedError
        Where it calls what srcgrad does not know.
    OutlinedFoundError
        Where a function that is not in ``outlined`` calls itself.
    """
    kinds = kinds or {}
    nones = {name: isinstance(kind, types.NoneType) for name, kind in kinds.items()}
    tree = structure(optional(specialise(source.tree, nones)))
    worker = _Inliner(source, tree, kinds, expansions, outlined or {})
    worker.passing = passing
    body = worker.function_body(tree)
    new = ast.FunctionDef(
        name=tree.name, args=worker.arguments(tree.args), body=body, decorator_list=[]
    )
    new = ast.fix_missing_locations(ast.copy_location(new, tree))
    left = {} if expansions else worker.gradients
    return Inlined(
        new,
        worker.constants,
        worker.arrays,
        tuple(worker.captured),
        worker.places,
        left,
        worker.routines,
        worker.lists,
    )


def captured_arrays(
    function: Any, outlined: Mapping[Any, str]
) -> tuple[tuple[str, np.ndarray], ...]:
    """The arrays that a recursive function, or one that it calls, captures, with their names."""
    found: dict[int, tuple[str, np.ndarray]] = {}
    todo, seen = [function], {function}
    while todo:
        inner = inline(parse(todo.pop(0)), outlined=outlined, passing=False)
        for name, array in inner.arrays.items():
            found.setdefault(id(array), (name, array))
        called = [f for f in inner.routines.values() if f not in seen]
        todo += [f for f in called if getattr(f, "__gate__", None) is None]
        seen.update(called)
    return tuple(found.values())


class _Inliner(Body):
    """The user's statements and expressions, each rewritten by its kind."""

    def note_record(self, stmt: ast.stmt, at: ast.AST) -> None:
        """Note which class of record a statement gives a name of."""
        records.note(self, stmt, at)

    def field(self, base: ast.expr, attr: str) -> ast.expr | None:
        """``s.x`` of a record; None where it is no field of one."""
        return records.field(self, base, attr)

    def captured_by(self, function: Any) -> Sequence[tuple[str, np.ndarray]]:
        """The arrays that a recursive function takes as further arguments."""
        return captured_arrays(function, self.outlined) if self.passing else ()

    def function_body(self, tree: ast.FunctionDef) -> list[ast.stmt]:
        """The main function's body."""
        self.given: dict[str, str] = {}
        for name in parameter_names(tree.args):
            new = name if self.usable(name) else self.fresh(name)
            self.scope.names[name] = ast.Name(new, ast.Load())
            self.given[name] = new
        rebound = set(assigned(tree.body))
        first, _ = self.collect(lambda: records.own_parts(self, tree, rebound))
        self.declare(tree, self.scope, own=True)
        body = self.block(tree.body)
        return self.prologue + first + body

    def arguments(self, old: ast.arguments) -> ast.arguments:
        """The parameters, all plain, under their names in the new body."""
        args = [ast.arg(self.given[name]) for name in parameter_names(old)]
        return ast.arguments([], args, None, [], [], None, [])

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

    def statement(self, stmt: ast.stmt) -> None:
        """One statement of the user's."""
        match stmt:
            case ast.FunctionDef(name=name):
                self.scope.functions[name] = closure(self, stmt)
                self.scope.names.pop(name, None)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda() as value):
                self.scope.functions[name] = closure(self, value)
                self.scope.names.pop(name, None)
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Name() | ast.Attribute() | ast.Call() | ast.Subscript() as value,
            ) if (function := function_value(self, value)) is not None:
                self.scope.functions[name] = function
                self.scope.names.pop(name, None)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict() as value):
                table_named(self, name, value)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str())) if (
                self.is_steady(self.scope.names[name])
            ):
                self.scope.names[name] = stmt.value
            case ast.Assign(targets=[ast.Tuple() | ast.List() as target]) if has_star(target):
                unpack_starred(self, target, stmt)
            case ast.Assign(targets=targets, value=value):
                assignment(self, targets, value, stmt)
            case ast.AnnAssign(target=target, value=value):
                if value is not None:
                    assignment(self, [target], value, stmt)
            case ast.AugAssign():
                in_place(self, stmt)
            case ast.If(test=test, body=body, orelse=orelse):
                new_test = self.expr(test)
                holds = decided(new_test)
                if holds is None:
                    self.emit(ast.If(new_test, self.block(body), self.block(orelse)), stmt)
                else:
                    self.block_here(body if holds else orelse)
            case ast.While():
                while_loop(self, stmt)
            case ast.For() if not over_functions(self, stmt):
                for_loop(self, stmt)
            case ast.For():
                pass
            case ast.Expr(value=value):
                self.effect(value, stmt)
            case ast.Return(value=value):
                new_value = ast.Constant(None) if value is None else self.expr(value)
                self.emit(ast.Return(new_value), stmt)
            case ast.Assert(test=test, msg=msg):
                text = None if msg is None else ast.Constant(text_of(msg))
                self.emit(ast.Assert(self.expr(test), text), stmt)
            case ast.Raise(exc=exc):
                self.emit(ast.Raise(raised(self, exc), None), stmt)
            case ast.Break():
                self.emit(ast.Break(), stmt)
            case ast.Delete(targets=[ast.Subscript(value=base, slice=index)]):
                method = ast.Attribute(base, "pop", ast.Load())
                self.effect(ast.copy_location(ast.Call(method, [index], []), stmt), stmt)
            case ast.Pass() | ast.Delete() | ast.Import() | ast.ImportFrom():
                pass
            case _:
                self.refuse(stmt, "this statement cannot be differentiated", "")

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
                refuse_outside(self, base)
                return ast.Subscript(self.expr(base), self.expr(index), ast.Store())
        self.refuse(target, "this cannot be assigned to", "assign to a name or an element")

    def effect(self, value: ast.expr, stmt: ast.stmt) -> None:
        """An expression statement: a helper called for what it changes, or a method."""
        if isinstance(value, ast.Constant) or is_print(self, value):
            return
        if stored(self, value, stmt):
            return
        new = self.expr(value)
        match new:
            case ast.Call(func=ast.Name(id=name)) if name in self.outlined.values() and not (
                hasattr(self.routines[name], "__gate__")
            ):
                self.bound(new, stmt)
            case ast.Call(func=ast.Name(id=name)) if name in self.routines:
                reason = f"the function `{name}`, which stays a call, is called for what it changes"
                self.refuse(stmt, reason, "return a number, or write it as a loop")
            case ast.Call():
                self.emit(ast.Expr(new), stmt)

    def expr(self, node: Any) -> Any:
        """An expression of the user's in the new body; statements it needs are emitted first."""
        match node:
            case ast.Name(id=name):
                return name_value(self, node, name)
            case ast.Constant():
                return ast.Constant(node.value, node.kind)
            case ast.Attribute():
                got = read_property(self, node)
                return attribute_value(self, node) if got is None else got
            case ast.Call():
                made = of_table(self, node) or list_method(self, node)
                return call(self, node) if made is None else made
            case ast.IfExp():
                return self.conditional(node)
            case ast.BoolOp():
                return self.short_circuit(node)
            case ast.NamedExpr(target=target, value=value):
                new = self.expr(value)
                self.emit(ast.Assign([self.target(target)], new), node)
                return self.expr(ast.copy_location(name_of(target.id), node))
            case ast.ListComp():
                return comprehension(self, node)
            case ast.Lambda() | ast.GeneratorExp():
                self.refuse(node, "this is not a value that can be computed with", "")
            case ast.BinOp(left=left, right=right):
                shown = [e for side in (left, right) for e in getattr(side, "elts", ())]
                self.has_nones |= any(map(is_none, shown))
                return repeated(self, self.parts(node), node)
            case ast.Tuple(elts=elts) | ast.List(elts=elts) if any(
                isinstance(e, ast.Starred) for e in elts
            ):
                return with_stars(self, node)
            case ast.Slice() | ast.Tuple() | ast.List() | ast.UnaryOp():
                return self.parts(node)
            case ast.Compare(ops=ops) if any(isinstance(o, ast.In | ast.NotIn) for o in ops):
                return self.membership(node)
            case ast.Subscript(value=base, slice=ast.Tuple(elts=[])):
                return call_of("whole_of", self.expr(base))
            case ast.Subscript() if (part := of_table(self, node)) is not None:
                return part
            case ast.Subscript() if (part := element_of(self, node)) is not None:
                return part
            case ast.Subscript() if (whole := joined(self, node)) is not None:
                return whole
            case ast.Subscript(value=base, slice=index) if (
                not isinstance(index, ast.Constant) and (array := as_array(self, base)) is not None
            ):
                return ast.Subscript(array, self.expr(index), ast.Load())
            case ast.Subscript():
                return picked(self, self.parts(node), node)
            case ast.Compare():
                return self.parts(node)
            case None:
                return None
        self.refuse(node, f"`{ast.unparse(node)}` cannot be differentiated", "")

    def membership(self, node: ast.Compare) -> ast.expr:
        """``x in (a, b)`` as ``x == a or x == b``."""
        elements = self.expr(node.comparators[0])
        display = isinstance(elements, ast.Tuple | ast.List) and elements.elts
        if len(node.ops) > 1 or not display:
            reason = f"`{ast.unparse(node)}`: membership is known of tuples only"
            self.refuse(node, reason, "write the comparisons or a loop")
        item = self.bound_if_needed(self.expr(node.left), node)
        tests: list[ast.expr] = [ast.Compare(item, [ast.Eq()], [e]) for e in elements.elts]
        found = any_of(tests)
        return ast.UnaryOp(ast.Not(), found) if isinstance(node.ops[0], ast.NotIn) else found

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
                self.shelter(fields, done, before, node)
                self.out += before
            if k is None:
                fields[name] = new
            else:
                fields[name][k] = new
            done.append((name, k))
        return type(node)(**fields)

    def shelter(
        self,
        fields: dict[str, Any],
        done: list[tuple[str, int | None]],
        before: list[ast.stmt],
        at: ast.AST,
    ) -> None:
        """Bind operands that are already computed, since statements will run after them."""
        for name, k in done:
            if k is None:
                fields[name] = kept(self, fields[name], before, at)
            else:
                fields[name][k] = kept(self, fields[name][k], before, at)

    def conditional(self, node: ast.IfExp) -> ast.expr:
        """``a if c else b``; as a statement where the branches need some."""
        test = self.expr(node.test)
        if (holds := decided(test)) is not None:
            return self.expr(node.body if holds else node.orelse)  # type: ignore[no-any-return]
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
        return name_of(name)

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
