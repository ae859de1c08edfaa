"""Function loops: loops over functions that are written out, once for each.

In: ``for f in (np.sin, np.cos)``. Out: the body once for each function, by the loop's name.

Invariant: the body runs for each function in order; such a loop has no exits.
"""

from __future__ import annotations

import ast

from .body import Body
from .user_calls import function_value


def over_functions(worker: Body, stmt: ast.For) -> bool:
    """``for f in (np.sin, np.cos)``: the body once for each function, if that is what it is."""
    match stmt:
        case ast.For(target=ast.Name(id=name), iter=ast.Tuple(elts=elts) | ast.List(elts=elts)):
            functions = [function_value(worker, e) for e in elts]
        case _:
            return False
    known = [f for f in functions if f is not None]
    if not known or len(known) < len(functions):
        return False
    if any(isinstance(n, ast.Break) for s in stmt.body[-1:] for n in ast.walk(s)):
        worker.refuse(stmt, "a loop over functions cannot be left early", "write the calls out")
    for function in known:
        worker.scope.functions[name] = function
        worker.scope.names.pop(name, None)
        worker.block_here(stmt.body)
    return True
