"""Effects: calls that are statements, as the stores that they make.

In: an expression that is a statement. Out: None for anything but ``np.multiply(x, y, out=z)`` and
``x.sort()``, whose stores are emitted.

Invariant: the array itself is changed, so that all its names see it.
"""

from __future__ import annotations

import ast

from ...rules.calls import call_of
from .body import Body


def stored(worker: Body, value: ast.expr, at: ast.stmt) -> bool:
    """Whether a call was a store, which has been emitted."""
    if not isinstance(value, ast.Call):
        return False
    out = next((k.value for k in value.keywords if k.arg == "out"), None)
    if out is not None:
        rest = [k for k in value.keywords if k.arg != "out"]
        plain = ast.copy_location(ast.Call(value.func, value.args, rest), value)
        array = worker.bound_if_needed(worker.expr(out), at)
        _store(worker, array, worker.expr(plain), at)
        return True
    match value:
        case ast.Call(func=ast.Attribute(value=ast.Name() as name, attr="sort"), args=[]) if (
            not value.keywords and worker.scope.find(name.id) is not None
        ):
            array = worker.bound_if_needed(worker.expr(name), at)
            _store(worker, array, call_of("np.sort", array), at)
            return True
    return False


def _store(worker: Body, array: ast.expr, value: ast.expr, at: ast.stmt) -> None:
    """``array[...] = value``."""
    whole = ast.Subscript(array, ast.Constant(...), ast.Store())
    worker.emit(ast.Assign([whole], value), at)
