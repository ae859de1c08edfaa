"""Normalise: a structured function body becomes a Program, one operation a statement.

In: an ``Inlined`` (no user calls, exits structured, callees with canonical names). Out: an
untyped ``Program`` in A-normal form: operands are atoms, every intermediate step has a name
(``s0, s1, ...`` where the user gave none), methods and operators are one canonical call.

Invariant: the Program computes what the body computes, statement by statement; what depends
on types (is ``b = a`` a copy or an alias? is ``u += v`` in place?) is left for ``infer``.
"""

from __future__ import annotations

import ast

from ..naming import fresh_names, names_in
from ..program import (
    Assign,
    Block,
    Check,
    Expr,
    For,
    If,
    Increment,
    Pop,
    Program,
    Push,
    Return,
    Store,
    Swap,
    Update,
    While,
    names,
    opposite,
)
from .fixed import growing
from .inline import Inlined
from .list_values import Lists
from .parse import parameter_names
from .truth import truth_names
from .values import Values, subscript, whole


def normalise(inlined: Inlined) -> Program:
    """The Program of an inlined function.

    Raises
    ------
    UnsupportedError
        Where an expression has no place in the Program.
    """
    tree = inlined.tree
    params = parameter_names(tree.args)
    hidden = tuple(inlined.arrays)
    taken = names_in(tree) | set(params) | set(hidden)
    taken |= set(inlined.constants)
    calls = {*inlined.gradients, *inlined.routines}
    truths = truth_names(tree.body, params)

    def flat() -> Program:
        """The statements, flattened."""
        supply = fresh_names("s", taken)
        worker = Flattener(supply, inlined.places, calls, truths)
        body = worker.block(tree.body)
        return Program(tree.name, params + hidden, body, constants=inlined.constants, hidden=hidden)

    if inlined.lists or any(isinstance(n, ast.List) for n in ast.walk(tree)):
        refuse = Flattener(fresh_names("s", taken), inlined.places, calls, truths).refuse
        Lists(inlined.lists, refuse, growing(flat())).function(tree.body)
    return flat()


