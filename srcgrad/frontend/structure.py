"""Structure: a function body with one way through it.

In: the AST of a function. Out: an AST that computes the same with one ``return``, as the last
statement, no ``continue``, no loop with an ``else``, and ``break`` only as ``if flag: break`` at
the end of a ``for`` body.

Invariant: only control flow changes. Outside loops an early return moves what follows into the
other branch; inside loops flags say that a round (``skip``), a loop (``stop``) or the function
(``done``) is over.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from ..naming import free_name, stored_in, taken_in
from ..program import any_of

FIRST = "first value"
"""The ``kind`` of the constant that stands for a value of the result's type (``first_values``)."""


@dataclass(frozen=True)
class Flags:
    """Flags in force: what ``continue``, ``break`` and ``return`` set here."""

    skip: str | None = None
    stop: str | None = None
    done: str | None = None
    in_loop: bool = False


def structure(tree: ast.FunctionDef) -> ast.FunctionDef:
    """The function with its exits structured."""
    body = list(tree.body)
    if not _exits(body[:-1]) and isinstance(body[-1], ast.Return) and not _loop_exits(body):
        return tree
    taken = taken_in(tree)
    worker = _Worker(taken)
    if _count_returns(body) == 1 and isinstance(body[-1], ast.Return):
        new = worker.block(body[:-1], Flags())
        new.append(body[-1])
    else:
        worker.result = worker.fresh("result")
        in_loop = any(_returns(s) for s in _loops(body))
        done = worker.fresh("done") if in_loop else None
        start = [_set(done, False, body[0])] if done else []
        worker.is_procedure = not any(r.value for r in _walked_returns(body))
        start += [worker.unset(body[0])] if done and not worker.is_procedure else []
        new = start + worker.block(body, Flags(done=done))
        if not worker.is_procedure:
            value = ast.Name(worker.result, ast.Load())
            new.append(ast.copy_location(ast.Return(value), body[-1]))
    made = ast.FunctionDef(name=tree.name, args=tree.args, body=new, decorator_list=[])
    return ast.fix_missing_locations(ast.copy_location(made, tree))


