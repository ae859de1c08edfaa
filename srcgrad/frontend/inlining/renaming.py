"""Renaming: the names that a function reads from around it, and other names for them.

In: a function's tree. Out: its free names; the names that it binds; the tree with one of its free
names replaced.

Invariant: a name that a function, a lambda or a comprehension inside binds is left alone there.
"""

from __future__ import annotations

import ast
import functools
import symtable
from collections.abc import Iterator

from ..parse import parameter_names
from .body import assigned


def free_names(tree: ast.FunctionDef) -> frozenset[str]:
    """The names that a function, with all functions inside it, reads from outside of it."""
    bare = ast.FunctionDef(tree.name, _without_notes(tree.args), tree.body, [])
    return _free(ast.unparse(ast.fix_missing_locations(ast.copy_location(bare, tree))))


def _without_notes(arguments: ast.arguments) -> ast.arguments:
    """Parameters without annotations and defaults."""
    args = [ast.arg(name) for name in parameter_names(arguments)]
    return ast.arguments([], args, None, [], [], None, [])


@functools.lru_cache(maxsize=256)
def _free(text: str) -> frozenset[str]:
    tables = list(_tables(symtable.symtable(text, "<function>", "exec").get_children()[0]))
    symbols = [s for table in tables for s in table.get_symbols()]
    return frozenset(s.get_name() for s in symbols if s.is_global() and s.is_referenced())


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    """A table of symbols and those inside it."""
    yield table
    for inner in table.get_children():
        yield from _tables(inner)


def bound_names(tree: ast.FunctionDef, parameters: bool = True) -> set[str]:
    """Every name that a function, or one inside it, binds; its own parameters only on request."""
    found = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not _is_read(n)}
    found |= {n.name for s in tree.body for n in ast.walk(s) if isinstance(n, ast.FunctionDef)}
    inside = {n.arg for s in tree.body for n in ast.walk(s) if isinstance(n, ast.arg)}
    own = {n.arg for n in ast.walk(tree.args) if isinstance(n, ast.arg)}
    return found | inside | (own if parameters else set())


def _is_read(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


def renamed(tree: ast.FunctionDef, old: str, new: str) -> None:
    """Replace a free name of a function, in place."""
    _Renamer(old, new).inside(tree)


class _Renamer(ast.NodeVisitor):
    """Replaces a name where it is the one around."""

    def __init__(self, old: str, new: str) -> None:
        self.old = old
        self.new = new

    def inside(self, node: ast.AST) -> None:
        """The parts of a function whose own name it is not."""
        for child in ast.iter_child_nodes(node):
            self.visit(child)

    def visit_Name(self, node: ast.Name) -> None:
        """The name itself."""
        if node.id == self.old:
            node.id = self.new

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """A function inside, unless it binds the name."""
        if self.old not in {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}:
            if self.old not in assigned(node.body):
                self.inside(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """A lambda, unless it binds the name."""
        if self.old not in {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}:
            self.inside(node)

    def visit_ListComp(self, node: ast.ListComp | ast.GeneratorExp) -> None:
        """A comprehension, unless it binds the name: its first iterable is read outside."""
        self.visit(node.generators[0].iter)
        targets = [n for g in node.generators for n in ast.walk(g.target)]
        if self.old in {n.id for n in targets if isinstance(n, ast.Name)}:
            return
        self.visit(node.elt)
        for k, generator in enumerate(node.generators):
            for part in ([] if k == 0 else [generator.iter], generator.ifs):
                for expr in part:
                    self.visit(expr)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        """A generator is like a comprehension."""
        self.visit_ListComp(node)