class Flattener(Values):
    """Walks a body once and collects the statements of the block at hand."""

    def block(self, body: list[ast.stmt]) -> Block:
        """The statements of a body, flattened, as a block of their own."""
        outer, self.out = self.out, []
        for node in body:
            self.line = node.lineno
            self.statement(node)
        done, self.out = tuple(self.out), outer
        return done

    def statement(self, node: ast.stmt) -> None:
        """Flatten one statement."""
        match node:
            case ast.Assign(targets=[target], value=value):
                self.assign(target, value)
            case ast.AugAssign(target=target, op=op, value=value):
                self.update(target, op, value)
            case ast.If(test=test, body=body, orelse=orelse):
                condition, line = self.pure(test), self.line
                yes, no = self.block(body), self.block(orelse)
                if no and not yes:
                    condition, yes, no = opposite(condition), no, yes
                self.emit(If(condition, yes, no, line=line))
            case ast.For():
                self.for_loop(node)
            case ast.While():
                self.while_loop(node)
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                pass
            case ast.Expr(value=ast.Call() as call):
                self.effect(call)
            case ast.Assert() | ast.Raise():
                self.emit(Check(node, line=self.line))
            case ast.Return(value=value):
                self.result(value)
            case _:
                self.refuse(node, "this statement has no place in a differentiable program", "")

    def result(self, value: Expr | None) -> None:
        """The one return, of a name or a constant."""
        if value is None:
            value = ast.Constant(None)
        if isinstance(value, ast.Tuple):
            value = ast.Tuple([self.atom(e) for e in value.elts], ast.Load())
        else:
            value = self.atom(value)
        self.emit(Return(value, line=self.line))

    def assign(self, target: Expr, value: Expr) -> None:
        """``target = value`` for every kind of target."""
        match target:
            case ast.Name(id=name):
                self.bind(name, value)
            case ast.Subscript(value=base, slice=index):
                array = self.name(base)
                subscript, atom = self.pure_index(index), self.atom(value)
                self.emit(Store(array, subscript, atom, line=self.line))
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                self.unpack(targets, value)
            case _:
                self.refuse(target, "cannot assign to this", "assign to a name or an element")

    def unpack(self, targets: list[Expr], value: Expr) -> None:
        """``a, b = ...``: values first, then the targets from left to right."""
        if isinstance(value, ast.Tuple | ast.List):
            if len(value.elts) != len(targets):
                self.refuse(value, f"{len(value.elts)} values for {len(targets)} names", "")
            ids = tuple(t.id for t in targets if isinstance(t, ast.Name))
            sources = tuple(v.id for v in value.elts if isinstance(v, ast.Name))
            distinct = len(set(ids)) == len(targets)
            if distinct and sorted(ids) == sorted(sources) and ids != sources:
                self.emit(Swap(ids, sources, line=self.line))
                return
            atoms = self.tuple_values(targets, value.elts)
        elif isinstance(value, ast.Attribute) and value.attr == "shape":
            atoms = [subscript(value, k) for k in range(len(targets))]
        else:
            whole = ast.Name(self.name(value), ast.Load())
            atoms = [subscript(whole, k) for k in range(len(targets))]
        for target, atom in zip(targets, atoms, strict=True):
            self.assign(target, atom)

    def tuple_values(self, targets: list[Expr], values: list[Expr]) -> list[Expr]:
        """Values of a tuple assignment, safe from the targets that are assigned before them."""
        atoms = []
        for position, value in enumerate(values):
            earlier = set().union(*map(names, targets[:position]), set())
            nested = isinstance(value, ast.Tuple | ast.List)
            atom = value if nested and not names(value) & earlier else self.atom(value)
            if names(atom) & earlier:
                saved = self.fresh()
                self.emit(Assign(saved, atom, line=self.line))
                atom = ast.Name(saved, ast.Load())
            atoms.append(atom)
        return atoms

    def update(self, target: Expr, op: ast.operator, value: Expr) -> None:
        """``target op= value``."""
        if isinstance(target, ast.Name):
            self.emit(Update(target.id, op, self.atom(value), line=self.line))
            return
        if not isinstance(target, ast.Subscript):
            self.refuse(target, "cannot update this in place", "update a name or an element")
        array, index = self.name(target.value), self.pure_index(target.slice)
        atom = self.atom(value)
        if isinstance(op, ast.Add | ast.Sub):
            negative = isinstance(op, ast.Sub)
            self.emit(Increment(array, index, atom, negative, line=self.line))
            return
        old = self.step(ast.Subscript(ast.Name(array, ast.Load()), index, ast.Load()))
        new = self.step(self.operation(ast.BinOp(old, op, atom)))
        self.emit(Store(array, index, new, updates=True, line=self.line))

    def for_loop(self, node: ast.For) -> None:
        """``for i in range(...)``, with the flag that may end it."""
        line = self.line
        match node:
            case ast.For(
                target=ast.Name(id=counter),
                iter=ast.Call(func=ast.Name(id="range"), args=args, keywords=[]),
                orelse=[],
            ):
                bounds = self.pure_parts(args)
            case _:
                self.refuse(node, "a loop over this is not understood", "loop over a range")
        zero, one = ast.Constant(0), ast.Constant(1)
        start = zero if len(bounds) == 1 else bounds[0]
        stop = bounds[0] if len(bounds) == 1 else bounds[1]
        step = bounds[2] if len(bounds) == 3 else one
        body, flag = split_exit(node.body)
        self.emit(For(counter, start, stop, step, self.block(body), flag, line=line))

    def while_loop(self, node: ast.While) -> None:
        """``while test``; a test that needs steps of its own is computed before and in the body."""
        line = self.line
        condition: list[Expr] = []
        before = self.sub_block(lambda: condition.append(self.pure(node.test)))
        body = self.block(node.body)
        if before:
            flag = self.fresh()
            self.line = line
            test = (*before, Assign(flag, condition[0], line=line))
            for stmt in test:
                self.emit(stmt)
            self.emit(While(ast.Name(flag, ast.Load()), body + test, line=line))
        else:
            self.emit(While(condition[0], body, line=line))

    def effect(self, call: ast.Call) -> None:
        """A call for its effect: ``h.append(v)``, ``x.fill(v)``."""
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[value]):
                self.emit(Push(name, self.atom(value), line=self.line))
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="pop"), args=[]):
                self.emit(Pop(self.fresh(), name, line=self.line))
            case ast.Call(func=ast.Attribute(value=base, attr="fill"), args=[value]):
                array, atom = self.name(base), self.atom(value)
                self.emit(Store(array, whole(), atom, line=self.line))
            case _:
                self.refuse(
                    call,
                    f"`{ast.unparse(call)}` is called for an effect that srcgrad does not know",
                    "assign the result of a function, or write the loop",
                )


def split_exit(body: list[ast.stmt]) -> tuple[list[ast.stmt], str | None]:
    """A loop body without its last ``if flag: break``, and the flag."""
    match body:
        case [*rest, ast.If(test=ast.Name(id=flag), body=[ast.Break()], orelse=[])]:
            return rest, flag
    return body, None