class _Worker:
    """Rewrites blocks; ``result`` is the name that returns set, in procedures nothing is."""

    def __init__(self, taken: set[str]) -> None:
        self.taken = taken
        self.result = ""
        self.is_procedure = False

    def fresh(self, wish: str) -> str:
        """A free name."""
        return free_name(wish, self.taken)

    def unset(self, at: ast.stmt) -> ast.stmt:
        """A first value for the result, never read before another is set."""
        value = ast.Constant(0.0, kind=FIRST)
        zero = ast.Assign([ast.Name(self.result, ast.Store())], value)
        return ast.fix_missing_locations(ast.copy_location(zero, at))

    def block(self, body: list[ast.stmt], flags: Flags) -> list[ast.stmt]:
        """A block in which whatever follows an exit does not run."""
        found: list[ast.stmt] = []
        for position, stmt in enumerate(body):
            rest = body[position + 1 :]
            match stmt:
                case ast.Return():
                    return found + self.leave(stmt, flags)
                case ast.Break():
                    return [*found, _set(flags.stop, True, stmt)]
                case ast.Continue():
                    return [*found, *([_set(flags.skip, True, stmt)] if flags.skip else [])]
                case ast.If() if _exits([stmt]):
                    return found + self.branch(stmt, rest, flags)
                case ast.If(test=test, body=yes, orelse=no):
                    new = _if(test, self.block(yes, flags), self.block(no, flags), stmt)
                    found.append(new)
                case ast.For() | ast.While():
                    made, stop = self.loop(stmt, flags)
                    found += made
                    if stmt.orelse:
                        rest = _else(stmt, stop) + rest
                    inner = self.block(rest, flags)
                    if flags.done and _returns(stmt):
                        inner = _unless([flags.done], inner, stmt)
                    return found + inner
                case _:
                    found.append(stmt)
        return found

    def leave(self, stmt: ast.Return, flags: Flags) -> list[ast.stmt]:
        """``return e``: the result is set, and what the loops need to know."""
        value = stmt.value or ast.Constant(None)
        target = ast.Name(self.result, ast.Store())
        found: list[ast.stmt] = [ast.copy_location(ast.Assign([target], value), stmt)]
        if self.is_procedure:
            found = [ast.copy_location(ast.Pass(), stmt)]
        if flags.in_loop:
            found.append(_set(flags.done, True, stmt))
            if flags.stop and flags.stop != flags.done:
                found.append(_set(flags.stop, True, stmt))
        return found

    def branch(self, stmt: ast.If, rest: list[ast.stmt], flags: Flags) -> list[ast.stmt]:
        """An ``if`` with an exit inside: what follows runs where no exit was taken."""
        if _always(stmt.body):
            body = self.block(stmt.body, flags)
            orelse = self.block([*stmt.orelse, *rest], flags)
            return [_if(stmt.test, body, orelse, stmt)]
        if _always(stmt.orelse):
            body = self.block([*stmt.body, *rest], flags)
            return [_if(stmt.test, body, self.block(stmt.orelse, flags), stmt)]
        few = len(rest) <= 3 and not _defines_functions(rest)
        if not flags.in_loop and _count_returns([stmt]) and few:
            # No flag is needed where the few statements that follow can stand in both branches.
            body = self.block([*stmt.body, *rest], flags)
            return [_if(stmt.test, body, self.block([*stmt.orelse, *rest], flags), stmt)]
        flags, before = self.flagged(stmt, flags)
        new = _if(stmt.test, self.block(stmt.body, flags), self.block(stmt.orelse, flags), stmt)
        names = [f for f in (flags.skip, flags.stop, flags.done) if f and f in stored_in(new)]
        names = _implied(names, flags)
        return [*before, new, *_unless(names, self.block(rest, flags), stmt)]

    def flagged(self, stmt: ast.If, flags: Flags) -> tuple[Flags, list[ast.stmt]]:
        """Flags for exits that so far needed none."""
        if flags.in_loop:
            return flags, []
        done = flags.done or self.fresh("done")
        before = [] if flags.done else [_set(done, False, stmt)]
        return Flags(done=done, in_loop=True, stop=done), before

    def loop(self, stmt: ast.For | ast.While, flags: Flags) -> tuple[list[ast.stmt], str | None]:
        """A loop whose exits are flags, without its ``else``; and what ``break`` sets."""
        breaks, returns = _has(stmt.body, ast.Break), _returns(stmt)
        skip = self.fresh("skip") if _nested_continue(stmt.body) else None
        stop = self.fresh("stop") if breaks else flags.done if returns else None
        body = self.block(stmt.body, Flags(skip, stop, flags.done, True))
        if skip:
            body = [_set(skip, False, stmt), *body]
        if breaks and returns:
            done = ast.Name(flags.done or "", ast.Load())
            body.append(_if(done, [_set(stop, True, stmt)], [], stmt))
        before = [_set(stop, False, stmt)] if breaks else []
        new: ast.For | ast.While
        if isinstance(stmt, ast.For):
            if stop:
                body.append(_if(ast.Name(stop, ast.Load()), [ast.Break()], [], stmt))
            new = ast.For(target=stmt.target, iter=stmt.iter, body=body, orelse=[])
        else:
            new = ast.While(test=_going(stop, stmt.test), body=body, orelse=[])
        return [*before, ast.copy_location(new, stmt)], stop


def _else(stmt: ast.For | ast.While, stop: str | None) -> list[ast.stmt]:
    """The ``else`` of a loop, which runs where nothing stopped it."""
    if stop is None:
        return stmt.orelse
    test = ast.UnaryOp(ast.Not(), ast.Name(stop, ast.Load()))
    return [_if(test, stmt.orelse, [], stmt)]


def _going(stop: str | None, test: ast.expr) -> ast.expr:
    """``not stop and test``."""
    if stop is None:
        return test
    going = ast.UnaryOp(ast.Not(), ast.Name(stop, ast.Load()))
    always = isinstance(test, ast.Constant) and test.value in (True, 1)
    return going if always else ast.BoolOp(ast.And(), [going, test])


def _implied(names: list[str], flags: Flags) -> list[str]:
    """Flags without those that others include: ``done`` sets ``stop`` as well."""
    if flags.stop in names and flags.done in names and flags.done != flags.stop:
        return [n for n in names if n != flags.done]
    return names


def _set(name: str | None, value: bool, at: ast.stmt) -> ast.stmt:
    """``flag = value``."""
    assert name is not None
    stmt = ast.Assign([ast.Name(name, ast.Store())], ast.Constant(value))
    return ast.fix_missing_locations(ast.copy_location(stmt, at))


