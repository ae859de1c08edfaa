"""Specialise: branches on ``x is None`` are decided where it is known what x is.

In: the AST of a function, and which of its parameters are None. Out: the AST without the branches
that cannot be taken; a name that is known to be None is written ``None``.

Invariant: what is left computes the same for such arguments. Nothing else is decided: other tests
stay, also those that are constant.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

Nones = dict[str, bool]
"""Name -> whether it is None; a name that is not there may be either."""


def specialise(tree: ast.FunctionDef, known: Mapping[str, bool]) -> ast.FunctionDef:
    """The function for arguments that are None, or are not.

    Parameters
    ----------
    tree : ast.FunctionDef
        As the user wrote it.
    known : mapping of str to bool
        Parameter -> whether its argument is None.
    """
    tests = any(isinstance(n, ast.Is | ast.IsNot) for n in ast.walk(tree))
    if not tests and not any(known.values()):
        return tree
    body = _block(tree.body, dict(known))
    made = ast.FunctionDef(name=tree.name, args=tree.args, body=body, decorator_list=[])
    return ast.fix_missing_locations(ast.copy_location(made, tree))


def _block(body: list[ast.stmt], known: Nones) -> list[ast.stmt]:
    """A block, left with ``known`` as it is after it."""
    done = [new for stmt in body for new in _statement(stmt, known)]
    return done or [ast.copy_location(ast.Pass(), body[0])] if body else []


def _statement(stmt: ast.stmt, known: Nones) -> list[ast.stmt]:
    match stmt:
        case ast.FunctionDef() | ast.ClassDef():
            known.pop(stmt.name, None)
            return [stmt]
        case ast.If(test=test, body=body, orelse=orelse):
            new_test = _expression(test, known)
            if isinstance(new_test, ast.Constant) and isinstance(new_test.value, bool):
                return _block(body if new_test.value else orelse, known)
            yes, no = dict(known), dict(known)
            made = ast.If(new_test, _block(body, yes), _block(orelse, no))
            known.clear()
            known |= {n: v for n, v in yes.items() if no.get(n) is v}
            return [ast.copy_location(made, stmt)]
        case ast.For() | ast.While():
            return [_loop(stmt, known)]
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            new = _expression(value, known)
            known.pop(name, None)
            if isinstance(new, ast.Constant):
                known[name] = new.value is None
            elif isinstance(new, ast.BinOp | ast.Call | ast.UnaryOp):
                known[name] = False
            return [ast.copy_location(ast.Assign(stmt.targets, new), stmt)]
    new_stmt = _rewritten(stmt, known)
    for name in _bound(stmt):
        known.pop(name, None)
    assert isinstance(new_stmt, ast.stmt)
    return [new_stmt]


def _loop(stmt: ast.For | ast.While, known: Nones) -> ast.stmt:
    """A loop: what its body binds may be either in any round and after it."""
    if isinstance(stmt, ast.For):
        head: ast.expr = _expression(stmt.iter, known)
    for name in _bound(stmt):
        known.pop(name, None)
    body, orelse = _block(stmt.body, dict(known)), _block(stmt.orelse, dict(known))
    made: ast.stmt
    if isinstance(stmt, ast.For):
        made = ast.For(target=stmt.target, iter=head, body=body, orelse=orelse)
    else:
        made = ast.While(test=_expression(stmt.test, known), body=body, orelse=orelse)
    return ast.copy_location(made, stmt)


def _bound(node: ast.AST) -> set[str]:
    """Names that a statement may bind."""
    return {
        n.id
        for n in ast.walk(node)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store | ast.Del)
    }


def _expression(node: ast.expr, known: Nones) -> ast.expr:
    """An expression with its tests for None decided."""
    new = _rewritten(node, known)
    assert isinstance(new, ast.expr)
    match new:
        case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot() as op], comparators=[right]):
            if not _is_none(right):
                return new
            none = True if _is_none(left) else _never_none(left, known)
            if none is None:
                return new
            value = none if isinstance(op, ast.Is) else not none
            return ast.copy_location(ast.Constant(value), node)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Constant(value=bool(value))):
            return ast.copy_location(ast.Constant(not value), node)
        case ast.IfExp(test=ast.Constant(value=bool(value))):
            return new.body if value else new.orelse
        case ast.BoolOp(op=op):
            return _short_circuit(new, isinstance(op, ast.Or))
    return new


def _never_none(node: ast.expr, known: Nones) -> bool | None:
    """False for what is known not to be None."""
    if isinstance(node, ast.Name):
        return known.get(node.id)
    return False if isinstance(node, ast.Constant | ast.BinOp | ast.UnaryOp) else None


def _short_circuit(node: ast.BoolOp, decided_by: bool) -> ast.expr:
    """``a or b`` without operands that decide nothing, up to one that decides all."""
    left: list[ast.expr] = []
    for k, value in enumerate(node.values):
        constant = isinstance(value, ast.Constant) and isinstance(value.value, bool)
        last = k == len(node.values) - 1
        if constant and value.value is decided_by:  # type: ignore[attr-defined]
            left.append(value)
            break
        if not constant or last:
            left.append(value)
    if len(left) == 1:
        return left[0]
    return ast.copy_location(ast.BoolOp(node.op, left), node)


def _rewritten(node: ast.AST, known: Nones) -> ast.AST:
    """A node with its expressions rewritten; names known to be None are written so."""
    match node:
        case ast.Name(id=name, ctx=ast.Load()) if known.get(name):
            return ast.copy_location(ast.Constant(None), node)
        case ast.Lambda():
            return node
    fields = {
        name: [_part(v, known) for v in value] if isinstance(value, list) else _part(value, known)
        for name, value in ast.iter_fields(node)
    }
    return ast.copy_location(type(node)(**fields), node)


def _part(value: object, known: Nones) -> object:
    if isinstance(value, ast.expr):
        return _expression(value, known)
    return _rewritten(value, known) if isinstance(value, ast.AST) else value


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
