"""Optional: names that are None until they have a value, as a value and a flag.

In: the AST of a function, after ``specialise``. Out: the same with ``best = None`` as
``best_is_none = True`` for each name that is also bound to values and may be either where it is
read; ``best is None`` reads the flag.

Invariant: where the name may be None and Python would fail with a ``TypeError``, a test of the flag
raises one. A name for which this cannot be told is left as it is, for a later refusal.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable
from copy import deepcopy

from ..naming import free_name, names_in

UNSET = "unset"
"""The ``kind`` of the constant that stands for a value that no name has yet (``first_values``)."""

Nones = dict[str, bool]
"""Name -> whether it is None here; a name that is not there may be either."""


class UnclearError(Exception):
    """Whether a name is None where it is read cannot be told, or tested."""


def optional(tree: ast.FunctionDef) -> ast.FunctionDef:
    """The function with a flag for each name that is None at first."""
    left = candidates(tree)
    while left:
        worker = _Flags(tree, left)
        try:
            body = worker.block(tree.body, {})
        except UnclearError as error:
            left = left - {str(error)}
            continue
        if worker.asked == left:
            return worker.function(body)
        left = worker.asked
    return tree


def candidates(tree: ast.FunctionDef) -> frozenset[str]:
    """Names that are None in one assignment and a value in another."""
    nones: set[str] = set()
    bound: Counter[str] = Counter()
    given = {a.arg for a in ast.walk(tree.args) if isinstance(a, ast.arg)}
    for node in (n for stmt in tree.body for n in ast.walk(stmt)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                bound[name] += 1
            case ast.FunctionDef() | ast.Lambda() | ast.NamedExpr() | ast.Match() | ast.Delete():
                given |= names_in(node)
            case ast.For(target=target):
                given |= names_in(target)
            case ast.Assign(targets=targets, value=value):
                pairs = [p for target in targets for p in paired(target, value)]
                nones |= {t.id for t, v in pairs if isinstance(t, ast.Name) and is_none(v)}
            case ast.AnnAssign(target=ast.Name(id=name), value=value) if is_none(value):
                nones.add(name)
    return frozenset(n for n in nones - given if bound[n] > 1)


def paired(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """The parts of ``a, b = v, w``."""
    match target, value:
        case ast.Tuple(elts=targets), ast.Tuple(elts=values) if len(targets) == len(values):
            return list(zip(targets, values, strict=True))
    return [(target, value)]


def is_none(node: ast.expr | None) -> bool:
    """Whether an expression is ``None``."""
    return isinstance(node, ast.Constant) and node.value is None


def facts(test: ast.expr, holds: bool, names: Iterable[str]) -> Nones:
    """What a test says that holds, or does not."""
    match test:
        case ast.Compare(
            left=ast.Name(id=name), ops=[ast.Is() | ast.IsNot() as op], comparators=[right]
        ) if is_none(right) and name in names:
            return {name: holds is isinstance(op, ast.Is)}
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return facts(operand, not holds, names)
        case ast.BoolOp(op=op, values=values) if isinstance(op, ast.And) is holds:
            return {n: v for part in values for n, v in facts(part, holds, names).items()}
    return {}


def leaves(body: list[ast.stmt]) -> bool:
    """Whether nothing runs after a block."""
    return bool(body) and isinstance(body[-1], ast.Return | ast.Raise | ast.Continue | ast.Break)


class _Flags:
    """Rewrites the statements of a function for some of its names."""

    def __init__(self, tree: ast.FunctionDef, names: frozenset[str]) -> None:
        self.tree = tree
        self.names = names
        self.asked: frozenset[str] = frozenset()
        self.taken = names_in(tree)
        self.taken |= {a.arg for a in ast.walk(tree) if isinstance(a, ast.arg)}
        self.flags = {name: self.fresh(f"{name}_is_none") for name in sorted(names)}

    def fresh(self, wish: str) -> str:
        """A free name."""
        return free_name(wish, self.taken)

    def function(self, body: list[ast.stmt]) -> ast.FunctionDef:
        """The function with this body, after values of the names that nobody reads."""
        start = [assigned(name, ast.Constant(0.0, kind=UNSET)) for name in sorted(self.names)]
        first = [ast.copy_location(s, self.tree.body[0]) for s in start]
        tree = self.tree
        made = ast.FunctionDef(
            name=tree.name, args=tree.args, body=[*first, *body], decorator_list=[]
        )
        return ast.fix_missing_locations(ast.copy_location(made, tree))

    def block(self, body: list[ast.stmt], known: Nones) -> list[ast.stmt]:
        """A block, left with ``known`` as it is after it."""
        found: list[ast.stmt] = []
        for stmt in body:
            for new in self.statement(stmt, known):
                found.append(ast.fix_missing_locations(ast.copy_location(new, stmt)))
        return found

    def statement(self, stmt: ast.stmt, known: Nones) -> list[ast.stmt]:
        """One statement, after the tests that it needs."""
        match stmt:
            case ast.If(test=test, body=yes, orelse=no):
                self.refuse_truth(test)
                before, new = self.checked(test, known)
                then, other = known | facts(test, True, self.names), dict(known)
                other |= facts(test, False, self.names)
                made = ast.If(new, self.block(yes, then), self.block(no, other))
                ends = [b for b, gone in ((then, leaves(yes)), (other, leaves(no))) if not gone]
                known.clear()
                known |= {
                    n: v for n, v in (ends or [then])[0].items() if all(e.get(n) is v for e in ends)
                }
                return [*before, made]
            case ast.For(iter=items):
                before, new = self.checked(items, known)
                self.forget(stmt, known)
                made_for = ast.For(target=stmt.target, iter=new, body=[], orelse=[])
                return [*before, self.loop(stmt, made_for, known)]
            case ast.While(test=test):
                self.refuse_truth(test)
                self.forget(stmt, known)
                before, new = self.checked(test, known)
                if before:
                    raise UnclearError(self.first_read(test))
                made_while = ast.While(test=new, body=[], orelse=[])
                return [self.loop(stmt, made_while, known, facts(test, True, self.names))]
            case ast.Assign(targets=targets, value=value):
                return self.assignment(targets, value, known)
            case ast.AnnAssign(target=ast.Name(id=name) as target, value=ast.expr() as value) if (
                name in self.names
            ):
                return self.assignment([target], value, known)
            case ast.Expr(value=ast.Call(func=ast.Name(id="print"))):
                return [stmt]
            case ast.Assert(test=test):
                before, new = self.checked(test, known)
                known |= facts(test, True, self.names)
                return [*before, ast.Assert(new, stmt.msg)]
            case ast.Raise():
                return [stmt]
        return self.simple(stmt, known)

    def loop(
        self, stmt: ast.For | ast.While, made: ast.stmt, known: Nones, inside: Nones | None = None
    ) -> ast.stmt:
        """A loop with its body: what that binds may be either in any round and after it."""
        assert isinstance(made, ast.For | ast.While)
        made.body = self.block(stmt.body, known | (inside or {}))
        made.orelse = self.block(stmt.orelse, dict(known))
        return made

    def forget(self, stmt: ast.stmt, known: Nones) -> None:
        """Names that a loop binds may be either."""
        for node in ast.walk(stmt):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                known.pop(node.id, None)

    def simple(self, stmt: ast.stmt, known: Nones) -> list[ast.stmt]:
        """A statement without blocks: its expressions in the fields where they stand."""
        before: list[ast.stmt] = []
        new = deepcopy(stmt)
        for field, value in ast.iter_fields(stmt):
            if isinstance(value, ast.expr):
                tests, made = self.checked(value, known)
                before += tests
                setattr(new, field, made)
        match stmt:
            case ast.AugAssign(target=ast.Name(id=name)) if name in self.names:
                before += self.tests([name] if known.get(name) is not False else [], known)
        return [*before, new]

    def assignment(self, targets: list[ast.expr], value: ast.expr, known: Nones) -> list[ast.stmt]:
        """``a = b = value``; what is None sets the flag only."""
        pairs = paired(targets[0], value) if len(targets) == 1 else []
        if len(targets) > 1 and is_none(value):
            pairs = [(t, value) for t in targets]
        nones = [t.id for t, v in pairs if is_none(v) and isinstance(t, ast.Name)]
        nones = [n for n in nones if n in self.names]
        if nones:
            rest = [(t, v) for t, v in pairs if not (isinstance(t, ast.Name) and t.id in nones)]
            found = self.rest(rest, known)
            known |= dict.fromkeys(nones, True)
            return [*found, *(assigned(self.flags[n], ast.Constant(True)) for n in nones)]
        if len(targets) == 1 and isinstance(targets[0], ast.Name) and targets[0].id in self.names:
            return self.to_name(targets[0].id, value, known)
        before, new = self.checked(value, known)
        places: list[ast.expr] = []
        for target in targets:
            tests, place = self.checked(target, known)
            before += tests
            places.append(place)
        stored = [n for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]
        names = [n.id for n in stored if isinstance(n.ctx, ast.Store) and n.id in self.names]
        return [*before, ast.Assign(places, new), *self.set(names, known)]

    def rest(self, pairs: list[tuple[ast.expr, ast.expr]], known: Nones) -> list[ast.stmt]:
        """The parts of an assignment that are values."""
        if not pairs:
            return []
        if len(pairs) == 1:
            return self.assignment([pairs[0][0]], pairs[0][1], known)
        target = ast.Tuple([t for t, _ in pairs], ast.Store())
        return self.assignment([target], ast.Tuple([v for _, v in pairs], ast.Load()), known)

    def to_name(self, name: str, value: ast.expr, known: Nones) -> list[ast.stmt]:
        """``best = value``, or ``best = other`` of two such names, or one of two values."""
        match value:
            case ast.Name(id=other) if other in self.names and known.get(other) is not False:
                self.asked |= {name, other}
                copied = ast.Name(self.flags[other], ast.Load())
                known.pop(name, None)
                return [assigned(name, value), assigned(self.flags[name], copied)]
            case ast.IfExp(test=test, body=yes, orelse=no):
                target = ast.Name(name, ast.Store())
                made = ast.If(test, [ast.Assign([target], yes)], [ast.Assign([target], no)])
                made = ast.fix_missing_locations(ast.copy_location(made, value))
                return self.statement(made, known)
        before, new = self.checked(value, known)
        return [*before, assigned(name, new), *self.set([name], known)]

    def set(self, names: list[str], known: Nones) -> list[ast.stmt]:
        """Note that names have values now."""
        flags = [self.flags[n] for n in names if known.get(n) is not False]
        known |= dict.fromkeys(names, False)
        return [assigned(flag, ast.Constant(False)) for flag in flags]

    def checked(self, node: ast.expr, known: Nones) -> tuple[list[ast.stmt], ast.expr]:
        """An expression with its tests of names, and what has to be tested before it."""
        read: list[str] = []
        new = self.expression(node, dict(known), read, False)
        return self.tests(read, known), new

    def tests(self, read: list[str], known: Nones) -> list[ast.stmt]:
        """An error for each name that is None where a value is needed."""
        found: list[ast.stmt] = []
        for name in dict.fromkeys(read):
            self.asked |= {name}
            known[name] = False
            text = ast.Constant(f"`{name}` is None")
            error = ast.Call(ast.Name("TypeError", ast.Load()), [text], [])
            flag = ast.Name(self.flags[name], ast.Load())
            found.append(ast.If(flag, [ast.Raise(error, None)], []))
        return found

    def expression(self, node: ast.expr, known: Nones, read: list[str], maybe: bool) -> ast.expr:
        """An expression; ``maybe``: it is evaluated under a condition, so no test can precede."""
        match node:
            case ast.Compare(
                left=ast.Name(id=name), ops=[ast.Is() | ast.IsNot() as op], comparators=[right]
            ) if is_none(right) and name in self.names:
                self.asked |= {name}
                flag = ast.Name(self.flags[name], ast.Load())
                new = flag if isinstance(op, ast.Is) else ast.UnaryOp(ast.Not(), flag)
                return ast.fix_missing_locations(ast.copy_location(new, node))
            case ast.Compare(left=ast.Name(id=name), ops=[ast.Eq() | ast.NotEq()]) if (
                name in self.names and any(map(is_none, node.comparators))
            ):
                raise UnclearError(name)
            case ast.BoolOp(op=op, values=values):
                parts: list[ast.expr] = []
                for value in values:
                    self.refuse_truth(value)
                    parts.append(self.expression(value, known, read, maybe or bool(parts)))
                    known |= facts(value, isinstance(op, ast.And), self.names)
                return ast.copy_location(ast.BoolOp(op, parts), node)
            case ast.IfExp(test=test, body=yes, orelse=no):
                self.refuse_truth(test)
                new_test = self.expression(test, known, read, maybe)
                branches = [
                    self.expression(branch, known | facts(test, holds, self.names), read, True)
                    for branch, holds in ((yes, True), (no, False))
                ]
                return ast.copy_location(ast.IfExp(new_test, *branches), node)
            case ast.UnaryOp(op=ast.Not()):
                self.refuse_truth(node)
            case ast.Name(id=name, ctx=ast.Load()) if name in self.names:
                if known.get(name) is not False and maybe:
                    raise UnclearError(name)
                if known.get(name) is not False:
                    read.append(name)
                return node
            case ast.ListComp() | ast.GeneratorExp():
                for name in sorted(self.names & names_in(node)):
                    if known.get(name) is not False:
                        raise UnclearError(name)
                return node
        return self.rewritten(node, known, read, maybe)

    def rewritten(self, node: ast.expr, known: Nones, read: list[str], maybe: bool) -> ast.expr:
        """An expression with its parts rewritten."""

        def part(value: object) -> object:
            if isinstance(value, ast.expr):
                return self.expression(value, known, read, maybe)
            if isinstance(value, ast.keyword):
                return ast.keyword(value.arg, self.expression(value.value, known, read, maybe))
            return value

        fields = {
            name: [part(v) for v in value] if isinstance(value, list) else part(value)
            for name, value in ast.iter_fields(node)
        }
        new: ast.expr = type(node)(**fields)  # type: ignore[arg-type]
        return ast.copy_location(new, node)

    def refuse_truth(self, node: ast.expr) -> None:
        """Leave a name alone whose truth counts: that of None is known, that of its value not."""
        while isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            node = node.operand
        if isinstance(node, ast.Name) and node.id in self.names:
            raise UnclearError(node.id)

    def first_read(self, node: ast.expr) -> str:
        """One of the names that an expression reads."""
        return min(self.names & names_in(node))


def assigned(name: str, value: ast.expr) -> ast.stmt:
    """``name = value``."""
    return ast.Assign([ast.Name(name, ast.Store())], value)
