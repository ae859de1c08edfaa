"""Gradients: how the gradient of each name is kept at the point that the sweep has reached.

In: the name of a value and what is added to its gradient. Out: the statements that do it, in
``out``: the first addition to a gradient is an assignment.

Invariant: ``state`` says how each gradient is kept: absent (zero, no statement yet), ``owned``
(an array nothing else refers to, or a number), or ``shared`` (it may be the same array as
another gradient: added to by rebinding, not in place). ``touched`` has every name whose
gradient changed.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace

from ...analysis.facts import Facts, Path
from ...program import Assign, Expr, Increment, Stmt, names
from ...rules.expressions import np_name
from ..shadows import zeros, zeros_like


@dataclass
class Gradients:
    """The gradients in one block of the backward sweep, and its statements.

    Attributes
    ----------
    facts : Facts
        Of the program.
    mirrored : frozenset of str
        Views whose gradients are views of other gradients.
    state : dict
        How each gradient is kept; absent ones are zero.
    inside : Path
        The block that is reversed.
    out : list of Stmt
        The statements so far.
    touched : set of str
        Names whose gradients changed.
    """

    facts: Facts
    mirrored: frozenset[str]
    state: dict[str, str]
    inside: Path = ()
    out: list[Stmt] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)

    def within(self, path: Path, state: dict[str, str]) -> Gradients:
        """The gradients at the start of a block of its own."""
        return replace(self, state=state, inside=path, out=[], touched=set())

    def emit(self, stmt: Stmt) -> None:
        """Append a statement."""
        self.out.append(stmt)

    def own(self, name: str) -> None:
        """Make sure that a gradient is there and shares memory with nothing."""
        gradient = self.facts.gradient(name)
        if self.facts.is_list(name):
            self.own_list(name)
        elif name not in self.state:
            assert name not in self.mirrored, f"the shadow of {name} is a part of another"
            self.emit(zeros(self.facts, name, self.in_rounds()))
        elif self.state[name] == "shared":
            copied = ast.Call(np_name("copy"), [ast.Name(gradient, ast.Load())], [])
            self.emit(Assign(gradient, copied))
        self.state[name] = "owned"
        self.touched.add(name)

    def own_list(self, name: str) -> None:
        """A list of zeros, as long as the list, as its shadow."""
        if name not in self.state:
            self.emit(Assign(self.facts.gradient(name), zeros_like(self.facts, name)))
            self.state[name] = "owned"
        self.touched.add(name)

    def take(self, target: str) -> None:
        """The gradient of a value that has just been defined ends here."""
        if not self.facts.is_paired(target) and self.state.pop(target, None) is not None:
            self.touched.add(target)

    def accumulate(
        self, name: str, value: Expr, negative: bool = False, spread: bool = False
    ) -> None:
        """Add a value to the gradient of a name."""
        facts = self.facts
        gradient = facts.gradient(name)
        array = facts.is_array(name)
        self.touched.add(name)
        if name in self.state and self.state[name] == "shared":
            op = ast.Sub() if negative else ast.Add()
            self.emit(Assign(gradient, ast.BinOp(ast.Name(gradient, ast.Load()), op, value)))
            self.state[name] = "owned"
            return
        scalar = spread and array and not self.reads_array(value)
        plain = not (facts.is_paired(name) or self.in_rounds())
        if name not in self.state and scalar and plain:
            like: list[Expr] = [ast.Name(name, ast.Load()), negated(value) if negative else value]
            self.emit(Assign(gradient, ast.Call(np_name("full_like"), like, [])))
            self.state[name] = "owned"
            return
        if name not in self.state and array and (spread or facts.is_paired(name)):
            self.own(name)
        if name in self.state:
            exact = not spread and name in facts.steady
            self.emit(Increment(gradient, None, value, negative, exact))
            return
        self.emit(Assign(gradient, negated(value) if negative else value))
        self.state[name] = "shared" if array and not negative and not is_fresh(value) else "owned"
        if array and not negative and isinstance(value, ast.Name):
            self.share(value.id)

    def share(self, gradient: str) -> None:
        """The gradient of this name is now another's as well."""
        for name in self.state:
            if self.facts.gradient(name) == gradient and not self.facts.is_paired(name):
                self.state[name] = "shared"

    def in_rounds(self) -> bool:
        """Whether what the forward sweep made may be gone."""
        return bool(self.inside) or self.facts.program.recursive

    def reads_array(self, value: Expr) -> bool:
        """Whether an expression has an array in it (its own gradients are named after theirs)."""
        arrays = {n for n in self.facts.program.types if self.facts.is_array(n)}
        return bool(names(value) & (arrays | {self.facts.gradient(n) for n in arrays}))


def negated(value: Expr) -> Expr:
    """``-value``, with the sign at the first factor of a product."""
    match value:
        case ast.BinOp(left=left, op=ast.Mult() | ast.Div() as op, right=right):
            return ast.BinOp(negated(left), op, right)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return operand
    return ast.UnaryOp(ast.USub(), value)


def is_fresh(value: Expr) -> bool:
    """Whether an expression's result is an array of its own."""
    match value:
        case ast.BinOp():
            return True
        case ast.UnaryOp():
            return True
        case ast.Call(func=func):
            fresh = ("np.sum", "np.copy", "np.where", "np.outer", "np.exp", "add_at", "put_at")
            return ast.unparse(func) in fresh
    return False
