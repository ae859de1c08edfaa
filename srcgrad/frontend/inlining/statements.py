"""Written: builtins that stand for statements that the user could have written.

In: a text of statements. Out: these statements in the new body, at the place of the call.

Invariant: the names that the text binds are new.
"""

from __future__ import annotations

import ast
from typing import Any

from .body import Body, name_of
from .captures import static


def new_names(worker: Body, *wishes: str) -> dict[str, str]:
    """A free name for each wish, which the statements may bind and read."""
    return {w: worker.unseen(w) for w in wishes}


def bind(worker: Body, name: str, value: ast.expr, at: ast.AST) -> None:
    """``name = value``; a name that is only read stands for a value that has one."""
    if isinstance(value, ast.Name):
        worker.scope.names[name] = value
    else:
        worker.emit(ast.Assign([ast.Name(name, ast.Store())], value), at)


def write(worker: Body, at: ast.AST, text: str, *builtins: Any) -> None:
    """Inline the statements of a text; ``builtins`` are those that it calls.

    Raises
    ------
    UnsupportedError
        Where the user has given another meaning to one of the builtins.
    """
    for f in builtins:
        if static(worker, name_of(f.__name__)) != (True, f):
            worker.refuse(at, f"this needs the builtin `{f.__name__}`", "write the loop")
    for stmt in ast.parse(text).body:
        for part in ast.walk(stmt):
            ast.copy_location(part, at)
        worker.statement(stmt)
