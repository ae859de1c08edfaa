"""List values: what a comprehension made stays a list where it matters, though it is an array.

In: the statements of a function, and the names of the arrays that stand for lists. Out: the same
statements, in which a slice of such a list is a copy.

Invariant: an operator that means one thing for lists and another for arrays (``+`` joins, ``*``
repeats) is refused on a list.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator
from typing import Any, NoReturn

from ..rules.calls import call_of
from ..rules.expressions import np_name
from ..rules.listed import JOINED_LISTS as JOINED

Refuse = Callable[[ast.AST, str, str], NoReturn]
ADVICE = "make it an array first: `np.array([...])`"


def joins(value: ast.expr) -> bool:
    """Whether an expression joins two lists."""
    return isinstance(value, ast.Call) and ast.unparse(value.func) == JOINED


class Lists:
    """Follows the names that hold lists through the statements of a function."""

    def __init__(self, made: Collection[str], refuse: Refuse, stay: Collection[str] = ()) -> None:
        self.made = made
        self.refuse = refuse
        self.stay = stay
        self.nested: set[str] = set()
        self.certain: set[str] = set()
        self.growing: set[str] = set()

    def function(self, body: list[ast.stmt]) -> None:
        """The statements of a function: again where an element that is a list is found late."""
        self.growing = self.always(body)
        self.certain = self.growing - set(self.stay)
        while True:
            before = len(self.nested)
            self.block(body, set())
            if len(self.nested) == before:
                return

    def always(self, body: list[ast.stmt]) -> set[str]:
        """Names whose every value is a list."""
        given: dict[str, list[ast.expr | None]] = {}
        for node in (n for stmt in body for n in ast.walk(stmt)):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    given.setdefault(name, []).append(value)
                case ast.Assign(targets=[ast.Tuple(elts=targets)], value=value):
                    same = isinstance(value, ast.Tuple) and len(value.elts) == len(targets)
                    parts = value.elts if same else [None] * len(targets)  # type: ignore
                    for target, part in zip(targets, parts, strict=True):
                        if isinstance(target, ast.Name):
                            given.setdefault(target.id, []).append(part)
                case ast.AugAssign(target=ast.Name(id=name)) | ast.For(target=ast.Name(id=name)):
                    given.setdefault(name, []).append(None)
        found = {name for name, values in given.items() if None not in values}
        while True:
            kept = {n for n in found if all(self.surely(v, found) for v in given[n])}
            if kept == found:
                return found
            found = kept

    def surely(self, value: ast.expr | None, lists: set[str]) -> bool:
        """Whether a value is a list for certain, if these names are."""
        match value:
            case ast.Name(id=name):
                return name in lists or name in self.made
            case ast.Call(func=ast.Name(id="listed")) | ast.List():
                return True
            case ast.Call() if joins(value):
                return True
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self.surely(left, lists) and self.surely(right, lists)
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                return isinstance(left, ast.List) or isinstance(right, ast.List)
            case ast.IfExp(body=a, orelse=b):
                return self.surely(a, lists) and self.surely(b, lists)
            case (
                ast.Subscript(value=base, slice=ast.Slice())
                | ast.Call(
                    func=ast.Attribute(attr="copy"),
                    args=[ast.Subscript(value=base, slice=ast.Slice())],
                )
            ):
                return self.surely(base, lists)
        return False

    def block(self, body: list[ast.stmt], known: set[str]) -> set[str]:
        """The names that may hold lists at the end of a block."""
        for stmt in body:
            known = self.statement(stmt, known)
        return known

    def statement(self, stmt: ast.stmt, known: set[str]) -> set[str]:
        """The names that may hold lists after a statement."""
        self.expressions(stmt, known)
        match stmt:
            case ast.If(body=body, orelse=orelse):
                return self.block(body, known) | self.block(orelse, known)
            case ast.For(body=body) | ast.While(body=body):
                while not (end := self.block(body, known)) <= known:
                    known = known | end
                return known
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name)), args=args)):
                if any(self.is_list(a, known) for a in args):
                    self.nested.add(name)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                if self.has_lists(value, known):
                    self.nested.add(name)
                made = name in self.made and isinstance(value, ast.Call)
                holds = made or self.is_list(value, known) or joins(value)
                return known | {name} if holds and name not in self.stay else known - {name}
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=value):
                return self.unpacked(targets, value, known)
            case ast.Assign(targets=[ast.Subscript(value=base, slice=ast.Slice())]):
                if self.is_list(base, known):
                    self.refuse(stmt, "a part of a list is replaced: its length may change", ADVICE)
            case ast.AugAssign(target=ast.Name(id=name), op=ast.Add() | ast.Mult()):
                if name in known and not (name in self.stay and isinstance(stmt.op, ast.Add)):
                    self.refuse(stmt, f"`{name}` is a list, which this would extend", ADVICE)
        return known

    def unpacked(self, targets: list[ast.expr], value: ast.expr, known: set[str]) -> set[str]:
        """The names that may hold lists after ``a, b = value``."""
        same = isinstance(value, ast.Tuple) and len(value.elts) == len(targets)
        parts = value.elts if same else [value] * len(targets)  # type: ignore[attr-defined]
        found = set(known)
        for target, part in zip(targets, parts, strict=True):
            for node in ast.walk(target):
                if not isinstance(node, ast.Name) or isinstance(node.ctx, ast.Load):
                    continue
                found.discard(node.id)
                if self.is_list(part, known) or (not same and self.has_lists(part, known)):
                    found.add(node.id)
        return found

    def has_lists(self, value: ast.expr, known: set[str]) -> bool:
        """Whether an expression may be a list of lists."""
        match value:
            case ast.Name(id=name):
                return name in self.nested
            case ast.Call(func=ast.Name(id="listed"), args=[items, *_]):
                return self.has_lists(items, known)
            case ast.List(elts=elts):
                return any(self.is_list(e, known) for e in elts)
        return False

    def is_list(self, value: ast.expr, known: set[str]) -> bool:
        """Whether an expression may be one of the lists, or a display."""
        match value:
            case ast.Name(id=name):
                return name in known
            case ast.IfExp(body=body, orelse=orelse):
                return self.is_list(body, known) or self.is_list(orelse, known)
            case ast.Call(func=ast.Attribute(attr="copy"), args=[ast.Subscript(value=base)]):
                return self.is_list(base, known)
            case ast.Subscript(value=ast.Name(id=name)):
                return name in self.nested
            case ast.Call() if joins(value):
                return True
            case (
                ast.BinOp(left=ast.List(), op=ast.Mult())
                | ast.BinOp(op=ast.Mult(), right=ast.List())
            ):
                return True
        return isinstance(value, ast.List)

    def expressions(self, stmt: ast.stmt, known: set[str]) -> None:
        """Check the expressions of a statement, and copy slices of lists."""
        for field, value in ast.iter_fields(stmt):
            if isinstance(value, ast.expr):
                setattr(stmt, field, self.visited(value, known))
        if isinstance(stmt, ast.If | ast.While):
            stmt.test = self.truth(stmt.test)

    def visited(self, value: Any, known: set[str]) -> Any:
        """An expression with its slices of lists copied."""
        for field, part in ast.iter_fields(value):
            if isinstance(part, ast.expr):
                setattr(value, field, self.visited(part, known))
            elif isinstance(part, list):
                part[:] = [self.visited(p, known) if isinstance(p, ast.AST) else p for p in part]
        match value:
            case ast.BinOp(left=a, op=ast.Add(), right=b) if (
                any(self.clashes(value, known))
                and self.surely(a, self.certain)
                and self.surely(b, self.certain)
            ):
                return ast.copy_location(call_of(JOINED, a, b), value)
            case ast.BinOp(op=ast.Add() | ast.Mult()) if any(self.clashes(value, known)):
                self.refuse(value, f"`{ast.unparse(value)}` is of a list, not an array", ADVICE)
            case ast.Call(func=ast.Name(id="max" | "min"), args=args) if any(
                self.has_lists(a, known) or (self.is_list(a, known) and len(args) > 1) for a in args
            ):
                self.refuse(value, f"`{ast.unparse(value)}` compares lists", ADVICE)
            case ast.Subscript(value=base, slice=ast.Slice(), ctx=ast.Load()) if not isinstance(
                base, ast.List
            ) and self.is_list(base, known):
                copy = np_name("copy")
                return ast.copy_location(ast.Call(copy, [value], []), value)
            case ast.Subscript(slice=index):
                value.slice = self.subscript(index)
            case ast.IfExp(test=test):
                value.test = self.truth(test)
        return value

    def truth(self, test: ast.expr) -> ast.expr:
        """A test, in which a list holds where it has elements."""
        match test:
            case ast.Name(id=name) if name in self.growing | set(self.made):
                length = ast.Call(ast.Name("len", ast.Load()), [test], [])
                new = ast.Compare(length, [ast.Gt()], [ast.Constant(0)])
                return ast.copy_location(new, test)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return ast.copy_location(ast.UnaryOp(ast.Not(), self.truth(operand)), test)
            case ast.BoolOp(op=op, values=values):
                return ast.copy_location(ast.BoolOp(op, list(map(self.truth, values))), test)
        return test

    def subscript(self, index: ast.expr) -> ast.expr:
        """A subscript whose lists are arrays."""
        match index:
            case ast.Tuple(elts=elts):
                return ast.Tuple([self.subscript(e) for e in elts], index.ctx)
            case ast.Name(id=name) if name in self.growing and name not in self.made:
                return ast.copy_location(call_of("np.array", index), index)
        return index

    def clashes(self, value: ast.BinOp, known: set[str]) -> Iterator[bool]:
        """For each order of the operands, whether an operator joins or repeats a list."""
        for a, b in ((value.left, value.right), (value.right, value.left)):
            plain = isinstance(b, ast.Name | ast.Constant)
            other = self.is_list(b, known) if isinstance(value.op, ast.Add) else plain
            yield self.is_list(a, known) and not isinstance(a, ast.List) and other
