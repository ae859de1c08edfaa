"""Values: an expression becomes steps of one operation each, whose operands are atoms.

In: an expression of an inlined function. Out: an atom or one operation, after the steps that it
needs; tests, bounds and subscripts, which nothing flows back through, stay as they are written.

Invariant: every part is computed once, in Python's order, and only if Python computes it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping
from typing import Any, NoReturn

from ..errors import Complaint, Place, UnsupportedError
from ..program import (
    Assign,
    Block,
    Expr,
    If,
    Pop,
    Push,
    Stmt,
    expressions,
    names,
    walk,
)
from ..rules import registry
from ..rules.expressions import is_ellipsis, np_name
from ..rules.listed import JOINED_LISTS
from .optional import is_none
from .rows_alike import rows_alike
from .truth import is_truth
from .unset_lists import UNSET_ELEMENT

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


class Values:
    """Turns expressions into steps of the block at hand."""

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

    def emit(self, stmt: Stmt) -> None:
        """Append a statement to the block at hand."""
        self.out.append(stmt)

    def sub_block(self, fill: Callable[[], None]) -> Block:
        """What ``fill`` emits, as a block of its own."""
        outer, self.out = self.out, []
        fill()
        done, self.out = tuple(self.out), outer
        return done

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
                self.refuse_none(value, elts)
                atoms = [self.atom(e) for e in rows_alike(elts)]
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
                element = UNSET_ELEMENT if is_none(e) else self.atom(e)
                return ast.BinOp(ast.List([element], ast.Load()), op, self.atom(count))
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
                self.refuse_none(value, elts)
                return ast.List([self.atom(e) for e in elts], ast.Load())
            case ast.Attribute():
                return self.attribute(value)
            case ast.Call():
                return self.call(value)
        if not is_atom(value):
            self.refuse(value, f"`{ast.unparse(value)}` has no place in a numeric program", "")
        return value

    def refuse_none(self, value: Expr, elements: list[Expr]) -> None:
        """Refuse a list that is to be filled later."""
        if any(map(is_none, elements)):
            self.refuse(value, "a list of None has no type", "start with numbers: `[0.0] * n`")

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
            case ast.Call(func=ast.Name(id="range"), args=bounds):
                return self.atom(ast.Call(np_name("arange"), bounds, []))
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Invert()):
                return self.atom(index)
            case ast.BinOp(op=ast.BitAnd() | ast.BitOr() | ast.BitXor()):
                return self.atom(index)
        return self.pure(index)

    def refuse(self, node: ast.AST, reason: str, advice: str) -> NoReturn:
        """Raise for one place."""
        line = getattr(node, "lineno", self.line)
        known = line in self.places  # that of a helper's expression is not
        place = self.places.get(line if known else self.line, Place("", line))
        column = getattr(node, "col_offset", place.column) if known else place.column
        shown = Place(place.filename, place.line, column, place.text)
        raise UnsupportedError(Complaint(shown, reason, advice))


def subscript(base: Expr, position: int) -> Expr:
    """``base[position]``."""
    return ast.Subscript(base, ast.Constant(position), ast.Load())


def whole() -> Expr:
    """The subscript of a whole array: ``:``."""
    return ast.Slice()


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