def _if(test: ast.expr, body: list[ast.stmt], orelse: list[ast.stmt], at: ast.stmt) -> ast.stmt:
    """An ``if`` at the place of another statement."""
    stmt = ast.If(test, body or [ast.Pass()], orelse)
    return ast.fix_missing_locations(ast.copy_location(stmt, at))


def _unless(flags: list[str], body: list[ast.stmt], at: ast.stmt) -> list[ast.stmt]:
    """The body where none of the flags is set."""
    if not body or not flags:
        return body
    names: list[ast.expr] = [ast.Name(f, ast.Load()) for f in flags]
    either = any_of(names)
    return [_if(ast.UnaryOp(ast.Not(), either), body, [], at)]


def _walk(body: list[ast.stmt], into_loops: Callable[[ast.stmt], bool]) -> list[ast.stmt]:
    """Statements of a block, of its branches and the ``else`` of its loops; never of functions.

    Those of loops where wanted: a ``break`` in an ``else`` is one of the loop around.
    """
    found: list[ast.stmt] = []
    for stmt in body:
        found.append(stmt)
        match stmt:
            case ast.If(body=a, orelse=b):
                found += _walk(a, into_loops) + _walk(b, into_loops)
            case ast.For(body=a, orelse=b) | ast.While(body=a, orelse=b):
                found += _walk(a if into_loops(stmt) else [], into_loops) + _walk(b, into_loops)
    return found


def _everywhere(_: ast.stmt) -> bool:
    return True


def _nowhere(_: ast.stmt) -> bool:
    return False


def _exits(body: list[ast.stmt]) -> bool:
    """Whether a block (loops inside it aside) may be left early."""
    exits = (ast.Return, ast.Break, ast.Continue)
    here = _walk(body, _nowhere)
    return any(isinstance(s, exits) for s in here) or any(
        isinstance(s, ast.For | ast.While) and _returns(s) for s in here
    )


def _loops(body: list[ast.stmt]) -> list[ast.stmt]:
    return [s for s in _walk(body, _everywhere) if isinstance(s, ast.For | ast.While)]


def _loop_exits(body: list[ast.stmt]) -> bool:
    """Whether some loop has a break, a continue or an else."""
    inside = _walk(body, _everywhere)
    plain = any(isinstance(s, ast.Break | ast.Continue) for s in inside)
    return plain or any(s.orelse for s in inside if isinstance(s, ast.For | ast.While))


def _returns(stmt: ast.stmt) -> bool:
    return _count_returns([stmt]) > 0


def _count_returns(body: list[ast.stmt]) -> int:
    return len(_walked_returns(body))


def _walked_returns(body: list[ast.stmt]) -> list[ast.Return]:
    return [s for s in _walk(body, _everywhere) if isinstance(s, ast.Return)]


def _defines_functions(body: list[ast.stmt]) -> bool:
    """Whether a block defines functions, each of which has to stand in one place."""
    return any(isinstance(n, ast.FunctionDef | ast.Lambda) for s in body for n in ast.walk(s))


def _has(body: list[ast.stmt], kind: type[ast.stmt]) -> bool:
    """Whether a loop's own body (inner loops aside) has such a statement."""
    return any(isinstance(s, kind) for s in _walk(body, _nowhere))


def _nested_continue(body: list[ast.stmt]) -> bool:
    """Whether a ``continue`` needs a flag: it is in a branch that does not always leave."""
    parts = []
    for stmt in _walk(body, _nowhere):
        match stmt:
            case ast.If(body=a, orelse=b):
                parts += [a, b]
            case ast.For(orelse=b) | ast.While(orelse=b):
                parts.append(b)
    branching = (ast.If, ast.For, ast.While)
    return any(
        (_has(part, ast.Continue) and not _always(part))
        or any(isinstance(s, branching) and _has([s], ast.Continue) for s in part)
        for part in parts
    )


def _always(body: list[ast.stmt]) -> bool:
    """Whether a block certainly ends in an exit of its own or a ``raise``."""
    if not body:
        return False
    last = body[-1]
    if isinstance(last, ast.Return | ast.Break | ast.Continue):
        return not _exits(body[:-1])
    if isinstance(last, ast.If):
        return _always(last.body) and _always(last.orelse) and not _exits(body[:-1])
    return False
