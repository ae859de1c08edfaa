"""Normalise: a structured function body becomes a Program, one operation a statement.

In: an ``Inlined`` (no user calls, exits structured, callees with canonical names). Out: an
untyped ``Program`` in A-normal form: operands are atoms, every intermediate step has a name
(``s0, s1, ...`` where the user gave none), methods and operators are one canonical call.

Invariant: the Program computes what the body computes, statement by statement; what depends
on types (is ``b = a`` a copy or an alias? is ``u += v`` in place?) is left for ``infer``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NoReturn

from ..errors import Complaint, Place, UnsupportedError
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
    Stmt,
    Store,
    Swap,
    Update,
    While,
    expressions,
    names,
    walk,
)
from ..rules import registry
from ..rules.listed import JOINED_LISTS
from .fixed import growing
from .inline import Inlined
from .list_values import Lists
from .spelling import is_ellipsis
from .truth import is_truth, truth_names


def normalise(inlined: Inlined) -> Program:
    """The Program of an inlined function.

    Raises
    ------
    UnsupportedError
        Where an expression has no place in the Program.
    """
    tree = inlined.tree
    params = tuple(a.arg for a in (*tree.args.posonlyargs, *tree.args.args, *tree.args.kwonlyargs))
    hidden = tuple(inlined.arrays)
    taken = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} | set(params) | set(hidden)
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


def fresh_names(prefix: str, taken: set[str]) -> Callable[[], str]:
    """A supply of ``prefix0, prefix1, ...`` that avoids the names taken."""

    def supply() -> Iterator[str]:
        number = 0
        while True:
            if (name := f"{prefix}{number}") not in taken:
                yield name
            number += 1

    return supply().__next__


def fresh_stems(taken: set[str]) -> Callable[[str], str]:
    """A supply of new names by stem, numbered; each is taken from then on."""

    def fresh(stem: str) -> str:
        name = fresh_names(stem, taken)()
        taken.add(name)
        return name

    return fresh


ARRAY_FREE = frozenset({"int", "float", "bool", "len", "abs", "min", "max", "round"})


def is_atom(expr: Expr) -> bool:
    """A name, a constant, or an integer that an array's shape gives: no step of its own."""
    match expr:
        case ast.Name() | ast.Constant():
            return True
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
            return True
        case ast.Attribute(value=ast.Name(id="math" | "np")):
            return True
        case ast.Attribute(value=ast.Name(), attr="shape" | "size" | "ndim" | "dtype"):
            return True
        case ast.Subscript(value=ast.Attribute(value=ast.Name(), attr="shape"), slice=index):
            return is_atom(index)
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name()], keywords=[]):
            return True
    return False


def is_size(expr: Expr) -> bool:
    """Integer arithmetic over sizes and constants, as in ``len(x) - 1``."""
    match expr:
        case ast.Constant(value=int()):
            return True
        case ast.Attribute() | ast.Subscript() | ast.Call():
            return is_atom(expr)
        case ast.BinOp(
            left=left, right=right, op=ast.Add() | ast.Sub() | ast.Mult() | ast.FloorDiv()
        ):
            return is_size(left) and is_size(right)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return is_size(operand)
    return False


