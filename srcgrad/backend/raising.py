"""Raising: compiled callers of a gradient have it marked where they leave because it raised.

In: a compiled gradient. Out: how Numba calls it from other compiled functions.

Numba counts the references to each array and view, and then takes out what is counted up and down
again, if nothing can happen in between. An exit by an exception does not matter, provided that it
is marked as one; Numba marks ``raise`` in the function itself, and not the exits by which a caller
passes on what was raised in a function that it calls. So a caller of any gradient that may raise
(``out`` of another shape) kept all its counts, in a loop over rows more work than the gradient.

Invariant: what Numba's own call does. In a ``try`` the caller goes on: that way has no mark. With a
Numba whose calls are not known here (``late.KNOWN``) the call is Numba's own.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils
from numba.core.imputils import fix_returning_optional, impl_ret_new_ref

MARK = "numba_exception_output"
"""What Numba calls the mark, on the instruction that stores the exception."""


class Called:
    """The key of a compiled gradient among what Numba can call."""

    def __init__(self, compiled: Any, owner: Any) -> None:
        target = compiled.target_context
        call = calling(compiled.fndesc, compiled.library)
        target.insert_func_defn([(call, self, compiled.fndesc.argtypes)])
        weakref.finalize(owner, target.remove_user_function, self).atexit = False


def calling(described: Any, library: Any) -> Callable[..., Any]:
    """What makes the code of a call, as ``numba.core.imputils.user_function`` does."""

    def call(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> Any:
        function = context.declare_function(builder.module, described)
        status, result = context.call_conv.call_function(
            builder, function, described.restype, described.argtypes, args
        )
        with cgutils.if_unlikely(builder, status.is_error):
            leave(context.call_conv, builder, status)
        result = fix_returning_optional(context, builder, sig, status, result)
        return impl_ret_new_ref(context, builder, described.restype, result)

    call.signature = described.argtypes  # type: ignore[attr-defined]
    call.libs = (library,)  # type: ignore[attr-defined]
    return call


def leave(convention: Any, builder: ir.IRBuilder, status: Any) -> None:
    """Pass on an exception: to the caller, or in a ``try`` to what follows."""
    given = convention._get_excinfo_argument(builder.function)
    trying = convention.check_try_status(builder).in_try
    with builder.if_else(trying) as (inside, outside):
        with inside:
            builder.store(status.excinfoptr, given)
        with outside:
            stored = builder.store(status.excinfoptr, given)
            stored.set_metadata(MARK, builder.module.add_metadata([ir.IntType(1)(1)]))
            convention._return_errcode_raw(builder, status.code)
