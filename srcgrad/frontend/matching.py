"""Matching: ``match`` of numbers, texts and tuples as ``if``.

In: the AST of a function. Out: the same with each ``match`` as a chain of tests, which bind what
their patterns capture.

Invariant: the subject is evaluated once, the cases are tried in order, and one is taken. With a
pattern of another kind ``match`` is left as it is: a class, a dict, a sequence of unknown length;
``True`` and ``False``, which are compared by identity, and NumPy has others.
"""

from __future__ import annotations

import ast
from ast import copy_location
from copy import deepcopy

from ..naming import free_name, taken_in


def matching(tree: ast.FunctionDef) -> ast.FunctionDef:
    """The function with ``match`` as ``if``, where that is known."""
    if not any(isinstance(n, ast.Match) for n in ast.walk(tree)):
        return tree
    taken = taken_in(tree)
    return ast.fix_missing_locations(_Matches(taken).visit(deepcopy(tree)))


class UnknownPatternError(Exception):
    """A pattern that is no number, text, name, alternative or tuple of such."""


class _Matches(ast.NodeTransformer):
    """Replaces ``match`` statements, inner ones first."""

    def __init__(self, taken: set[str]) -> None:
        self.taken = taken

    def fresh(self) -> str:
        """A free name for a subject."""
        return free_name("subject", self.taken)

    def visit_Match(self, node: ast.Match) -> ast.stmt | list[ast.stmt]:
        self.generic_visit(node)
        binds: list[ast.stmt] = []
        subject = self.named(node.subject, node, binds)
        try:
            return [*binds, *self.cases(node.cases, subject)]
        except UnknownPatternError:
            return node

    def named(self, value: ast.expr, at: ast.AST, binds: list[ast.stmt]) -> ast.expr:
        """A subject by name, the elements of a tuple each by its own."""
        if isinstance(value, ast.Tuple):
            return ast.Tuple([self.named(e, at, binds) for e in value.elts], ast.Load())
        name = self.fresh()
        binds.append(copy_location(ast.Assign([ast.Name(name, ast.Store())], value), at))
        return ast.Name(name, ast.Load())

    def cases(self, cases: list[ast.match_case], subject: ast.expr) -> list[ast.stmt]:
        """The cases from the first on."""
        if not cases:
            return []
        (case, *rest), at = cases, cases[0].body[0]
        tests, captured = _pattern(case.pattern, subject)
        binds = [copy_location(ast.Assign([ast.Name(n, ast.Store())], v), at) for n, v in captured]
        inside = case.body
        if case.guard is not None and tests and captured:
            raise UnknownPatternError  # what comes next would be there twice
        if case.guard is not None:
            tests = [*tests, case.guard]
        elif captured:
            inside, binds = [*binds, *inside], []
        if not tests:
            return inside
        test = tests[0] if len(tests) == 1 else ast.BoolOp(ast.And(), tests)
        return [
            *binds,
            copy_location(ast.If(test, inside, self.cases(rest, subject)), case.pattern),
        ]


def _pattern(
    pattern: ast.pattern, subject: ast.expr
) -> tuple[list[ast.expr], list[tuple[str, ast.expr]]]:
    """The tests that a pattern stands for, and the names that it binds."""
    match pattern:
        case ast.MatchValue(value=value):
            return [ast.Compare(subject, [ast.Eq()], [value])], []
        case ast.MatchSingleton(value=None):
            return [ast.Compare(subject, [ast.Is()], [ast.Constant(None)])], []
        case ast.MatchAs(pattern=None, name=None):
            return [], []
        case ast.MatchAs(pattern=None, name=str(name)):
            return [], [(name, subject)]
        case ast.MatchOr(patterns=patterns):
            found = [_pattern(p, subject) for p in patterns]
            if any(len(tests) != 1 or captured for tests, captured in found):
                raise UnknownPatternError
            return [ast.BoolOp(ast.Or(), [tests[0] for tests, _ in found])], []
        case ast.MatchSequence(patterns=patterns) if isinstance(subject, ast.Tuple):
            if len(patterns) != len(subject.elts):
                raise UnknownPatternError
            parts = [_pattern(p, e) for p, e in zip(patterns, subject.elts, strict=True)]
            return [t for part in parts for t in part[0]], [b for part in parts for b in part[1]]
    raise UnknownPatternError