class Flattener:
    """Walks a body once and collects the statements of the block at hand."""

    def __init__(
        self,
        fresh: Callable[[], str],
        places: Mapping[int, Place],
        calls: Collection[str],
        truths: Collection[str] = (),
    ) -> None:
        self.fresh = fresh
        self.places = places
        self.calls = calls
        self.truths = truths
        self.out: list[Stmt] = []
        self.line = 0

    # Statements

    def block(self, body: list[ast.stmt]) -> Block:
        """The statements of a body, flattened, as a block of their own."""
        outer, self.out = self.out, []
        for node in body:
            self.line = node.lineno
            self.statement(node)
        done, self.out = tuple(self.out), outer
        return done

    def emit(self, stmt: Stmt) -> None:
        """Append a statement to the block at hand."""
        self.out.append(stmt)

    def statement(self, node: ast.stmt) -> None:
        """Flatten one statement."""
        match node:
            case ast.Assign(targets=[target], value=value):
                self.assign(target, value)
            case ast.AugAssign(target=target, op=op, value=value):
                self.update(target, op, value)
            case ast.If(test=test, body=body, orelse=orelse):
                condition, line = self.pure(test), self.line
                self.emit(If(condition, self.block(body), self.block(orelse), line=line))
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

    def bind(self, name: str, value: Expr) -> None:
        """``name = value``, the value's last step directly under that name."""
        match value:
            case ast.IfExp(test=test, body=body, orelse=orelse):
                condition = self.pure(test)
                yes = self.sub_block(lambda: self.bind(name, body))
                no = self.sub_block(lambda: self.bind(name, orelse))
                self.emit(If(condition, yes, no, line=self.line))
            case ast.BoolOp(op=op, values=values) if not is_truth(value, self.truths):
                self.choose(name, op, values)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=tape), attr="pop"), args=[]):
                self.emit(Pop(name, tape, line=self.line))
            case ast.List(elts=elts) if elts:
                atoms = [self.atom(e) for e in elts]
                self.emit(Assign(name, ast.List([], ast.Load()), line=self.line))
                for atom in atoms:
                    self.emit(Push(name, atom, line=self.line))
            case _:
                self.emit(Assign(name, self.operation(value), line=self.line))

    def choose(self, name: str, op: ast.boolop, values: list[Expr]) -> None:
        """``name = a or b`` of numbers: the first that decides, or the last."""
        first, *rest = values
        if any(name in names(v) for v in rest):
            chosen = self.fresh()
            self.choose(chosen, op, values)
            self.emit(Assign(name, ast.Name(chosen, ast.Load()), line=self.line))
            return
        self.bind(name, first)
        if rest:
            test: Expr = ast.Name(name, ast.Load())
            if isinstance(op, ast.Or):
                test = ast.UnaryOp(ast.Not(), test)
            later = self.sub_block(lambda: self.choose(name, op, rest))
            self.emit(If(test, later, line=self.line))

    def sub_block(self, fill: Callable[[], None]) -> Block:
        """What ``fill`` emits, as a block of its own."""
        outer, self.out = self.out, []
        fill()
        done, self.out = tuple(self.out), outer
        return done

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

    # Expressions

    def step(self, value: Expr) -> Expr:
        """A new unnamed step with this value; its name."""
        name = self.fresh()
        self.emit(Assign(name, value, line=self.line))
        return ast.Name(name, ast.Load())

    def atom(self, value: Expr) -> Expr:
        """The value as an atom: itself, or the name of a step that computes it."""
        if is_atom(value):
            return value
        if isinstance(value, ast.IfExp | ast.BoolOp) or is_pop(value):
            name = self.fresh()
            self.bind(name, value)
            return ast.Name(name, ast.Load())
        operation = self.operation(value)
        return operation if is_atom(operation) else self.step(operation)

    def name(self, value: Expr) -> str:
        """The value as a name."""
        atom = self.atom(value)
        if not isinstance(atom, ast.Name):
            atom = self.step(atom)
        assert isinstance(atom, ast.Name)
        return atom.id

    def operation(self, value: Expr) -> Expr:
        """One operation whose operands are atoms."""
        match value:
            case ast.BinOp(left=ast.List(elts=[_]), op=ast.Mult(), right=ast.Constant(value=0)):
                return value  # a list without elements, of a known type
            case (
                ast.BinOp(left=ast.List(elts=[e]), op=ast.Mult() as op, right=count)
                | ast.BinOp(left=count, op=ast.Mult() as op, right=ast.List(elts=[e]))
            ):
                return ast.BinOp(ast.List([self.atom(e)], ast.Load()), op, self.atom(count))
            case ast.BinOp(left=left, op=op, right=right):
                return ast.BinOp(self.atom(left), op, self.atom(right))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return ast.UnaryOp(ast.Not(), self.pure(operand))
            case ast.UnaryOp(op=op, operand=operand):
                return ast.UnaryOp(op, self.atom(operand))
            case ast.Compare(left=left, ops=ops, comparators=comparators):
                return ast.Compare(self.atom(left), ops, [self.atom(c) for c in comparators])
            case ast.BoolOp():
                return self.pure(value)
            case ast.Subscript(
                value=ast.Attribute(value=base, attr="flat"), slice=ast.Slice() as part
            ):
                taken = ast.Subscript(ast.Call(np_name("ravel"), [base], []), part, ast.Load())
                return self.operation(ast.Call(np_name("copy"), [taken], []))
            case ast.Subscript(value=base, slice=index):
                if is_atom(value):
                    return value
                return ast.Subscript(self.base(base), self.pure_index(index), ast.Load())
            case ast.Tuple(elts=elts):
                return ast.Tuple([self.atom(e) for e in elts], ast.Load())
            case ast.List(elts=elts):
                return ast.List([self.atom(e) for e in elts], ast.Load())
            case ast.Attribute():
                return self.attribute(value)
            case ast.Call():
                return self.call(value)
        if not is_atom(value):
            self.refuse(value, f"`{ast.unparse(value)}` has no place in a numeric program", "")
        return value

    def base(self, value: Expr) -> Expr:
        """What is subscripted: a name, or the shape of one."""
        if isinstance(value, ast.Attribute) and value.attr == "shape":
            return self.attribute(value)
        if isinstance(value, ast.Attribute) and value.attr == "flat":
            value = ast.Call(np_name("ravel"), [value.value], [])
        return ast.Name(self.name(value), ast.Load())

    def attribute(self, value: ast.Attribute) -> Expr:
        """``x.T`` becomes a call; ``x.shape`` and its like stay."""
        if is_atom(value):
            return value
        base = ast.Name(self.name(value.value), ast.Load())
        if value.attr == "T":
            return self.canonical(ast.Call(np_name("transpose"), [base], []), value)
        if value.attr == "mT":
            last = [ast.UnaryOp(ast.USub(), ast.Constant(k)) for k in (2, 1)]
            return self.canonical(ast.Call(np_name("swapaxes"), [base, *last], []), value)
        return ast.Attribute(base, value.attr, ast.Load())

    def call(self, call: ast.Call) -> Expr:
        """A call with canonical name and arguments, operands as atoms."""
        if isinstance(call.func, ast.Name) and call.func.id in self.calls:
            return ast.Call(call.func, [self.argument(a) for a in call.args], [])
        canonical = self.canonical(call, call)
        if not isinstance(canonical, ast.Call):
            return self.operation(canonical)
        callee = ast.unparse(canonical.func)
        if callee in ("max", "min") and len(canonical.args) == 1:
            return self.operation(ast.Call(np_name(callee), canonical.args, []))
        if callee in ("max", "min") and len(canonical.args) > 2:
            *first, last = canonical.args
            nested = ast.Call(canonical.func, first, [])
            return self.operation(ast.Call(canonical.func, [nested, last], []))
        argument = self.atom if callee == JOINED_LISTS else self.argument
        args = [argument(a) for a in canonical.args]
        keywords = [ast.keyword(k.arg, self.argument(k.value)) for k in canonical.keywords]
        return ast.Call(canonical.func, args, keywords)

    def canonical(self, call: ast.Call, at: ast.AST) -> Expr:
        """The call in the one form that the rules know it by."""
        try:
            if isinstance(call.func, ast.Attribute) and not is_module(call.func):
                found: Any = registry.canonical_method(call)
                if found is None:
                    self.refuse(
                        at,
                        f"the method `.{call.func.attr}()` is not known",
                        "call the NumPy function, or write the loop",
                    )
                if not isinstance(found, ast.Call):
                    return found
                call = found
            return registry.canonical_call(call)
        except ValueError as error:
            self.refuse(at, str(error), "")

    def argument(self, value: Expr) -> Expr:
        """A call's argument: an atom, or a display (nested) of atoms."""
        match value:
            case ast.Tuple(elts=elts):
                return ast.Tuple([self.argument(e) for e in elts], ast.Load())
            case ast.List(elts=elts):
                return ast.List([self.argument(e) for e in elts], ast.Load())
            case ast.Slice():
                return self.pure_index(value)
        return value if is_size(value) else self.atom(value)

    # What nothing flows back through: kept as it stands

    def pure(self, value: Expr) -> Expr:
        """A test or a bound: compound where it is scalar arithmetic, else its parts as steps."""
        match value:
            case ast.BoolOp(op=op, values=values):
                return self.short_circuit(op, values)
            case ast.UnaryOp(op=op, operand=operand):
                return ast.UnaryOp(op, self.pure(operand))
            case ast.BinOp(left=left, op=op, right=right) if not isinstance(op, ast.MatMult):
                left, right = self.pure_parts([left, right])
                return ast.BinOp(left, op, right)
            case ast.Compare(left=left, ops=ops, comparators=comparators):
                left, *others = self.pure_parts([left, *comparators])
                return ast.Compare(left, ops, others)
            case ast.Subscript(value=base, slice=index):
                return ast.Subscript(self.base(base), self.pure_index(index), ast.Load())
            case ast.Call(func=ast.Name(id=callee), args=args, keywords=[]) if callee in ARRAY_FREE:
                return ast.Call(value.func, self.pure_parts(args), [])
            case ast.Call(func=ast.Attribute(value=ast.Name(id="math")), args=args):
                return ast.Call(value.func, self.pure_parts(args), [])
        return self.atom(value)

    def pure_parts(self, values: list[Expr]) -> list[Expr]:
        """Operands in order, those kept as steps that a function called later may change."""
        done: list[Expr] = []
        for value in values:
            found: list[Expr] = []
            steps = self.sub_block(lambda v=value, f=found: f.append(self.pure(v)))  # type: ignore[misc]
            if any(map(self.is_call, walk(steps))):
                done = [self.atom(d) for d in done]
            for stmt in steps:
                self.emit(stmt)
            done += found
        return done

    def is_call(self, stmt: Stmt) -> bool:
        """Whether a statement calls a function that may change its arguments."""
        nodes = (n for e in expressions(stmt) for n in ast.walk(e))
        return any(isinstance(n, ast.Name) and n.id in self.calls for n in nodes)

    def short_circuit(self, op: ast.boolop, values: list[Expr]) -> Expr:
        """``a and b``: compound where the later parts need no steps, else nested Ifs."""
        parts: list[Expr] = []
        for position, value in enumerate(values):
            found: list[Expr] = []
            steps = self.sub_block(lambda v=value, f=found: f.append(self.pure(v)))  # type: ignore[misc]
            if position == 0 or not steps:
                for stmt in steps:
                    self.emit(stmt)
                parts.append(found[0])
                continue
            return self.guarded(op, parts, values[position:])
        return ast.BoolOp(op, parts)

    def guarded(self, op: ast.boolop, done: list[Expr], rest: list[Expr]) -> Expr:
        """``done and rest`` where the rest has steps that must not run unless ``done`` holds."""
        flag = self.fresh()
        head: Expr = done[0] if len(done) == 1 else ast.BoolOp(op, done)
        self.emit(Assign(flag, head, line=self.line))
        test: Expr = ast.Name(flag, ast.Load())
        if isinstance(op, ast.Or):
            test = ast.UnaryOp(ast.Not(), test)
        tail: Expr = rest[0] if len(rest) == 1 else ast.BoolOp(op, rest)
        steps = self.sub_block(lambda: self.emit(Assign(flag, self.pure(tail), line=self.line)))
        self.emit(If(test, steps, line=self.line))
        return ast.Name(flag, ast.Load())

    def pure_index(self, index: Expr) -> Expr:
        """A subscript: slices and tuples of pure integer expressions, arrays as names."""
        match index:
            case ast.Tuple(elts=elts):
                parts = [e if is_ellipsis(e) else self.pure_index(e) for e in elts]
                return ast.Tuple(parts, ast.Load())
            case ast.Slice(lower=lower, upper=upper, step=step):
                bounds = [None if p is None else self.pure(p) for p in (lower, upper, step)]
                return ast.Slice(*bounds)
            case ast.Constant() if is_ellipsis(index):
                return whole()
            case ast.List(elts=elts) if elts:
                return self.atom(ast.Call(np_name("array"), [index], []))
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Invert()):
                return self.atom(index)
            case ast.BinOp(op=ast.BitAnd() | ast.BitOr() | ast.BitXor()):
                return self.atom(index)
        return self.pure(index)

    def refuse(self, node: ast.AST, reason: str, advice: str) -> NoReturn:
        """Raise for one place."""
        line = getattr(node, "lineno", self.line)
        place = self.places.get(line, Place("", line))
        column = getattr(node, "col_offset", place.column)
        shown = Place(place.filename, place.line, column, place.text)
        raise UnsupportedError(Complaint(shown, reason, advice))


def split_exit(body: list[ast.stmt]) -> tuple[list[ast.stmt], str | None]:
    """A loop body without its last ``if flag: break``, and the flag."""
    match body:
        case [*rest, ast.If(test=ast.Name(id=flag), body=[ast.Break()], orelse=[])]:
            return rest, flag
    return body, None


def subscript(base: Expr, position: int) -> Expr:
    """``base[position]``."""
    return ast.Subscript(base, ast.Constant(position), ast.Load())


def whole() -> Expr:
    """The subscript of a whole array: ``:``."""
    return ast.Slice()


def np_name(name: str) -> Expr:
    """``np.name``."""
    return ast.Attribute(ast.Name("np", ast.Load()), name, ast.Load())


def is_module(func: ast.Attribute) -> bool:
    """Whether ``func`` is a canonical dotted name (``np.linalg.norm``), not a method."""
    root: Expr = func
    while isinstance(root, ast.Attribute):
        root = root.value
    return isinstance(root, ast.Name) and root.id in ("np", "math")


def is_pop(value: Expr) -> bool:
    """``tape.pop()``."""
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and value.func.attr == "pop"
    )
